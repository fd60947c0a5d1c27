// pinnace.v1.Discovery over gRPC: one stream per gateway, from its Hello on a
// member of the roster. gRPC's own threads; none is held while a stream waits.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_DISCOVERY_SERVICE_H_
#define PINNACE_CONTROL_PLANE_SERVICE_DISCOVERY_SERVICE_H_

#include "control-plane/service/authenticator.h"
#include "control-plane/service/gateway_roster.h"
#include "control-plane/service/state_keeper.h"
#include "protos/pinnace/v1/discovery.grpc.pb.h"
#include "proxy/guard/ban_table.h"

namespace pinnace::service {

// Raw, as bytes: a snapshot is serialized once for all streams.
using DiscoveryBase =
    v1::Discovery::WithRawCallbackMethod_Follow<v1::Discovery::Service>;

class DiscoveryService final : public DiscoveryBase {
 public:
  // They outlive every stream.
  DiscoveryService(GatewayRoster& roster, guard::BanTable& bans,
                   const Authenticator& authenticator, Clock clock)
      : roster_(roster),
        bans_(bans),
        authenticator_(authenticator),
        clock_(std::move(clock)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Follow(
      grpc::CallbackServerContext* context) override;

 private:
  GatewayRoster& roster_;
  guard::BanTable& bans_;
  const Authenticator& authenticator_;
  const Clock clock_;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_DISCOVERY_SERVICE_H_
