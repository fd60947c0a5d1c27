// The table, and who may ask for what. The answers are in routes_gateway.cc,
// routes_sessions.cc and routes_fleet.cc.
#include "proxy/admin/routes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/empty.pb.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "proxy/admin/dashboard_page.h"
#include "proxy/admin/json.h"
#include "proxy/admin/session_list.h"
#include "proxy/base/address.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"
#include "proxy/base/steady_clock.h"

namespace pinnace::admin {
namespace {

// Equal, in a time that tells nothing of where they differ.
bool SameSecret(absl::string_view a, absl::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned char>(a[i]) ^
        static_cast<unsigned char>(b[i % std::max<size_t>(b.size(), 1)]);
  }
  return difference == 0;
}

// The header Host; empty where there is none, which no browser does.
bool IsAddressOrLocalhost(absl::string_view host) {
  if (host.empty()) return true;
  if (!host.empty() && host.back() != ']') {
    const size_t colon = host.rfind(':');
    if (colon != absl::string_view::npos) host = host.substr(0, colon);
  }
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  return absl::EqualsIgnoreCase(host, "localhost") ||
         IpAddress::Parse(host).has_value();
}

template <typename Message>
const google::protobuf::Message* Of() {
  return &Message::default_instance();
}

bool Changes(absl::string_view method) {
  return method != "GET" && method != "HEAD";
}

}  // namespace

absl::Span<const RouteRow> Routes::Rows() {
  constexpr auto kAnybody = Access::kAnybody;
  constexpr auto kViewer = Access::kViewer;
  constexpr auto kOperator = Access::kOperator;
  constexpr auto kJson = "application/json";
  constexpr auto kText = "text/plain";
  constexpr auto kHtml = "text/html";
  const auto number = ParameterType::kNumber;
  const auto text = ParameterType::kText;
  static const auto& rows = *new std::vector<RouteRow>{
      {"GET", "/", kAnybody, &Routes::Listing, "the page for people", nullptr,
       kHtml},
      {"GET", "/api", kViewer, &Routes::Listing, "every path with its help",
       nullptr, kHtml},
      {"GET", "/healthz", kAnybody, &Routes::Healthz,
       "200 while the process runs", nullptr, kText},
      {"GET", "/readyz", kAnybody, &Routes::Readyz,
       "200 when new clients are welcome, else 503 and why", nullptr, kText},
      {"GET", "/metrics", kViewer, &Routes::Metrics, "Prometheus text", nullptr,
       kText},
      {"GET", "/api/v1/openapi.json", kViewer, &Routes::OpenApi,
       "these paths as OpenAPI 3", nullptr, kJson},
      {"GET", "/api/v1/status", kViewer, &Routes::Status,
       "the gateway: its name, whether it is ready, its control plane",
       Of<v1::GatewayStatus>()},
      {"GET", "/api/v1/stats", kViewer, &Routes::Stats,
       "the numbers of /metrics that have no labels", Of<v1::Stats>()},
      {"GET", "/api/v1/sessions", kViewer, &Routes::Sessions, "sessions now",
       Of<v1::ListSessionsResponse>(), kJson, SessionParameters()},
      {"GET", "/api/v1/sessions/{id}", kViewer, &Routes::Session, "one session",
       Of<v1::Session>()},
      {"DELETE", "/api/v1/sessions/{id}", kOperator, &Routes::KillSession,
       "ends a session; its client gets a 421", Of<google::protobuf::Empty>()},
      {"GET",
       "/api/v1/sessions/{id}/timeline",
       kViewer,
       &Routes::Timeline,
       "what was said in a session lately, without secrets; oldest first",
       Of<v1::GetTimelineResponse>(),
       kJson,
       {{"after", number, "only entries with a higher number"}}},
      {"GET", "/api/v1/transfers", kViewer, &Routes::Transfers,
       "transfers that run now", Of<v1::ListTransfersResponse>(), kJson,
       TransferParameters()},
      {"GET", "/api/v1/backends", kViewer, &Routes::Backends,
       "backends and what this gateway sees of them",
       Of<v1::ListBackendsResponse>()},
      {"POST", "/api/v1/backends/{id}:drain", kOperator, &Routes::DrainBackend,
       "gives a backend no new sessions; in the registry, where there is one, "
       "else on this gateway until it is resumed or another address",
       Of<google::protobuf::Empty>()},
      {"POST", "/api/v1/backends/{id}:resume", kOperator,
       &Routes::ResumeBackend, "ends a drain", Of<google::protobuf::Empty>()},
      {"GET", "/api/v1/farms", kViewer, &Routes::Farms,
       "farms and their settings", Of<v1::ListFarmsResponse>()},
      {"GET", "/api/v1/routes", kViewer, &Routes::RoutesNow,
       "which sessions go to which farm", Of<v1::ListRoutesResponse>()},
      {"GET", "/api/v1/policies", kViewer, &Routes::Policies,
       "what clients may do", Of<v1::ListPoliciesResponse>()},
      {"GET",
       "/api/v1/pins",
       kViewer,
       &Routes::Pins,
       "which client stays on which backend",
       Of<v1::ListPinsResponse>(),
       kJson,
       {{"q", text, "only with this text in the key or the backend"},
        {"limit", number, "rows: 1 to 1000; 100 when not given"},
        {"offset", number, "rows that are left out before them"}}},
      {"DELETE", "/api/v1/pins/{key...}", kOperator, &Routes::DeletePin,
       "FARM/CLIENT: forgets a pin", Of<google::protobuf::Empty>()},
      {"GET", "/api/v1/bans", kViewer, &Routes::Bans,
       "who is refused, and until when", Of<v1::ListBansResponse>()},
      {"POST",
       "/api/v1/bans",
       kOperator,
       &Routes::AddBan,
       "makes a ban or changes how long it lasts, on the other gateways too",
       Of<v1::Ban>(),
       kJson,
       {},
       Of<v1::AddBanRequest>()},
      {"DELETE", "/api/v1/bans/{key...}", kOperator, &Routes::LiftBan,
       "lifts a ban, on the other gateways too", Of<google::protobuf::Empty>()},
      {"GET", "/api/v1/ports", kViewer, &Routes::Ports,
       "public ports and their leases", Of<v1::ListPortsResponse>()},
      {"GET", "/api/v1/gateways", kViewer, &Routes::Gateways,
       "this gateway; all of them where the control plane says",
       Of<v1::ListGatewaysResponse>()},
      {"GET", "/api/v1/config", kViewer, &Routes::Config,
       "the configuration as read", Of<v1::Config>()},
      {"GET",
       "/api/v1/events",
       kViewer,
       &Routes::Events,
       "what happens, as server-sent events, from now on; each is an Event as "
       "JSON. The header Last-Event-ID resumes",
       Of<v1::Event>(),
       "text/event-stream",
       {{"after", number,
         "resumes behind the event of this number; 0: all "
         "that are kept"}}},
      {"PUT",
       "/api/v1/log-level",
       kOperator,
       &Routes::SetLogLevel,
       "debug, info, warning or error, until the process ends",
       Of<google::protobuf::Empty>(),
       kJson,
       {},
       Of<v1::SetLogLevelRequest>()},
      {"POST", "/api/v1/drain", kOperator, &Routes::Drain,
       "as SIGTERM: not ready from now on; after timeouts.drain_notice no new "
       "sessions; running ones have timeouts.drain, then the process ends",
       Of<google::protobuf::Empty>()},
  };
  return rows;
}

Routes::Routes(gateway::GatewayView& gateway, Options options)
    : gateway_(gateway), options_([&] {
        if (!options.token.empty()) {
          options.tokens.push_back({.name = "admin",
                                    .role = v1::ROLE_OPERATOR,
                                    .secret = options.token});
        }
        return std::move(options);
      }()) {}

MetricInputs Routes::Inputs() {
  return {.gateway = gateway_,
          .now = SteadyNow(),
          .program_version = options_.program_version,
          .event_streams = event_streams_.load(),
          .event_streams_refused = event_streams_refused_.load()};
}

const Token* Routes::TokenOf(const Request& request) const {
  const Token* found = nullptr;
  // Each is looked at, whichever it is.
  for (const Token& token : options_.tokens) {
    if (SameSecret(request.authorization,
                   absl::StrCat("Bearer ", token.secret))) {
      found = &token;
    }
  }
  return found;
}

bool Routes::Refuses(const Request& request, const RouteRow* row,
                     const Token* token, Response& response) const {
  // What is not there is told only to those who may look.
  const Access access = row == nullptr ? Access::kViewer : row->access;
  if (asks_for_token() && access != Access::kAnybody) {
    if (token == nullptr) {
      response = Error(401, "a token is needed: Authorization: Bearer TOKEN");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return true;
    }
    if (access == Access::kOperator && token->role != v1::ROLE_OPERATOR) {
      response = Error(403, absl::StrCat("\"", Printable(token->name),
                                         "\" has the role viewer; this needs "
                                         "the role operator"));
      return true;
    }
  }
  // Another site's name may be made to lead here (DNS rebinding); a browser
  // then takes its page and ours for one site.
  if (!asks_for_token() && access != Access::kAnybody &&
      !IsAddressOrLocalhost(request.host)) {
    response = Error(
        403,
        absl::StrCat("without a token these pages are to be asked for by "
                     "an IP address or as localhost, not as ",
                     Printable(request.host, 256), ": set admin.token_file"));
    return true;
  }
  // A page of another site must not drain us through an operator's browser.
  if (Changes(request.method) && !request.origin.empty() &&
      request.origin != absl::StrCat("http://", request.host) &&
      request.origin != absl::StrCat("https://", request.host)) {
    response = Error(403, "refused: the request comes from another site");
    return true;
  }
  return false;
}

Response Routes::Respond(const Request& request) {
  if (std::optional<Response> page = DashboardPage(request)) {
    return *std::move(page);
  }
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  const RouteRow* row = nullptr;
  std::string argument;
  std::set<std::string> allowed;
  for (const RouteRow& one : Rows()) {
    std::optional<std::string> taken = MatchPath(one.path, request.path);
    if (!taken.has_value()) continue;
    allowed.insert(one.method);
    if (method != one.method) continue;
    row = &one;
    argument = *std::move(taken);
  }
  Response response;
  const Token* token = TokenOf(request);
  if (Refuses(request, row, token, response)) return response;
  if (allowed.empty()) {
    return Error(404,
                 absl::StrCat("no such path: ", Printable(request.path, 256)));
  }
  if (row == nullptr) {
    response =
        Error(405, absl::StrCat("only ", absl::StrJoin(allowed, ", "),
                                " here, not ", Printable(request.method, 16)));
    response.allow = absl::StrJoin(allowed, ", ");
    return response;
  }
  Call call{.request = request,
            .argument = std::move(argument),
            .caller = token == nullptr ? "admin" : Printable(token->name),
            .query = Query(request.query, row->parameters)};
  if (!call.query.status().ok()) return Error(call.query.status());
  response = (this->*row->respond)(call);
  // Of who uses the gateway: nothing for a cache on the way.
  response.headers.emplace_back("Cache-Control", "no-store");
  if (row->access == Access::kOperator) {
    Log(LogLevel::kInfo,
        absl::StrCat("admin: ", call.caller, " ", row->method, " ",
                     Printable(request.path, 256), ": ", response.status));
  }
  return response;
}

}  // namespace pinnace::admin
