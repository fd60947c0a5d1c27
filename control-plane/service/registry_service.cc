#include "control-plane/service/registry_service.h"

#include <utility>

#include "control-plane/service/grpc_status.h"
#include "proxy/snapshot/field_check.h"

namespace pinnace::service {
namespace {

using access::Method;

template <typename Record, typename Place>
void MoveAll(std::vector<Record> records, Place* place) {
  place->Reserve(static_cast<int>(records.size()));
  for (Record& record : records) *place->Add() = std::move(record);
}

}  // namespace

grpc::Status RegistryService::RegisterBackend(
    grpc::ServerContext* context, const v1::RegisterBackendRequest* request,
    v1::BackendRecord* response) {
  const absl::StatusOr<Caller> caller = authenticator_.Admit(
      *context, Method::kRegisterBackend, request->backend().id());
  if (!caller.ok()) return GrpcStatus(caller.status());
  if (!keeper_.knows_pool()) {
    const absl::Status status =
        roster_.CheckPublicPorts(request->backend().public_ports());
    if (!status.ok()) return GrpcStatus(status);
  }
  return AnswerWithLoad(keeper_.Register(*request, *caller), response);
}

grpc::Status RegistryService::Heartbeat(grpc::ServerContext* context,
                                        const v1::HeartbeatRequest* request,
                                        v1::BackendRecord* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kHeartbeat, request->id());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return AnswerWithLoad(keeper_.Heartbeat(*request, *caller), response);
}

grpc::Status RegistryService::DrainBackend(
    grpc::ServerContext* context, const v1::DrainBackendRequest* request,
    v1::BackendRecord* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDrainBackend, request->id());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return AnswerWithLoad(keeper_.Drain(*request, *caller), response);
}

grpc::Status RegistryService::ResumeBackend(
    grpc::ServerContext* context, const v1::ResumeBackendRequest* request,
    v1::BackendRecord* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kResumeBackend, request->id());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return AnswerWithLoad(keeper_.Resume(*request, *caller), response);
}

grpc::Status RegistryService::DeregisterBackend(
    grpc::ServerContext* context, const v1::DeregisterBackendRequest* request,
    v1::DeregisterBackendResponse*) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDeregisterBackend, request->id());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return GrpcStatus(keeper_.Deregister(*request, *caller));
}

grpc::Status RegistryService::ListBackends(
    grpc::ServerContext* context, const v1::ListBackendsRequest* request,
    v1::ListBackendsResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListBackends);
  if (!caller.ok()) return GrpcStatus(caller.status());
  if (!request->farm().empty()) {
    snapshot::FieldProblems problems;
    snapshot::CheckName(request->farm(), "farm", problems);
    if (!problems.empty()) return GrpcStatus(snapshot::StatusOf(problems));
  }
  std::vector<v1::BackendRecord> records = keeper_.List(request->farm());
  roster_.AddLoads(records);
  MoveAll(std::move(records), response->mutable_backends());
  return grpc::Status::OK;
}

grpc::Status RegistryService::GetBackend(grpc::ServerContext* context,
                                         const v1::GetBackendRequest* request,
                                         v1::BackendRecord* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kGetBackend, request->id());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return AnswerWithLoad(keeper_.Get(request->id()), response);
}

grpc::Status RegistryService::AnswerWithLoad(
    absl::StatusOr<v1::BackendRecord> record, v1::BackendRecord* response) {
  grpc::Status status = Answer(std::move(record), response);
  if (!status.ok()) return status;
  if (auto load = roster_.LoadOf(response->backend().id())) {
    *response->mutable_load() = *std::move(load);
  }
  return status;
}

grpc::Status RegistryService::ListFarms(grpc::ServerContext* context,
                                        const v1::ListFarmsRequest*,
                                        v1::ListFarmsResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListFarms);
  if (!caller.ok()) return GrpcStatus(caller.status());
  MoveAll(keeper_.ListFarms(), response->mutable_farms());
  return grpc::Status::OK;
}

grpc::Status RegistryService::SetFarm(grpc::ServerContext* context,
                                      const v1::SetFarmRequest* request,
                                      v1::FarmRecord* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kSetFarm, request->farm().name());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return Answer(keeper_.SetFarm(*request, *caller), response);
}

grpc::Status RegistryService::DeleteFarm(grpc::ServerContext* context,
                                         const v1::DeleteFarmRequest* request,
                                         v1::DeleteFarmResponse*) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDeleteFarm, request->name());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return GrpcStatus(keeper_.DeleteFarm(*request, *caller));
}

grpc::Status RegistryService::ListRoutes(grpc::ServerContext* context,
                                         const v1::ListRoutesRequest*,
                                         v1::ListRoutesResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListRoutes);
  if (!caller.ok()) return GrpcStatus(caller.status());
  MoveAll(keeper_.ListRoutes(), response->mutable_routes());
  return grpc::Status::OK;
}

grpc::Status RegistryService::SetRoute(grpc::ServerContext* context,
                                       const v1::SetRouteRequest* request,
                                       v1::RouteRecord* response) {
  const absl::StatusOr<Caller> caller = authenticator_.Admit(
      *context, Method::kSetRoute, request->route().name());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return Answer(keeper_.SetRoute(*request, *caller), response);
}

grpc::Status RegistryService::DeleteRoute(grpc::ServerContext* context,
                                          const v1::DeleteRouteRequest* request,
                                          v1::DeleteRouteResponse*) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDeleteRoute, request->name());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return GrpcStatus(keeper_.DeleteRoute(*request, *caller));
}

grpc::Status RegistryService::ListPolicies(grpc::ServerContext* context,
                                           const v1::ListPoliciesRequest*,
                                           v1::ListPoliciesResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kListPolicies);
  if (!caller.ok()) return GrpcStatus(caller.status());
  MoveAll(keeper_.ListPolicies(), response->mutable_policies());
  return grpc::Status::OK;
}

grpc::Status RegistryService::SetPolicy(grpc::ServerContext* context,
                                        const v1::SetPolicyRequest* request,
                                        v1::PolicyRecord* response) {
  const absl::StatusOr<Caller> caller = authenticator_.Admit(
      *context, Method::kSetPolicy, request->policy().name());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return Answer(keeper_.SetPolicy(*request, *caller), response);
}

grpc::Status RegistryService::DeletePolicy(
    grpc::ServerContext* context, const v1::DeletePolicyRequest* request,
    v1::DeletePolicyResponse*) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kDeletePolicy, request->name());
  if (!caller.ok()) return GrpcStatus(caller.status());
  return GrpcStatus(keeper_.DeletePolicy(*request, *caller));
}

grpc::Status RegistryService::ReadAudit(grpc::ServerContext* context,
                                        const v1::ReadAuditRequest* request,
                                        v1::ReadAuditResponse* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kReadAudit);
  if (!caller.ok()) return GrpcStatus(caller.status());
  return Answer(keeper_.ReadAudit(*request), response);
}

grpc::Status RegistryService::GetSnapshot(grpc::ServerContext* context,
                                          const v1::GetSnapshotRequest*,
                                          v1::Snapshot* response) {
  const absl::StatusOr<Caller> caller =
      authenticator_.Admit(*context, Method::kGetSnapshot);
  if (!caller.ok()) return GrpcStatus(caller.status());
  *response = *keeper_.snapshot();
  return grpc::Status::OK;
}

}  // namespace pinnace::service
