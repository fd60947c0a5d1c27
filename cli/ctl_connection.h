// The gRPC calls of `pinnace ctl`, each with a deadline, and how their results
// are shown. Main thread.
#ifndef PINNACE_CLI_CTL_CONNECTION_H_
#define PINNACE_CLI_CTL_CONNECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "grpcpp/grpcpp.h"
#include "protos/pinnace/v1/registry.grpc.pb.h"
#include "protos/pinnace/v1/sessions.grpc.pb.h"

namespace pinnace::cli {

class CtlConnection {
 public:
  explicit CtlConnection(const std::string& server);

  // One unary call: connection.Call(connection.registry(),
  // &v1::Registry::Stub::GetBackend, request, response).
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    SetDeadline(context);
    return StatusOf((stub.*method)(&context, request, response));
  }

  // Calls from now on give the server so long to come up and answer.
  void WaitForServer(absl::Duration patience) { patience_ = patience; }

  v1::Registry::Stub& registry() { return *registry_; }
  v1::Sessions::Stub& sessions() { return *sessions_; }

 private:
  void SetDeadline(grpc::ClientContext& context) const;
  absl::Status StatusOf(const grpc::Status& status) const;

  const std::string server_;
  absl::Duration patience_;  // zero: a server that is away is an error at once
  std::unique_ptr<v1::Registry::Stub> registry_;
  std::unique_ptr<v1::Sessions::Stub> sessions_;
};

// Columns as wide as their widest cell; the first row is the heading.
void PrintTable(const std::vector<std::vector<std::string>>& rows);
// Canonical protobuf JSON, with fields that have their default value.
void PrintJson(const google::protobuf::Message& message);
// "2023-05-01T12:00:00Z"; "-" for none.
std::string Shown(const google::protobuf::Timestamp& time);
// "-" for an empty text.
std::string Shown(const std::string& text);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_CONNECTION_H_
