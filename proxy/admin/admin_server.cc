#include "proxy/admin/admin_server.h"

#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "httplib.h"
#include "proxy/admin/event_text.h"
#include "proxy/admin/json.h"
#include "proxy/base/limits.h"

namespace pinnace::admin {
namespace {

// Besides those of streams. A browser keeps six connections open, each of which
// has a thread for a while.
constexpr int kThreads = 8;
constexpr size_t kMaxBodyBytes = 64 * 1024;
constexpr int kReadSeconds = 5;
// One that takes nothing for so long is closed: nobody waits longer for it.
constexpr int kWriteSeconds = 2;
constexpr int kKeepAliveSeconds = 2;

// Not SO_REUSEPORT, which the library would set: two processes on one address
// are a mistake.
void SetSocketOptions(int socket) {
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

// Of the target alone. The library takes the body of a form for parameters,
// too, and curl calls every body one.
Request ValueOf(const httplib::Request& request) {
  Request value = {.method = request.method,
                   .path = request.path,
                   .host = request.get_header_value("Host"),
                   .origin = request.get_header_value("Origin"),
                   .authorization = request.get_header_value("Authorization"),
                   .if_none_match = request.get_header_value("If-None-Match"),
                   .last_event_id = request.get_header_value("Last-Event-ID"),
                   .body = request.body};
  const size_t mark = request.target.find('?');
  if (mark != std::string::npos) {
    httplib::detail::parse_query_text(request.target.substr(mark + 1),
                                      value.query);
  }
  return value;
}

}  // namespace

AdminServer::AdminServer(gateway::GatewayView& gateway, Routes::Options options)
    : routes_(gateway, std::move(options)),
      server_(std::make_unique<httplib::Server>()) {}

AdminServer::~AdminServer() {
  if (!thread_.joinable()) return;
  is_stopping_ = true;
  server_->stop();
  // One may be about to wait.
  while (routes_.event_streams() > 0) {
    routes_.gateway().events().Wake();
    absl::SleepFor(absl::Milliseconds(1));
  }
  thread_.join();
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    const Address& listen, gateway::GatewayView& gateway,
    Routes::Options options) {
  std::unique_ptr<AdminServer> server(
      new AdminServer(gateway, std::move(options)));
  if (!listen.ip.IsLoopback() && !server->routes_.asks_for_token()) {
    return absl::FailedPreconditionError(
        absl::StrCat("admin.listen: ", listen.ToString(),
                     " is not a loopback address: it needs admin.token_file or "
                     "admin.tokens"));
  }
  absl::Status status = server->Listen(listen);
  if (!status.ok()) return status;
  return server;
}

void AdminServer::Answer(const httplib::Request& request,
                         httplib::Response& out) {
  Response response = routes_.Respond(ValueOf(request));
  if (response.events_after.has_value() && request.method == "GET") {
    return StartStream(*response.events_after, out);
  }
  out.status = response.status;
  if (!response.allow.empty()) out.set_header("Allow", response.allow);
  for (const auto& [name, value] : response.headers) {
    out.set_header(name, value);
  }
  out.set_content(std::move(response.body), response.type);
}

void AdminServer::StartStream(uint64_t after, httplib::Response& out) {
  std::atomic<int64_t>& streams = routes_.event_streams();
  if (streams.fetch_add(1) >= limits::kMaxEventStreams) {
    streams.fetch_sub(1);
    routes_.CountRefusedStream();
    const Response refused =
        Error(503, absl::StrCat("there are ", limits::kMaxEventStreams,
                                " readers of events already"));
    out.status = refused.status;
    out.set_content(refused.body, refused.type);
    return;
  }
  out.set_header("Cache-Control", "no-cache");
  out.set_chunked_content_provider(
      "text/event-stream",
      [this, after, begun = false](size_t, httplib::DataSink& sink) mutable {
        if (is_stopping_) return false;
        if (!std::exchange(begun, true)) {
          // So that the reader sees at once that it is one.
          return sink.write(": events\n\n", 10);
        }
        return SendEvents(after, sink);
      },
      [&streams](bool) { streams.fetch_sub(1); });
}

bool AdminServer::SendEvents(uint64_t& after, httplib::DataSink& sink) {
  const std::vector<gateway::Event> events = routes_.gateway().events().Read(
      after, limits::kMaxEventsPerRead, limits::kEventHeartbeat);
  if (is_stopping_) return false;
  // A comment: the connection is found broken if it is.
  std::string text = events.empty() ? ":\n\n" : "";
  for (const gateway::Event& event : events) {
    text += EventText(event);
    after = event.number;
  }
  return sink.write(text.data(), text.size());
}

absl::Status AdminServer::Listen(const Address& listen) {
  server_->new_task_queue = [] {
    return new httplib::ThreadPool(kThreads + limits::kMaxEventStreams);
  };
  server_->set_socket_options(SetSocketOptions);
  server_->set_payload_max_length(kMaxBodyBytes);
  server_->set_read_timeout(kReadSeconds, 0);
  server_->set_write_timeout(kWriteSeconds, 0);
  server_->set_keep_alive_timeout(kKeepAliveSeconds);
  const auto respond = [this](const httplib::Request& request,
                              httplib::Response& out) { Answer(request, out); };
  // RFC 9112 §6.3: without either there is no body. The library would wait for
  // one.
  server_->set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& out) {
        if (request.has_header("Content-Length") ||
            request.has_header("Transfer-Encoding")) {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        Answer(request, out);
        return httplib::Server::HandlerResponse::Handled;
      });
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
