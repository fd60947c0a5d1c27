// Whether a change is allowed: OK, or a Status that names the field and, in a
// conflict, both sides. Codes as registry.proto says; that the caller's role
// lets it ask is decided before. Pure. One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_CHECK_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "control-plane/registry/caller.h"
#include "control-plane/registry/desired_state.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::registry {

absl::Status CheckRegisterBackend(const DesiredState& state,
                                  const v1::RegisterBackendRequest& request,
                                  const Caller& caller);
// What a request names is there.
absl::Status CheckBackendExists(const DesiredState& state,
                                absl::string_view id);
// For every change to a backend that exists: drain, resume, heartbeat.
absl::Status CheckBackendChange(const DesiredState& state, absl::string_view id,
                                uint64_t expected_version,
                                const Caller& caller);
absl::Status CheckDeregisterBackend(const DesiredState& state,
                                    const v1::DeregisterBackendRequest& request,
                                    const Caller& caller);
absl::Status CheckSetFarm(const DesiredState& state,
                          const v1::SetFarmRequest& request);
absl::Status CheckDeleteFarm(const DesiredState& state,
                             const v1::DeleteFarmRequest& request);
absl::Status CheckSetRoute(const DesiredState& state,
                           const v1::SetRouteRequest& request);
absl::Status CheckDeleteRoute(const DesiredState& state,
                              const v1::DeleteRouteRequest& request);
absl::Status CheckSetPolicy(const DesiredState& state,
                            const v1::SetPolicyRequest& request);
absl::Status CheckDeletePolicy(const DesiredState& state,
                               const v1::DeletePolicyRequest& request);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_CHECK_H_
