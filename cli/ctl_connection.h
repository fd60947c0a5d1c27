// The gRPC calls of `pinnace ctl`, each with a deadline, and how their results
// are shown. Main thread.
#ifndef PINNACE_CLI_CTL_CONNECTION_H_
#define PINNACE_CLI_CTL_CONNECTION_H_

#include <cstdio>
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
  // `server` is what messages call it.
  CtlConnection(std::shared_ptr<grpc::Channel> channel, std::string server);

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

  // Calls from now on have so long; to a server that is away they end at once.
  void SetTimeout(absl::Duration timeout) { timeout_ = timeout; }

  v1::Registry::Stub& registry() { return *registry_; }
  v1::Sessions::Stub& sessions() { return *sessions_; }

 private:
  void SetDeadline(grpc::ClientContext& context) const;
  absl::Status StatusOf(const grpc::Status& status) const;

  const std::string server_;
  absl::Duration timeout_ = absl::Seconds(10);
  std::unique_ptr<v1::Registry::Stub> registry_;
  std::unique_ptr<v1::Sessions::Stub> sessions_;
};

// Columns as wide as their widest cell; the first row is the heading.
void PrintTable(const std::vector<std::vector<std::string>>& rows);
// Canonical protobuf JSON, with fields that have their default value.
void PrintJson(const google::protobuf::Message& message);
// Likewise, in one line.
void PrintJsonLine(const google::protobuf::Message& message);
// "2023-05-01T12:00:00Z"; "-" for none.
std::string Shown(const google::protobuf::Timestamp& time);
// "-" for an empty text.
std::string Shown(const std::string& text);

// On standard error: the list on standard output stays a list.
template <typename Response>
void WarnOfSilent(const Response& response) {
  for (const std::string& name : response.silent_gateways()) {
    std::fprintf(stderr, "pinnace ctl: gateway %s did not answer\n",
                 Shown(name).c_str());
  }
}

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_CONNECTION_H_
