// The bans of Sessions: kept in memory, told to every gateway.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "control-plane/service/grpc_status.h"
#include "control-plane/service/sessions_service.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/ban_message.h"
#include "proxy/snapshot/field_check.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::service {
namespace {

using access::Method;
using registry::Caller;
using snapshot::FieldProblems;

constexpr absl::Duration kDefaultBan = absl::Hours(1);
constexpr absl::Duration kShortestBan = absl::Seconds(1);
constexpr absl::Duration kLongestBan = absl::Hours(365 * 24);
// A network and a user in printable form.
constexpr size_t kMaxKeyBytes = 2048;

bool HasControlByte(const std::string& text) {
  return std::any_of(text.begin(), text.end(), absl::ascii_iscntrl);
}

absl::Status Check(const v1::AddBanRequest& request) {
  FieldProblems problems;
  const std::string root;
  const snapshot::FieldCheck check(root, problems);
  if (request.client().empty()) {
    check.Complain("client", "must be set");
  } else if (!guard::ParseBanClient(request.client()).has_value()) {
    check.Complain("client",
                   absl::StrCat("must be an IP address, or a network like "
                                "10.0.0.0/8 without host bits, not ",
                                snapshot::Quoted(request.client())));
  }
  if (request.user().size() > limits::kMaxUserBytes) {
    check.Complain("user", absl::StrCat("must have at most ",
                                        limits::kMaxUserBytes, " characters"));
  }
  if (request.has_duration()) {
    check.Duration("duration", request.duration(), kShortestBan, kLongestBan);
  }
  if (request.reason().size() > snapshot::kMaxBanReasonBytes) {
    check.Complain("reason",
                   absl::StrCat("must have at most ",
                                snapshot::kMaxBanReasonBytes, " characters"));
  } else if (HasControlByte(request.reason())) {
    check.Complain("reason", "must be one line of printable characters");
  }
  return snapshot::StatusOf(problems);
}

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
  absl::Status status = Check(*request);
  if (!status.ok()) return GrpcStatus(status);
  const absl::Duration duration =
      request->has_duration() ? snapshot::DurationOf(request->duration())
                              : kDefaultBan;
  const absl::Time now = clock_();
  guard::Ban ban = {.client = *guard::ParseBanClient(request->client()),
                    .user = Printable(request->user()),
                    .reason = Printable(request->reason()),
                    .origin = guard::kOperator,
                    .started = now,
                    .expires = now + duration};
  status = keeper_.Audit(
      *caller,
      {.method = access::NameOf(Method::kAddBan),
       .subject = absl::StrCat("ban/", ban.Key()),
       .detail = absl::StrCat("for ", absl::FormatDuration(duration),
                              ban.reason.empty() ? "" : ": ", ban.reason)});
  if (!status.ok()) return GrpcStatus(status);
  *response = snapshot::BanMessage(bans_.Add(std::move(ban)));
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
