// A request that change_check lets through, as what is to be done about it in
// the store; nothing when it is so already. Pure. One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_PLAN_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_PLAN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control-plane/registry/caller.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/store/store.h"

namespace pinnace::registry {

struct Plan {
  std::vector<store::Write> writes;  // one commit; none: no change
  // Not zero: of a new lease for the last write.
  absl::Duration lease_ttl;
  store::LeaseId renew = store::kNoLease;   // whether there is a write or not
  store::LeaseId revoke = store::kNoLease;  // once the commit is done
  std::string subject;                      // of the audit: "backend/a"
  std::string detail;
};

// A farm that is not there is made in the same commit.
absl::StatusOr<Plan> PlanRegisterBackend(
    const DesiredState& state, const v1::RegisterBackendRequest& request,
    const Caller& caller);
struct StateChange {
  absl::string_view id;
  uint64_t expected_version = 0;
  v1::Backend::State state = v1::Backend::STATE_UP;
};
absl::StatusOr<Plan> PlanBackendState(const DesiredState& state,
                                      const StateChange& change,
                                      const Caller& caller);
absl::StatusOr<Plan> PlanDeregisterBackend(
    const DesiredState& state, const v1::DeregisterBackendRequest& request,
    const Caller& caller);
absl::StatusOr<Plan> PlanSetFarm(const DesiredState& state,
                                 const v1::SetFarmRequest& request);
absl::StatusOr<Plan> PlanDeleteFarm(const DesiredState& state,
                                    const v1::DeleteFarmRequest& request);
absl::StatusOr<Plan> PlanSetRoute(const DesiredState& state,
                                  const v1::SetRouteRequest& request);
absl::StatusOr<Plan> PlanDeleteRoute(const DesiredState& state,
                                     const v1::DeleteRouteRequest& request);
absl::StatusOr<Plan> PlanSetPolicy(const DesiredState& state,
                                   const v1::SetPolicyRequest& request);
absl::StatusOr<Plan> PlanDeletePolicy(const DesiredState& state,
                                      const v1::DeletePolicyRequest& request);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_PLAN_H_
