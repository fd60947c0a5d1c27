// pinnace.v1.Sessions over gRPC: asks the gateways that are connected and puts
// their answers together. What ends something is in the audit before anybody is
// asked. Any thread; a call waits for the gateways. sessions_service_bans.cc
// has the bans, which are kept here.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_SESSIONS_SERVICE_H_
#define PINNACE_CONTROL_PLANE_SERVICE_SESSIONS_SERVICE_H_

#include "control-plane/service/authenticator.h"
#include "control-plane/service/gateway_roster.h"
#include "control-plane/service/state_keeper.h"
#include "protos/pinnace/v1/sessions.grpc.pb.h"
#include "proxy/guard/ban_table.h"

namespace pinnace::service {

class SessionsService final : public v1::Sessions::Service {
 public:
  SessionsService(StateKeeper& keeper, GatewayRoster& roster,
                  guard::BanTable& bans, const Authenticator& authenticator,
                  Clock clock)
      : keeper_(keeper),
        roster_(roster),
        bans_(bans),
        authenticator_(authenticator),
        clock_(std::move(clock)) {}

  grpc::Status ListSessions(grpc::ServerContext* context,
                            const v1::ListSessionsRequest* request,
                            v1::ListSessionsResponse* response) override;
  grpc::Status KillSession(grpc::ServerContext* context,
                           const v1::KillSessionRequest* request,
                           v1::KillSessionResponse* response) override;
  grpc::Status GetTimeline(grpc::ServerContext* context,
                           const v1::GetTimelineRequest* request,
                           v1::GetTimelineResponse* response) override;
  grpc::Status ListPins(grpc::ServerContext* context,
                        const v1::ListPinsRequest* request,
                        v1::ListPinsResponse* response) override;
  grpc::Status DeletePin(grpc::ServerContext* context,
                         const v1::DeletePinRequest* request,
                         v1::DeletePinResponse* response) override;
  grpc::Status ListPorts(grpc::ServerContext* context,
                         const v1::ListPortsRequest* request,
                         v1::ListPortsResponse* response) override;
  grpc::Status ListGateways(grpc::ServerContext* context,
                            const v1::ListGatewaysRequest* request,
                            v1::ListGatewaysResponse* response) override;
  grpc::Status ListBans(grpc::ServerContext* context,
                        const v1::ListBansRequest* request,
                        v1::ListBansResponse* response) override;
  grpc::Status AddBan(grpc::ServerContext* context,
                      const v1::AddBanRequest* request,
                      v1::Ban* response) override;
  grpc::Status DeleteBan(grpc::ServerContext* context,
                         const v1::DeleteBanRequest* request,
                         v1::DeleteBanResponse* response) override;

 private:
  absl::StatusOr<Answers> Ask(const std::string& gateway, v1::Query query);
  // The one gateway that has the session; a Status when none or several have.
  absl::StatusOr<std::string> FindSession(
      const v1::KillSessionRequest& request);

  StateKeeper& keeper_;
  GatewayRoster& roster_;
  guard::BanTable& bans_;
  const Authenticator& authenticator_;
  const Clock clock_;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_SESSIONS_SERVICE_H_
