// What each path of the admin pages answers: a request to a response, from a
// GatewayView. Knows no socket. Any thread.
#ifndef PINNACE_PROXY_ADMIN_ROUTES_H_
#define PINNACE_PROXY_ADMIN_ROUTES_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "protos/pinnace/v1/config.pb.h"
#include "proxy/gateway/gateway_view.h"

namespace pinnace::admin {

struct Request {
  std::string method;         // "GET"
  std::string path;           // decoded, without the query
  std::string host;           // header Host
  std::string origin;         // header Origin; browsers send it
  std::string authorization;  // header Authorization
  std::string if_none_match;  // header If-None-Match
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::string allow;  // header Allow, with 405
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides
};

class Routes {
 public:
  struct Options {
    std::string token;  // asked of every path but the probes; empty: of none
    v1::Config config;  // shown as it is
    std::string program_version;
    // Called once a drain was asked for, to end the process behind it. Any
    // thread.
    std::function<void()> on_drain = [] {};
  };

  Routes(gateway::GatewayView& gateway, Options options)
      : gateway_(gateway), options_(std::move(options)) {}

  Response Respond(const Request& request);

 private:
  struct Row;
  static const Row kRows[];

  // Why the request is refused, before any route is looked at.
  bool Refuses(const Request& request, Response& response) const;

  Response Index(absl::string_view rest);
  Response Healthz(absl::string_view rest);
  Response Readyz(absl::string_view rest);
  Response Metrics(absl::string_view rest);
  Response Sessions(absl::string_view rest);
  Response KillSession(absl::string_view id);
  Response Backends(absl::string_view rest);
  Response Farms(absl::string_view rest);
  Response RoutesNow(absl::string_view rest);
  Response Pins(absl::string_view rest);
  Response DeletePin(absl::string_view key);
  Response Bans(absl::string_view rest);
  Response LiftBan(absl::string_view key);
  Response Ports(absl::string_view rest);
  Response Config(absl::string_view rest);
  Response Drain(absl::string_view rest);

  gateway::GatewayView& gateway_;
  const Options options_;
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_ROUTES_H_
