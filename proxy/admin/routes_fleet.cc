// Backends, farms, routes, policies and public ports.
#include <string>

#include "absl/strings/str_cat.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "proxy/admin/json.h"
#include "proxy/admin/routes.h"
#include "proxy/base/printable.h"
#include "proxy/base/steady_clock.h"
#include "proxy/control/gateway_facts.h"

namespace pinnace::admin {

Response Routes::Backends(Call&) {
  v1::ListBackendsResponse list;
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return Answer(list);
  for (const fleet::Farm& farm : snapshot->fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      v1::BackendRecord* record = list.add_backends();
      record->set_farm(farm.name);
      *record->mutable_backend() = control::BackendMessage(backend);
      *record->mutable_load() =
          control::BackendLoadMessage(backend, SteadyNow());
    }
  }
  return Answer(list);
}

Response Routes::DrainBackend(Call& call) {
  return SetBackendState(call, BackendState::kDrained);
}

Response Routes::ResumeBackend(Call& call) {
  return SetBackendState(call, BackendState::kResumed);
}

Response Routes::SetBackendState(Call& call, BackendState state) {
  if (options_.set_backend_state == nullptr) {
    return Error(409, "this gateway cannot drain or resume backends");
  }
  bool is_known = false;
  if (const snapshot::SnapshotPtr snapshot = gateway_.snapshot()) {
    for (const fleet::Farm& farm : snapshot->fleet.farms) {
      is_known = is_known || farm.FindBackend(call.argument) != nullptr;
    }
  }
  if (!is_known) {
    return Error(404,
                 absl::StrCat("no backend ", Printable(call.argument, 128)));
  }
  const absl::Status status =
      options_.set_backend_state(call.argument, state, call.caller);
  return status.ok() ? Done() : Error(status);
}

Response Routes::Farms(Call&) {
  v1::ListFarmsResponse list;
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return Answer(list);
  for (const fleet::Farm& farm : snapshot->fleet.farms) {
    v1::FarmRecord* record = list.add_farms();
    *record->mutable_farm() = control::FarmMessage(farm);
    record->set_backends(static_cast<uint32_t>(farm.backends.size()));
  }
  return Answer(list);
}

Response Routes::RoutesNow(Call&) {
  v1::ListRoutesResponse list;
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return Answer(list);
  for (const policy::Route& route : snapshot->routes.routes()) {
    *list.add_routes()->mutable_route() = control::RouteMessage(route);
  }
  return Answer(list);
}

Response Routes::Policies(Call&) {
  v1::ListPoliciesResponse list;
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr || snapshot->policies == nullptr) return Answer(list);
  for (const policy::Policy& policy : snapshot->policies->policies()) {
    *list.add_policies()->mutable_policy() = control::PolicyMessage(policy);
  }
  return Answer(list);
}

Response Routes::Ports(Call&) {
  v1::ListPortsResponse list;
  v1::PortUse& use = *list.add_gateways();
  use = control::PortUseMessage(gateway_.Ports());
  use.set_gateway(options_.about.name());
  return Answer(list);
}

}  // namespace pinnace::admin
