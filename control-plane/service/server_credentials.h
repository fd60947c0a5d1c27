// The TLS of the control plane's listener: its certificate, and whether its
// clients must have one. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_SERVER_CREDENTIALS_H_
#define PINNACE_CONTROL_PLANE_SERVICE_SERVER_CREDENTIALS_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"
#include "protos/pinnace/v1/config.pb.h"
#include "proxy/base/limits.h"

namespace pinnace::service {

enum class ClientCertificate : uint8_t {
  kRequired,
  kOptional,  // a token will do
};

// Without `config.cert`: no TLS. Files that change are read again every
// `refresh` (whole seconds). Errors name the field and the file.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(
    const v1::ControlPlaneTlsConfig& config, ClientCertificate client,
    absl::Duration refresh = limits::kCertificateRefresh);

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_SERVER_CREDENTIALS_H_
