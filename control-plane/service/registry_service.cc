#include "control-plane/service/registry_service.h"

#include <utility>

#include "control-plane/service/grpc_status.h"

namespace pinnace::service {
namespace {

void AddLoad(const std::map<std::string, v1::BackendLoad>& loads,
             v1::BackendRecord& record) {
  auto found = loads.find(record.backend().id());
  if (found != loads.end()) *record.mutable_load() = found->second;
}

}  // namespace

grpc::Status RegistryService::RegisterBackend(
    grpc::ServerContext*, const v1::RegisterBackendRequest* request,
    v1::BackendRecord* response) {
  return Answer(keeper_.Register(*request), response);
}

grpc::Status RegistryService::Heartbeat(grpc::ServerContext*,
                                        const v1::HeartbeatRequest* request,
                                        v1::BackendRecord* response) {
  return Answer(keeper_.Heartbeat(*request), response);
}

grpc::Status RegistryService::DrainBackend(
    grpc::ServerContext*, const v1::DrainBackendRequest* request,
    v1::BackendRecord* response) {
  return Answer(keeper_.SetState(request->id(), request->expected_version(),
                                 v1::Backend::STATE_DRAINING),
                response);
}

grpc::Status RegistryService::ResumeBackend(
    grpc::ServerContext*, const v1::ResumeBackendRequest* request,
    v1::BackendRecord* response) {
  return Answer(keeper_.SetState(request->id(), request->expected_version(),
                                 v1::Backend::STATE_UP),
                response);
}

grpc::Status RegistryService::DeregisterBackend(
    grpc::ServerContext*, const v1::DeregisterBackendRequest* request,
    v1::DeregisterBackendResponse*) {
  return GrpcStatus(keeper_.Deregister(*request));
}

grpc::Status RegistryService::ListBackends(
    grpc::ServerContext*, const v1::ListBackendsRequest* request,
    v1::ListBackendsResponse* response) {
  const std::map<std::string, v1::BackendLoad> loads = roster_.Load();
  for (v1::BackendRecord& record : keeper_.List()) {
    if (!request->farm().empty() && record.farm() != request->farm()) continue;
    AddLoad(loads, record);
    *response->add_backends() = std::move(record);
  }
  return grpc::Status::OK;
}

grpc::Status RegistryService::GetBackend(grpc::ServerContext*,
                                         const v1::GetBackendRequest* request,
                                         v1::BackendRecord* response) {
  grpc::Status status = Answer(keeper_.Get(request->id()), response);
  if (status.ok()) AddLoad(roster_.Load(), *response);
  return status;
}

grpc::Status RegistryService::ListFarms(grpc::ServerContext*,
                                        const v1::ListFarmsRequest*,
                                        v1::ListFarmsResponse* response) {
  for (v1::FarmRecord& record : keeper_.ListFarms()) {
    *response->add_farms() = std::move(record);
  }
  return grpc::Status::OK;
}

grpc::Status RegistryService::SetFarm(grpc::ServerContext*,
                                      const v1::SetFarmRequest* request,
                                      v1::FarmRecord* response) {
  return Answer(keeper_.SetFarm(*request), response);
}

grpc::Status RegistryService::DeleteFarm(grpc::ServerContext*,
                                         const v1::DeleteFarmRequest* request,
                                         v1::DeleteFarmResponse*) {
  return GrpcStatus(keeper_.DeleteFarm(*request));
}

grpc::Status RegistryService::GetSnapshot(grpc::ServerContext*,
                                          const v1::GetSnapshotRequest*,
                                          v1::Snapshot* response) {
  *response = *keeper_.snapshot();
  return grpc::Status::OK;
}

}  // namespace pinnace::service
