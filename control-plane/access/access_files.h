// Reads what the configuration's access names: the token files. Any thread.
#ifndef PINNACE_CONTROL_PLANE_ACCESS_ACCESS_FILES_H_
#define PINNACE_CONTROL_PLANE_ACCESS_ACCESS_FILES_H_

#include "absl/status/statusor.h"
#include "control-plane/access/access_policy.h"

namespace pinnace::access {

// Errors name the field and the file, never what is in it.
absl::StatusOr<AccessPolicy> ReadAccessPolicy(
    const v1::ControlPlaneConfig& config);

}  // namespace pinnace::access

#endif  // PINNACE_CONTROL_PLANE_ACCESS_ACCESS_FILES_H_
