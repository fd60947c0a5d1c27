// A message as gRPC sends it. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_WIRE_BYTES_H_
#define PINNACE_CONTROL_PLANE_SERVICE_WIRE_BYTES_H_

#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/byte_buffer.h"
#include "proxy/base/check.h"

namespace pinnace::service {

template <typename Message>
grpc::ByteBuffer BytesOf(const Message& message) {
  grpc::ByteBuffer bytes;
  bool owned = false;
  const grpc::Status status =
      grpc::SerializationTraits<Message>::Serialize(message, &bytes, &owned);
  PINNACE_CHECK(status.ok());
  return bytes;
}

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_WIRE_BYTES_H_
