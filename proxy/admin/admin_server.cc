#include "proxy/admin/admin_server.h"

#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "httplib.h"

namespace pinnace::admin {
namespace {

constexpr int kThreads = 4;
constexpr size_t kMaxBodyBytes = 64 * 1024;
constexpr int kReadSeconds = 5;

// Not SO_REUSEPORT, which the library would set: two processes on one address
// are a mistake.
void SetSocketOptions(int socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

}  // namespace

AdminServer::AdminServer(gateway::GatewayView& gateway, Routes::Options options)
    : routes_(gateway, std::move(options)),
      server_(std::make_unique<httplib::Server>()) {}

AdminServer::~AdminServer() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    const Address& listen, gateway::GatewayView& gateway,
    Routes::Options options) {
  if (!listen.ip.IsLoopback() && options.token.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("admin.listen: ", listen.ToString(),
                     " is not a loopback address: it needs admin.token_file"));
  }
  std::unique_ptr<AdminServer> server(
      new AdminServer(gateway, std::move(options)));
  absl::Status status = server->Listen(listen);
  if (!status.ok()) return status;
  return server;
}

absl::Status AdminServer::Listen(const Address& listen) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server_->set_socket_options(SetSocketOptions);
  server_->set_payload_max_length(kMaxBodyBytes);
  server_->set_read_timeout(kReadSeconds, 0);
  const auto respond = [this](const httplib::Request& request,
                              httplib::Response& out) {
    Response response = routes_.Respond(
        {.method = request.method,
         .path = request.path,
         .host = request.get_header_value("Host"),
         .origin = request.get_header_value("Origin"),
         .authorization = request.get_header_value("Authorization"),
         .if_none_match = request.get_header_value("If-None-Match")});
    out.status = response.status;
    if (!response.allow.empty()) out.set_header("Allow", response.allow);
    for (const auto& [name, value] : response.headers) {
      out.set_header(name, value);
    }
    out.set_content(std::move(response.body), response.type);
  };
  constexpr char kAnyPath[] = ".*";
  server_->Get(kAnyPath, respond);
  server_->Post(kAnyPath, respond);
  server_->Put(kAnyPath, respond);
  server_->Patch(kAnyPath, respond);
  server_->Delete(kAnyPath, respond);
  server_->Options(kAnyPath, respond);
  const std::string host = listen.ip.ToString();
  int port = listen.port;
  if (port == 0) {
    port = server_->bind_to_any_port(host);
  } else if (!server_->bind_to_port(host, port)) {
    port = -1;
  }
  if (port < 0) {
    return absl::UnavailableError(
        absl::StrCat("admin.listen: ", listen.ToString(),
                     " is in use, or not an address of this machine"));
  }
  address_ = listen.WithPort(static_cast<uint16_t>(port));
  thread_ = std::thread([this] { server_->listen_after_bind(); });
  // The library forgets a stop() that comes before it runs.
  while (!server_->is_running()) absl::SleepFor(absl::Milliseconds(1));
  return absl::OkStatus();
}

}  // namespace pinnace::admin
