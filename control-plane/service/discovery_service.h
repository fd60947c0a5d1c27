// pinnace.v1.Discovery over gRPC: one stream per gateway, from its Hello on a
// member of the roster. gRPC's own threads; none is held while a stream waits.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_DISCOVERY_SERVICE_H_
#define PINNACE_CONTROL_PLANE_SERVICE_DISCOVERY_SERVICE_H_

#include "control-plane/service/gateway_roster.h"
#include "control-plane/service/state_keeper.h"
#include "protos/pinnace/v1/discovery.grpc.pb.h"

namespace pinnace::service {

class DiscoveryService final : public v1::Discovery::CallbackService {
 public:
  // Both outlive every stream.
  DiscoveryService(const StateKeeper& keeper, GatewayRoster& roster,
                   Clock clock)
      : keeper_(keeper), roster_(roster), clock_(std::move(clock)) {}

  grpc::ServerBidiReactor<v1::GatewayMessage, v1::ControlMessage>* Follow(
      grpc::CallbackServerContext* context) override;

 private:
  const StateKeeper& keeper_;
  GatewayRoster& roster_;
  const Clock clock_;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_DISCOVERY_SERVICE_H_
