#include "cli/completion_values.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/ctl_connection.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;
using Sessions = v1::Sessions::Stub;

constexpr absl::Duration kTimeout = absl::Seconds(1);

template <typename Request, typename Response, typename Stub, typename Name>
absl::Status PrintNames(
    CtlConnection& connection, Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                 Response*),
    const google::protobuf::RepeatedPtrField<Name>& (Response::*list)() const,
    std::string (*name_of)(const Name&)) {
  connection.SetTimeout(kTimeout);
  Response response;
  absl::Status status = connection.Call(stub, method, Request(), &response);
  if (!status.ok()) return status;
  for (const Name& name : (response.*list)()) {
    std::printf("%s\n", Shown(name_of(name)).c_str());
  }
  return status;
}

absl::Status Backends(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListBackendsRequest, v1::ListBackendsResponse, Registry,
                    v1::BackendRecord>(
      connection, connection.registry(), &Registry::ListBackends,
      &v1::ListBackendsResponse::backends,
      [](const v1::BackendRecord& record) { return record.backend().id(); });
}

absl::Status Farms(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListFarmsRequest, v1::ListFarmsResponse, Registry,
                    v1::FarmRecord>(
      connection, connection.registry(), &Registry::ListFarms,
      &v1::ListFarmsResponse::farms,
      [](const v1::FarmRecord& record) { return record.farm().name(); });
}

absl::Status Routes(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListRoutesRequest, v1::ListRoutesResponse, Registry,
                    v1::RouteRecord>(
      connection, connection.registry(), &Registry::ListRoutes,
      &v1::ListRoutesResponse::routes,
      [](const v1::RouteRecord& record) { return record.route().name(); });
}

absl::Status Policies(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListPoliciesRequest, v1::ListPoliciesResponse, Registry,
                    v1::PolicyRecord>(
      connection, connection.registry(), &Registry::ListPolicies,
      &v1::ListPoliciesResponse::policies,
      [](const v1::PolicyRecord& record) { return record.policy().name(); });
}

absl::Status Gateways(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListGatewaysRequest, v1::ListGatewaysResponse, Sessions,
                    v1::Gateway>(
      connection, connection.sessions(), &Sessions::ListGateways,
      &v1::ListGatewaysResponse::gateways,
      [](const v1::Gateway& gateway) { return gateway.name(); });
}

absl::Status LiveSessions(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListSessionsRequest, v1::ListSessionsResponse, Sessions,
                    v1::Session>(
      connection, connection.sessions(), &Sessions::ListSessions,
      &v1::ListSessionsResponse::sessions,
      [](const v1::Session& session) { return absl::StrCat(session.id()); });
}

absl::Status Pins(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListPinsRequest, v1::ListPinsResponse, Sessions,
                    v1::Pin>(connection, connection.sessions(),
                             &Sessions::ListPins, &v1::ListPinsResponse::pins,
                             [](const v1::Pin& pin) { return pin.key(); });
}

absl::Status Bans(const CtlInvocation&, CtlConnection& connection) {
  return PrintNames<v1::ListBansRequest, v1::ListBansResponse, Sessions,
                    v1::Ban>(connection, connection.sessions(),
                             &Sessions::ListBans, &v1::ListBansResponse::bans,
                             [](const v1::Ban& ban) { return ban.key(); });
}

struct Row {
  Names names;
  const char* verb;
  absl::Status (*run)(const CtlInvocation& invocation,
                      CtlConnection& connection);
};

constexpr Row kRows[] = {
    {Names::kBackends, "backends", &Backends},
    {Names::kFarms, "farms", &Farms},
    {Names::kRoutes, "routes", &Routes},
    {Names::kPolicies, "policies", &Policies},
    {Names::kGateways, "gateways", &Gateways},
    {Names::kSessions, "sessions", &LiveSessions},
    {Names::kPins, "pins", &Pins},
    {Names::kBans, "bans", &Bans},
};

}  // namespace

std::vector<CtlVerb> CompletionValueVerbs() {
  std::vector<CtlVerb> verbs;
  for (const Row& row : kRows) {
    verbs.push_back({.noun = kCompletionValuesNoun,
                     .verb = row.verb,
                     .help = "For the shell's completion.",
                     .run = row.run});
  }
  return verbs;
}

absl::string_view CompletionValueVerb(Names names) {
  for (const Row& row : kRows) {
    if (row.names == names) return row.verb;
  }
  return "";
}

}  // namespace pinnace::cli
