// pinnace.v1.Registry over gRPC: each call to the state keeper, with the load
// that the gateways report beside it. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_REGISTRY_SERVICE_H_
#define PINNACE_CONTROL_PLANE_SERVICE_REGISTRY_SERVICE_H_

#include "control-plane/service/authenticator.h"
#include "control-plane/service/gateway_roster.h"
#include "control-plane/service/state_keeper.h"
#include "protos/pinnace/v1/registry.grpc.pb.h"

namespace pinnace::service {

class RegistryService final : public v1::Registry::Service {
 public:
  RegistryService(StateKeeper& keeper, const GatewayRoster& roster,
                  const Authenticator& authenticator)
      : keeper_(keeper), roster_(roster), authenticator_(authenticator) {}

  grpc::Status RegisterBackend(grpc::ServerContext* context,
                               const v1::RegisterBackendRequest* request,
                               v1::BackendRecord* response) override;
  grpc::Status Heartbeat(grpc::ServerContext* context,
                         const v1::HeartbeatRequest* request,
                         v1::BackendRecord* response) override;
  grpc::Status DrainBackend(grpc::ServerContext* context,
                            const v1::DrainBackendRequest* request,
                            v1::BackendRecord* response) override;
  grpc::Status ResumeBackend(grpc::ServerContext* context,
                             const v1::ResumeBackendRequest* request,
                             v1::BackendRecord* response) override;
  grpc::Status DeregisterBackend(
      grpc::ServerContext* context, const v1::DeregisterBackendRequest* request,
      v1::DeregisterBackendResponse* response) override;
  grpc::Status ListBackends(grpc::ServerContext* context,
                            const v1::ListBackendsRequest* request,
                            v1::ListBackendsResponse* response) override;
  grpc::Status GetBackend(grpc::ServerContext* context,
                          const v1::GetBackendRequest* request,
                          v1::BackendRecord* response) override;
  grpc::Status ListFarms(grpc::ServerContext* context,
                         const v1::ListFarmsRequest* request,
                         v1::ListFarmsResponse* response) override;
  grpc::Status SetFarm(grpc::ServerContext* context,
                       const v1::SetFarmRequest* request,
                       v1::FarmRecord* response) override;
  grpc::Status DeleteFarm(grpc::ServerContext* context,
                          const v1::DeleteFarmRequest* request,
                          v1::DeleteFarmResponse* response) override;
  grpc::Status ListRoutes(grpc::ServerContext* context,
                          const v1::ListRoutesRequest* request,
                          v1::ListRoutesResponse* response) override;
  grpc::Status SetRoute(grpc::ServerContext* context,
                        const v1::SetRouteRequest* request,
                        v1::RouteRecord* response) override;
  grpc::Status DeleteRoute(grpc::ServerContext* context,
                           const v1::DeleteRouteRequest* request,
                           v1::DeleteRouteResponse* response) override;
  grpc::Status ListPolicies(grpc::ServerContext* context,
                            const v1::ListPoliciesRequest* request,
                            v1::ListPoliciesResponse* response) override;
  grpc::Status SetPolicy(grpc::ServerContext* context,
                         const v1::SetPolicyRequest* request,
                         v1::PolicyRecord* response) override;
  grpc::Status DeletePolicy(grpc::ServerContext* context,
                            const v1::DeletePolicyRequest* request,
                            v1::DeletePolicyResponse* response) override;
  grpc::Status ReadAudit(grpc::ServerContext* context,
                         const v1::ReadAuditRequest* request,
                         v1::ReadAuditResponse* response) override;
  grpc::Status GetSnapshot(grpc::ServerContext* context,
                           const v1::GetSnapshotRequest* request,
                           v1::Snapshot* response) override;

 private:
  grpc::Status AnswerWithLoad(absl::StatusOr<v1::BackendRecord> record,
                              v1::BackendRecord* response);

  StateKeeper& keeper_;
  const GatewayRoster& roster_;
  const Authenticator& authenticator_;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_REGISTRY_SERVICE_H_
