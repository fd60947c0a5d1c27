#include "control-plane/registry/change_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/change_check.h"
#include "control-plane/registry/stored_record.h"
#include "google/protobuf/util/message_differencer.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::registry {
namespace {

using google::protobuf::util::MessageDifferencer;

// Without what only a newer program knows: kept, it would go to every gateway
// unchecked, and be of any size.
template <typename Message>
Message Known(Message message) {
  message.DiscardUnknownFields();
  return message;
}

std::string DetailOf(const google::protobuf::Message& message) {
  return Printable(message.ShortDebugString(), limits::kMaxAuditDetailBytes);
}

bool SameRegistration(const BackendEntry& a, const BackendEntry& b) {
  return a.farm == b.farm && a.ttl == b.ttl && a.owner == b.owner &&
         MessageDifferencer::Equals(a.backend, b.backend);
}

BackendEntry EntryOf(const v1::RegisterBackendRequest& request,
                     const BackendEntry* known, const Caller& caller) {
  BackendEntry entry;
  entry.farm = request.farm();
  entry.backend = Known(request.backend());
  // An operator's drain outlives the backend's next registration.
  entry.backend.set_state(known != nullptr ? known->backend.state()
                                           : v1::Backend::STATE_UP);
  entry.owner =
      known != nullptr && !known->owner.empty() ? known->owner : caller.name;
  entry.ttl = snapshot::DurationOf(request.ttl());
  return entry;
}

Plan DeletionOf(std::string key, uint64_t stored_version) {
  Plan plan;
  plan.subject = key;
  plan.writes.push_back(
      {.key = std::move(key), .expected_version = stored_version});
  return plan;
}

}  // namespace

absl::StatusOr<Plan> PlanRegisterBackend(
    const DesiredState& state, const v1::RegisterBackendRequest& request,
    const Caller& caller) {
  absl::Status status = CheckRegisterBackend(state, request, caller);
  if (!status.ok()) return status;
  const std::string& id = request.backend().id();
  const BackendEntry* known = state.FindBackend(id);
  Plan plan;
  plan.subject = BackendKey(id);
  if (known != nullptr && known->source == v1::SOURCE_FILE) return plan;
  const BackendEntry entry = EntryOf(request, known, caller);
  const bool keeps_lease = known != nullptr && known->ttl == entry.ttl;
  if (keeps_lease) plan.renew = known->lease;
  if (known != nullptr && SameRegistration(*known, entry)) return plan;
  plan.detail = DetailOf(Known(request));
  if (state.FindFarm(entry.farm) == nullptr) {
    v1::Farm farm;
    farm.set_name(entry.farm);
    plan.writes.push_back(
        {.key = FarmKey(entry.farm), .value = FarmValue(farm)});
  }
  plan.writes.push_back(
      {.key = BackendKey(id),
       .value = BackendValue(entry),
       .expected_version = known != nullptr ? known->stored_version : 0,
       .lease = keeps_lease ? known->lease : store::kNoLease});
  if (!keeps_lease) {
    plan.lease_ttl = entry.ttl;
    if (known != nullptr) plan.revoke = known->lease;
  }
  return plan;
}

absl::StatusOr<Plan> PlanBackendState(const DesiredState& state,
                                      const StateChange& change,
                                      const Caller& caller) {
  absl::Status status =
      CheckBackendChange(state, change.id, change.expected_version, caller);
  if (!status.ok()) return status;
  BackendEntry entry = *state.FindBackend(change.id);
  Plan plan;
  plan.subject = BackendKey(change.id);
  const bool drains = change.state == v1::Backend::STATE_DRAINING;
  if (drains == (entry.backend.state() == v1::Backend::STATE_DRAINING)) {
    return plan;
  }
  if (entry.source == v1::SOURCE_FILE) {
    plan.writes.push_back({.key = MarkKey(change.id),
                           .value = MarkValue(change.id, change.state),
                           .expected_version = entry.mark_version});
    return plan;
  }
  entry.backend.set_state(change.state);
  plan.writes.push_back({.key = BackendKey(change.id),
                         .value = BackendValue(entry),
                         .expected_version = entry.stored_version,
                         .lease = entry.lease});
  return plan;
}

absl::StatusOr<Plan> PlanDeregisterBackend(
    const DesiredState& state, const v1::DeregisterBackendRequest& request,
    const Caller& caller) {
  absl::Status status = CheckDeregisterBackend(state, request, caller);
  if (!status.ok()) return status;
  const BackendEntry& known = *state.FindBackend(request.id());
  Plan plan = DeletionOf(BackendKey(request.id()), known.stored_version);
  plan.revoke = known.lease;
  plan.detail = absl::StrCat("farm ", known.farm, ", address ",
                             Printable(known.backend.address(), 256));
  return plan;
}

absl::StatusOr<Plan> PlanSetFarm(const DesiredState& state,
                                 const v1::SetFarmRequest& request) {
  absl::Status status = CheckSetFarm(state, request);
  if (!status.ok()) return status;
  v1::Farm farm = Known(request.farm());
  farm.clear_backends();
  const FarmEntry* known = state.FindFarm(farm.name());
  Plan plan;
  plan.subject = FarmKey(farm.name());
  if (known != nullptr && known->stored_version != 0 &&
      MessageDifferencer::Equals(known->farm, farm)) {
    return plan;
  }
  plan.detail = DetailOf(farm);
  plan.writes.push_back(
      {.key = plan.subject,
       .value = FarmValue(farm),
       .expected_version = known != nullptr ? known->stored_version : 0});
  return plan;
}

absl::StatusOr<Plan> PlanDeleteFarm(const DesiredState& state,
                                    const v1::DeleteFarmRequest& request) {
  absl::Status status = CheckDeleteFarm(state, request);
  if (!status.ok()) return status;
  return DeletionOf(FarmKey(request.name()),
                    state.FindFarm(request.name())->stored_version);
}

absl::StatusOr<Plan> PlanSetRoute(const DesiredState& state,
                                  const v1::SetRouteRequest& request) {
  absl::Status status = CheckSetRoute(state, request);
  if (!status.ok()) return status;
  const v1::Route route = Known(request.route());
  const RouteEntry* known = state.FindRoute(route.name());
  Plan plan;
  plan.subject = RouteKey(route.name());
  if (known != nullptr && MessageDifferencer::Equals(known->route, route)) {
    return plan;
  }
  plan.detail = DetailOf(route);
  plan.writes.push_back(
      {.key = plan.subject,
       .value = RouteValue(route),
       .expected_version = known != nullptr ? known->stored_version : 0});
  return plan;
}

absl::StatusOr<Plan> PlanDeleteRoute(const DesiredState& state,
                                     const v1::DeleteRouteRequest& request) {
  absl::Status status = CheckDeleteRoute(state, request);
  if (!status.ok()) return status;
  Plan plan = DeletionOf(RouteKey(request.name()),
                         state.FindRoute(request.name())->stored_version);
  plan.detail = DetailOf(state.FindRoute(request.name())->route);
  return plan;
}

absl::StatusOr<Plan> PlanSetPolicy(const DesiredState& state,
                                   const v1::SetPolicyRequest& request) {
  absl::Status status = CheckSetPolicy(state, request);
  if (!status.ok()) return status;
  const v1::Policy policy = Known(request.policy());
  const PolicyEntry* known = state.FindPolicy(policy.name());
  Plan plan;
  plan.subject = PolicyKey(policy.name());
  if (known != nullptr && MessageDifferencer::Equals(known->policy, policy)) {
    return plan;
  }
  plan.detail = DetailOf(policy);
  plan.writes.push_back(
      {.key = plan.subject,
       .value = PolicyValue(policy),
       .expected_version = known != nullptr ? known->stored_version : 0});
  return plan;
}

absl::StatusOr<Plan> PlanDeletePolicy(const DesiredState& state,
                                      const v1::DeletePolicyRequest& request) {
  absl::Status status = CheckDeletePolicy(state, request);
  if (!status.ok()) return status;
  const PolicyEntry& known = *state.FindPolicy(request.name());
  Plan plan = DeletionOf(PolicyKey(request.name()), known.stored_version);
  plan.detail = DetailOf(known.policy);
  return plan;
}

}  // namespace pinnace::registry
