// The whole control plane: state, gateways, gRPC server and its threads.
// Started and stopped as one.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_CONTROL_PLANE_H_
#define PINNACE_CONTROL_PLANE_SERVICE_CONTROL_PLANE_H_

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "control-plane/access/access_policy.h"
#include "control-plane/service/authenticator.h"
#include "control-plane/service/gateway_roster.h"
#include "control-plane/service/state_keeper.h"
#include "control-plane/store/store.h"
#include "proxy/base/address.h"
#include "proxy/guard/ban_table.h"

namespace grpc {
class Channel;
class Server;
class ServerCredentials;
class Service;
}  // namespace grpc

namespace pinnace::service {

class ControlPlane {
 public:
  struct Options {
    Address listen;  // port 0: any
    std::unique_ptr<store::Store> store;
    FileEntries file;
    std::vector<PortRange> pool;  // the gateways' ports, if known
    access::AccessPolicy access;  // open: `listen` is a loopback address
    // Of `listen`; null: no TLS.
    std::shared_ptr<grpc::ServerCredentials> credentials;
    Clock clock = &absl::Now;        // for people
    Clock lease_clock = &SteadyNow;  // the store was opened by it
  };

  // Errors name the field: the listener in use, the backend that the file and
  // the store contradict each other about.
  static absl::StatusOr<std::unique_ptr<ControlPlane>> Start(Options options);
  // Stops.
  ~ControlPlane();

  Address address() const { return address_; }
  StateKeeper& keeper() { return *keeper_; }
  // Whether it may be the policy here: an open one on a loopback address only.
  absl::Status CheckAccess(const access::AccessPolicy& access) const;
  // Who may do what from now on; ends the streams of whom it does not admit.
  // CHECK: CheckAccess().
  void ReplaceAccess(access::AccessPolicy access);
  // For a gateway in this process.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Ends every stream and waits for running calls. Once.
  void Stop();

 private:
  ControlPlane(access::AccessPolicy access, Clock lease_clock);
  absl::Status Listen(const Address& listen,
                      std::shared_ptr<grpc::ServerCredentials> credentials);

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<StateKeeper> keeper_;
  GatewayRoster roster_;
  guard::BanTable bans_;  // of all gateways, and the operators'
  Authenticator authenticator_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  Address address_;
  std::thread upkeep_;
  std::thread distribution_;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_CONTROL_PLANE_H_
