// What each path of the admin pages answers: a request to a response, from a
// GatewayView. Knows no socket. Any thread.
#ifndef PINNACE_PROXY_ADMIN_ROUTES_H_
#define PINNACE_PROXY_ADMIN_ROUTES_H_

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "protos/pinnace/v1/admin.pb.h"
#include "protos/pinnace/v1/config.pb.h"
#include "protos/pinnace/v1/sessions.pb.h"
#include "proxy/admin/metric_rows.h"
#include "proxy/admin/request.h"
#include "proxy/admin/route_table.h"
#include "proxy/gateway/gateway_view.h"

namespace pinnace::admin {

// Who shows it in "Authorization: Bearer" may do what its role says.
struct Token {
  std::string name;  // for the log and the audit
  v1::Role role = v1::ROLE_VIEWER;
  std::string secret;
};

enum class BackendState : uint8_t { kDrained, kResumed };

class Routes {
 public:
  struct Options {
    std::string token;  // of an operator; empty: none
    // Further ones. With none at all nobody is asked for one.
    std::vector<Token> tokens;
    v1::Config config;  // shown as it is
    std::string program_version;
    v1::GatewayStatus about;  // what does not change of it
    // The stream to the control plane now; null: there is none.
    std::function<v1::GatewayStatus::ControlPlane()> control_plane;
    // All of them, as the control plane knows; null: it is not to be asked.
    std::function<absl::StatusOr<v1::ListGatewaysResponse>()> list_gateways;
    // `caller` is for the audit. Null: nobody can.
    std::function<absl::Status(const std::string& id, BackendState state,
                               const std::string& caller)>
        set_backend_state;
    // Called once a drain was asked for, to end the process behind it. Any
    // thread.
    std::function<void()> on_drain = [] {};
  };

  Routes(gateway::GatewayView& gateway, Options options);

  Response Respond(const Request& request);
  static absl::Span<const RouteRow> Rows();

  bool asks_for_token() const { return !options_.tokens.empty(); }
  gateway::GatewayView& gateway() { return gateway_; }
  // Of readers of events, whom the server has.
  std::atomic<int64_t>& event_streams() { return event_streams_; }
  void CountRefusedStream() { ++event_streams_refused_; }

 private:
  // Who asks: null where no token is shown that is known.
  const Token* TokenOf(const Request& request) const;
  // Why the request is refused.
  bool Refuses(const Request& request, const RouteRow* row, const Token* token,
               Response& response) const;
  MetricInputs Inputs();

  // routes_gateway.cc
  Response Listing(Call& call);
  Response Healthz(Call& call);
  Response Readyz(Call& call);
  Response Metrics(Call& call);
  Response OpenApi(Call& call);
  Response Status(Call& call);
  Response Stats(Call& call);
  Response Gateways(Call& call);
  Response Config(Call& call);
  Response Events(Call& call);
  Response SetLogLevel(Call& call);
  Response Drain(Call& call);
  // routes_sessions.cc
  Response Sessions(Call& call);
  Response Session(Call& call);
  Response Timeline(Call& call);
  Response KillSession(Call& call);
  Response Transfers(Call& call);
  Response Pins(Call& call);
  Response DeletePin(Call& call);
  Response Bans(Call& call);
  Response AddBan(Call& call);
  Response LiftBan(Call& call);
  // routes_fleet.cc
  Response Backends(Call& call);
  Response DrainBackend(Call& call);
  Response ResumeBackend(Call& call);
  Response SetBackendState(Call& call, BackendState state);
  Response Farms(Call& call);
  Response RoutesNow(Call& call);
  Response Policies(Call& call);
  Response Ports(Call& call);

  gateway::GatewayView& gateway_;
  const Options options_;
  std::atomic<int64_t> event_streams_{0};
  std::atomic<int64_t> event_streams_refused_{0};
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_ROUTES_H_
