// How a gateway and `pinnace ctl` reach a control plane: over TLS or not, with
// a token or not. Any thread.
#ifndef PINNACE_PROXY_CONTROL_CONTROL_PLANE_CHANNEL_H_
#define PINNACE_PROXY_CONTROL_CONTROL_PLANE_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "protos/pinnace/v1/config.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace pinnace::control {

// To a control plane at HOST:PORT. The token's file is read again for every
// call and the certificates' every few seconds; a token that cannot be read any
// more stays what it was. Errors name the file and what of `access` it is.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ControlPlaneChannel(
    const std::string& address, const v1::ControlPlaneAccess& access);

}  // namespace pinnace::control

#endif  // PINNACE_PROXY_CONTROL_CONTROL_PLANE_CHANNEL_H_
