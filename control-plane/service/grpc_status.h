// absl::Status and grpc::Status: the same codes, two types. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_GRPC_STATUS_H_
#define PINNACE_CONTROL_PLANE_SERVICE_GRPC_STATUS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/status.h"

namespace pinnace::service {

inline grpc::Status GrpcStatus(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()));
}

// Moves the value into `response`, or returns why there is none.
template <typename T>
grpc::Status Answer(absl::StatusOr<T> value, T* response) {
  if (!value.ok()) return GrpcStatus(value.status());
  *response = *std::move(value);
  return grpc::Status::OK;
}

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_GRPC_STATUS_H_
