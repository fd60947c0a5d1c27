#include "control-plane/service/sessions_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control-plane/service/grpc_status.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::service {
namespace {

using access::Method;
using registry::Caller;

// sessions.proto promises it.
constexpr absl::Duration kPatience = absl::Seconds(2);
// A farm's name and a user.
constexpr size_t kMaxPinKeyBytes = 512;

// A filter that is set is spelt like a name.
absl::Status CheckFilter(const std::string& name, const std::string& field) {
  snapshot::FieldProblems problems;
  if (!name.empty()) snapshot::CheckName(name, field, problems);
  return snapshot::StatusOf(problems);
}

template <typename Response>
void AddSilent(const Answers& answers, Response* response) {
  for (const std::string& name : answers.silent) {
    response->add_silent_gateways(name);
  }
}

bool AnyFound(const Answers& answers) {
  return std::any_of(
      answers.answers.begin(), answers.answers.end(),
      [](const GatewayAnswer& one) { return one.answer.found(); });
}

absl::Status NoneFound(const Answers& answers, absl::Status not_found) {
  if (answers.silent.empty()) return not_found;
  return absl::UnavailableError(
      absl::StrCat(not_found.message(),
                   " where it could be asked; no answer "
                   "from gateway ",
                   absl::StrJoin(answers.silent, ", ")));
}

absl::Status OnSeveral(uint64_t session,
                       const std::vector<std::string>& gateways) {
  return absl::FailedPreconditionError(
      absl::StrCat("gateway: must be set: session ", session, " is on each of ",
                   absl::StrJoin(gateways, ", ")));
}

// Which sessions a list shall have; `request` outlives it.
class SessionFilter {
 public:
  static absl::StatusOr<SessionFilter> Of(
      const v1::ListSessionsRequest& request) {
    SessionFilter filter(request);
    if (request.client().empty()) return filter;
    filter.client_ = Cidr::Parse(request.client());
    if (filter.client_.has_value()) return filter;
    return absl::InvalidArgumentError(
        absl::StrCat("client: must be an IP address, or a network like "
                     "10.0.0.0/8 without host bits, not \"",
                     Printable(request.client(), 128), "\""));
  }

  bool Admits(const v1::Session& session) const {
    return Is(request_->farm(), session.farm()) &&
           Is(request_->backend(), session.backend()) &&
           Is(request_->user(), session.user()) &&
           Is(request_->phase(), session.phase()) &&
           (!client_.has_value() || IsOfClient(session));
  }

 private:
  explicit SessionFilter(const v1::ListSessionsRequest& request)
      : request_(&request) {}
  static bool Is(const std::string& wanted, const std::string& text) {
    return wanted.empty() || wanted == text;
  }
  bool IsOfClient(const v1::Session& session) const {
    const std::optional<Address> client = Address::Parse(session.client());
    return client.has_value() && client_->Contains(client->ip);
  }

  const v1::ListSessionsRequest* request_;
  std::optional<Cidr> client_;
};

}  // namespace

absl::StatusOr<Answers> SessionsService::Ask(const std::string& gateway,
                                             v1::Query query) {
  absl::Status status = CheckFilter(gateway, "gateway");
  if (!status.ok()) return status;
  return roster_.Ask(gateway, std::move(query), kPatience);
}

grpc::Status SessionsService::ListSessions(
    grpc::ServerContext* context, const v1::ListSessionsRequest* request,
    v1::ListSessionsResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListSessions);
  if (!caller.ok()) return GrpcStatus(caller.status());
  absl::Status status = CheckFilter(request->farm(), "farm");
  if (status.ok()) status = CheckFilter(request->backend(), "backend");
  const absl::StatusOr<SessionFilter> filter = SessionFilter::Of(*request);
  if (status.ok()) status = filter.status();
  if (!status.ok()) return GrpcStatus(status);
  v1::Query query;
  query.mutable_list_sessions();
  absl::StatusOr<Answers> answers = Ask(request->gateway(), std::move(query));
  if (!answers.ok()) return GrpcStatus(answers.status());
  for (GatewayAnswer& one : answers->answers) {
    for (v1::Session& session :
         *one.answer.mutable_sessions()->mutable_sessions()) {
      if (!filter->Admits(session)) continue;
      session.set_gateway(one.gateway);
      *response->add_sessions() = std::move(session);
    }
  }
  response->set_total(response->sessions_size());
  AddSilent(*answers, response);
  return grpc::Status::OK;
}

grpc::Status SessionsService::GetTimeline(grpc::ServerContext* context,
                                          const v1::GetTimelineRequest* request,
                                          v1::GetTimelineResponse* response) {
  const absl::StatusOr<Caller> caller = authenticator_.Admit(
      *context, Method::kGetTimeline, absl::StrCat(request->id()));
  if (!caller.ok()) return GrpcStatus(caller.status());
  if (request->id() == 0) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "id: must be set");
  }
  v1::Query query;
  query.mutable_get_timeline()->set_session(request->id());
  query.mutable_get_timeline()->set_after(request->after());
  absl::StatusOr<Answers> answers = Ask(request->gateway(), std::move(query));
  if (!answers.ok()) return GrpcStatus(answers.status());
  std::vector<std::string> holders;
  for (GatewayAnswer& one : answers->answers) {
    if (!one.answer.has_timeline()) continue;
    holders.push_back(one.gateway);
    response->mutable_entries()->Swap(
        one.answer.mutable_timeline()->mutable_entries());
  }
  if (holders.size() == 1) return grpc::Status::OK;
  response->Clear();
  if (holders.empty()) {
    return GrpcStatus(NoneFound(
        *answers,
        absl::NotFoundError(absl::StrCat("id: no session ", request->id()))));
  }
  return GrpcStatus(OnSeveral(request->id(), holders));
}

absl::StatusOr<std::string> SessionsService::FindSession(
    const v1::KillSessionRequest& request) {
  v1::Query query;
  query.mutable_list_sessions();
  absl::StatusOr<Answers> answers = Ask(request.gateway(), std::move(query));
  if (!answers.ok()) return answers.status();
  std::vector<std::string> holders;
  for (const GatewayAnswer& one : answers->answers) {
    const auto& sessions = one.answer.sessions().sessions();
    if (std::any_of(sessions.begin(), sessions.end(),
                    [&](const v1::Session& session) {
                      return session.id() == request.id();
                    })) {
      holders.push_back(one.gateway);
    }
  }
  if (holders.empty()) {
    return NoneFound(*answers, absl::NotFoundError(absl::StrCat(
                                   "id: no session ", request.id())));
  }
  if (holders.size() > 1) {
    return OnSeveral(request.id(), holders);
  }
  return holders[0];
}

grpc::Status SessionsService::KillSession(grpc::ServerContext* context,
                                          const v1::KillSessionRequest* request,
                                          v1::KillSessionResponse*) {
  const absl::StatusOr<Caller> caller = authenticator_.Admit(
      *context, Method::kKillSession, absl::StrCat(request->id()));
  if (!caller.ok()) return GrpcStatus(caller.status());
  if (request->id() == 0) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "id: must be set");
  }
  absl::StatusOr<std::string> gateway = FindSession(*request);
  if (!gateway.ok()) return GrpcStatus(gateway.status());
  absl::Status audited = keeper_.Audit(
      *caller,
      {.method = access::NameOf(Method::kKillSession),
       .subject = absl::StrCat("session/", *gateway, "/", request->id()),
       .detail = ""});
  if (!audited.ok()) return GrpcStatus(audited);
  v1::Query query;
  query.mutable_kill_session()->set_id(request->id());
  absl::StatusOr<Answers> answers = Ask(*gateway, std::move(query));
  if (!answers.ok()) return GrpcStatus(answers.status());
  if (AnyFound(*answers)) return grpc::Status::OK;
  return GrpcStatus(
      absl::NotFoundError(absl::StrCat("id: no session ", request->id())));
}

grpc::Status SessionsService::ListPins(grpc::ServerContext* context,
                                       const v1::ListPinsRequest* request,
                                       v1::ListPinsResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListPins);
  if (!caller.ok()) return GrpcStatus(caller.status());
  v1::Query query;
  query.mutable_list_pins();
  absl::StatusOr<Answers> answers = Ask(request->gateway(), std::move(query));
  if (!answers.ok()) return GrpcStatus(answers.status());
  for (GatewayAnswer& one : answers->answers) {
    for (v1::Pin& pin : *one.answer.mutable_pins()->mutable_pins()) {
      pin.set_gateway(one.gateway);
      *response->add_pins() = std::move(pin);
    }
  }
  AddSilent(*answers, response);
  return grpc::Status::OK;
}

grpc::Status SessionsService::DeletePin(grpc::ServerContext* context,
                                        const v1::DeletePinRequest* request,
                                        v1::DeletePinResponse*) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDeletePin, request->key());
  if (!caller.ok()) return GrpcStatus(caller.status());
  if (request->key().empty()) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "key: must be set");
  }
  if (request->key().size() > kMaxPinKeyBytes) {
    return GrpcStatus(absl::InvalidArgumentError(absl::StrCat(
        "key: must have at most ", kMaxPinKeyBytes, " characters")));
  }
  absl::Status status = CheckFilter(request->gateway(), "gateway");
  if (status.ok()) {
    status = keeper_.Audit(
        *caller, {.method = access::NameOf(Method::kDeletePin),
                  .subject = absl::StrCat(
                      "pin/", Printable(request->key(), kMaxPinKeyBytes)),
                  .detail = absl::StrCat("on ", request->gateway().empty()
                                                    ? "every gateway"
                                                    : request->gateway())});
  }
  if (!status.ok()) return GrpcStatus(status);
  v1::Query query;
  query.mutable_delete_pin()->set_key(request->key());
  absl::StatusOr<Answers> answers = Ask(request->gateway(), std::move(query));
  if (!answers.ok()) return GrpcStatus(answers.status());
  if (AnyFound(*answers)) return grpc::Status::OK;
  return GrpcStatus(NoneFound(
      *answers, absl::NotFoundError(absl::StrCat(
                    "key: no pin \"", Printable(request->key(), 256), "\""))));
}

grpc::Status SessionsService::ListPorts(grpc::ServerContext* context,
                                        const v1::ListPortsRequest* request,
                                        v1::ListPortsResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListPorts);
  if (!caller.ok()) return GrpcStatus(caller.status());
  v1::Query query;
  query.mutable_list_ports();
  absl::StatusOr<Answers> answers = Ask(request->gateway(), std::move(query));
  if (!answers.ok()) return GrpcStatus(answers.status());
  for (GatewayAnswer& one : answers->answers) {
    v1::PortUse* ports = response->add_gateways();
    *ports = std::move(*one.answer.mutable_ports());
    ports->set_gateway(one.gateway);
  }
  AddSilent(*answers, response);
  return grpc::Status::OK;
}

grpc::Status SessionsService::ListGateways(grpc::ServerContext* context,
                                           const v1::ListGatewaysRequest*,
                                           v1::ListGatewaysResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListGateways);
  if (!caller.ok()) return GrpcStatus(caller.status());
  for (v1::Gateway& gateway : roster_.List()) {
    *response->add_gateways() = std::move(gateway);
  }
  return grpc::Status::OK;
}

}  // namespace pinnace::service
