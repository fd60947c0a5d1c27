// Shows a control plane that a call comes from its own process: its channels
// within carry a secret that was made when it started and never leaves it. What
// gRPC calls such a caller's address is no proof. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_IN_PROCESS_PROOF_H_
#define PINNACE_CONTROL_PLANE_SERVICE_IN_PROCESS_PROOF_H_

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/support/client_interceptor.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace pinnace::service {

class InProcessProof {
 public:
  InProcessProof();

  // For grpc::Server::experimental_type::InProcessChannelWithInterceptors().
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
  Interceptors() const;

  bool IsShownBy(const grpc::ServerContextBase& context) const;

 private:
  const std::string secret_;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_IN_PROCESS_PROOF_H_
