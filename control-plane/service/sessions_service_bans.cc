// The bans of Sessions: kept in memory, told to every gateway.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/service/grpc_status.h"
#include "control-plane/service/sessions_service.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/ban_message.h"
#include "proxy/snapshot/ban_request.h"

namespace pinnace::service {
namespace {

using access::Method;
using registry::Caller;

// A network and a user in printable form.
constexpr size_t kMaxKeyBytes = 2048;

}  // namespace

grpc::Status SessionsService::ListBans(grpc::ServerContext* context,
                                       const v1::ListBansRequest*,
                                       v1::ListBansResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListBans);
  if (!caller.ok()) return GrpcStatus(caller.status());
  for (const guard::Ban& ban : bans_.List(clock_())) {
    *response->add_bans() = snapshot::BanMessage(ban);
  }
  std::sort(
      response->mutable_bans()->begin(), response->mutable_bans()->end(),
      [](const v1::Ban& a, const v1::Ban& b) { return a.key() < b.key(); });
  return grpc::Status::OK;
}

grpc::Status SessionsService::AddBan(grpc::ServerContext* context,
                                     const v1::AddBanRequest* request,
                                     v1::Ban* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kAddBan, request->client());
  if (!caller.ok()) return GrpcStatus(caller.status());
  absl::StatusOr<guard::Ban> ban = snapshot::BanOf(*request, clock_());
  if (!ban.ok()) return GrpcStatus(ban.status());
  const absl::Status status = keeper_.Audit(
      *caller, {.method = access::NameOf(Method::kAddBan),
                .subject = absl::StrCat("ban/", ban->Key()),
                .detail = absl::StrCat(
                    "for ", absl::FormatDuration(ban->expires - ban->started),
                    ban->reason.empty() ? "" : ": ", ban->reason)});
  if (!status.ok()) return GrpcStatus(status);
  *response = snapshot::BanMessage(bans_.Add(*std::move(ban)));
  roster_.OfferBans();
  return grpc::Status::OK;
}

grpc::Status SessionsService::DeleteBan(grpc::ServerContext* context,
                                        const v1::DeleteBanRequest* request,
                                        v1::DeleteBanResponse*) {
  const std::string& key = request->key();
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDeleteBan, key);
  if (!caller.ok()) return GrpcStatus(caller.status());
  if (key.empty()) {
    return GrpcStatus(absl::InvalidArgumentError("key: must be set"));
  }
  if (key.size() > kMaxKeyBytes) {
    return GrpcStatus(absl::InvalidArgumentError(
        absl::StrCat("key: must have at most ", kMaxKeyBytes, " characters")));
  }
  const absl::Status audited = keeper_.Audit(
      *caller, {.method = access::NameOf(Method::kDeleteBan),
                .subject = absl::StrCat("ban/", Printable(key, kMaxKeyBytes)),
                .detail = ""});
  if (!audited.ok()) return GrpcStatus(audited);
  if (!bans_.Lift(key, clock_())) {
    return GrpcStatus(absl::NotFoundError(
        absl::StrCat("key: no ban \"", Printable(key, 256), "\"")));
  }
  roster_.OfferBans();
  return grpc::Status::OK;
}

}  // namespace pinnace::service
