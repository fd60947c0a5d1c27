// Whether a change is allowed: OK, or a Status that names the field and, in a
// conflict, both sides. Codes as registry.proto says. Pure. One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_CHECK_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "control-plane/registry/desired_state.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::registry {

absl::Status CheckRegisterBackend(const DesiredState& state,
                                  const v1::RegisterBackendRequest& request);
// For every change to a backend that exists: drain, resume, heartbeat.
absl::Status CheckBackendChange(const DesiredState& state, absl::string_view id,
                                uint64_t expected_version);
absl::Status CheckDeregisterBackend(
    const DesiredState& state, const v1::DeregisterBackendRequest& request);
absl::Status CheckSetFarm(const DesiredState& state,
                          const v1::SetFarmRequest& request);
absl::Status CheckDeleteFarm(const DesiredState& state,
                             const v1::DeleteFarmRequest& request);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_CHANGE_CHECK_H_
