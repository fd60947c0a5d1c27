// What a configuration says about access to the control plane: who may do
// what, and how a gateway shows who it is. Looks at no file. Any thread.
#ifndef PINNACE_PROXY_CONFIG_ACCESS_CHECK_H_
#define PINNACE_PROXY_CONFIG_ACCESS_CHECK_H_

#include "protos/pinnace/v1/config.pb.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::config {

// Of `control_plane`: tokens, tls, and whether `listen` may do without.
void CheckAccess(const v1::ControlPlaneConfig& control_plane,
                 snapshot::FieldProblems& problems);

// Of `gateway.control_plane_access`.
void CheckControlPlaneAccess(const v1::GatewayConfig& gateway,
                             snapshot::FieldProblems& problems);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_ACCESS_CHECK_H_
