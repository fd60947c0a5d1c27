#include "proxy/admin/routes.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "protos/pinnace/v1/sessions.pb.h"
#include "proxy/admin/dashboard_page.h"
#include "proxy/base/printable.h"
#include "proxy/base/steady_clock.h"
#include "proxy/control/gateway_facts.h"
#include "proxy/fleet/balancer.h"
#include "proxy/metrics/exposition.h"
#include "proxy/snapshot/ban_message.h"

namespace pinnace::admin {
namespace {

using metrics::Exposition;

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for an Any of an unknown type: we have none.
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? absl::StrCat(json, "\n") : "{}\n";
}

Response Error(int status, absl::string_view message) {
  google::protobuf::Struct error;
  (*error.mutable_fields())["error"].set_string_value(std::string(message));
  return {.status = status, .body = Json(error)};
}

Response Done() { return {.body = "{}\n"}; }

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

void AddBackends(const snapshot::Snapshot& snapshot, absl::Time now,
                 Exposition& out) {
  const auto family = [&](absl::string_view name, Exposition::Type type,
                          absl::string_view help, auto value_of) {
    out.Family(name, type, help);
    for (const fleet::Farm& farm : snapshot.fleet.farms) {
      for (const fleet::Backend& backend : farm.backends) {
        out.Sample({{"farm", farm.name}, {"backend", backend.id}},
                   value_of(backend));
      }
    }
  };
  constexpr auto kGauge = Exposition::Type::kGauge;
  constexpr auto kCounter = Exposition::Type::kCounter;
  family("backend_sessions", kGauge, "Sessions on the backend now.",
         [](const auto& b) { return b.status->sessions.load(); });
  family("backend_usable", kGauge,
         "1 when the backend may take a new session: up, healthy and not "
         "ejected.",
         [now](const auto& b) -> int64_t { return fleet::IsUsable(b, now); });
  family("backend_healthy", kGauge,
         "What the probes say: 1 healthy, 0 not, -1 not probed yet.",
         [](const auto& b) -> int64_t {
           switch (b.status->health()) {
             case fleet::Health::kUnknown:
               return -1;
             case fleet::Health::kHealthy:
               return 1;
             case fleet::Health::kUnhealthy:
               return 0;
           }
           return -1;
         });
  family("backend_draining", kGauge, "1 while the backend is drained.",
         [](const auto& b) -> int64_t {
           return b.state == fleet::AdminState::kDraining;
         });
  family("backend_sessions_total", kCounter, "Sessions the backend was given.",
         [](const auto& b) { return b.status->sessions_total.load(); });
  family("backend_transfers_total", kCounter, "Transfers with the backend.",
         [](const auto& b) { return b.status->transfers_total.load(); });
  family("backend_connect_failures_by_backend_total", kCounter,
         "Connects to the backend that failed, and 421s at login.",
         [](const auto& b) { return b.status->connect_failures.load(); });
  family("backend_data_failures_by_backend_total", kCounter,
         "Data connections to the backend that failed.",
         [](const auto& b) { return b.status->data_failures.load(); });
  family("backend_ejections_total", kCounter,
         "Times the backend was left out for failing sessions.",
         [](const auto& b) { return b.status->ejections_total.load(); });
  family("backend_ejected", kGauge, "1 while the backend is left out.",
         [now](const auto& b) -> int64_t { return b.status->IsEjected(now); });
  family("backend_max_sessions", kGauge,
         "Sessions the backend may have from this gateway; 0: no bound.",
         [](const auto& b) -> int64_t { return b.max_sessions; });
}

}  // namespace

struct Routes::Row {
  const char* method;
  // A path; one that ends with '/' takes the rest as its argument.
  const char* path;
  Response (Routes::*respond)(absl::string_view rest);
  const char* help;
};

const Routes::Row Routes::kRows[] = {
    {"GET", "/api", &Routes::Index, "this page; the dashboard is at /"},
    {"GET", "/healthz", &Routes::Healthz, "200 while the process runs"},
    {"GET", "/readyz", &Routes::Readyz,
     "200 when new clients are welcome, else 503 and why"},
    {"GET", "/metrics", &Routes::Metrics, "Prometheus text"},
    {"GET", "/api/v1/sessions", &Routes::Sessions, "sessions now"},
    {"DELETE", "/api/v1/sessions/", &Routes::KillSession,
     "ID: ends a session with 421"},
    {"GET", "/api/v1/backends", &Routes::Backends,
     "backends and what this gateway sees of them"},
    {"GET", "/api/v1/farms", &Routes::Farms, "farms and their settings"},
    {"GET", "/api/v1/routes", &Routes::RoutesNow,
     "which sessions go to which farm"},
    {"GET", "/api/v1/pins", &Routes::Pins,
     "which client stays on which backend"},
    {"DELETE", "/api/v1/pins/", &Routes::DeletePin,
     "FARM/CLIENT: forgets a pin"},
    {"GET", "/api/v1/bans", &Routes::Bans, "who is refused, and until when"},
    {"DELETE", "/api/v1/bans/", &Routes::LiftBan,
     "KEY: lifts a ban, on the other gateways too"},
    {"GET", "/api/v1/ports", &Routes::Ports, "public ports and their leases"},
    {"GET", "/api/v1/config", &Routes::Config, "the configuration as read"},
    {"POST", "/api/v1/drain", &Routes::Drain,
     "as SIGTERM: not ready from now on; after timeouts.drain_notice no new "
     "sessions; running ones have timeouts.drain, then the process ends"},
};

bool Routes::Refuses(const Request& request, Response& response) const {
  const bool probe = request.path == "/healthz" || request.path == "/readyz";
  if (!probe && !options_.token.empty() &&
      !SameSecret(request.authorization,
                  absl::StrCat("Bearer ", options_.token))) {
    response = Error(401, "a token is needed: Authorization: Bearer TOKEN");
    return true;
  }
  // A page of another site must not drain us through an operator's browser.
  if (request.method != "GET" && !request.origin.empty() &&
      request.origin != absl::StrCat("http://", request.host)) {
    response = Error(403, "refused: the request comes from another site");
    return true;
  }
  return false;
}

Response Routes::Respond(const Request& request) {
  if (std::optional<Response> page = DashboardPage(request)) {
    return *std::move(page);
  }
  Response response;
  if (Refuses(request, response)) return response;
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::set<std::string> allowed;
  for (const Row& row : kRows) {
    const absl::string_view path = row.path;
    absl::string_view rest = request.path;
    const bool takes_rest = path.size() > 1 && path.back() == '/';
    const bool matches = takes_rest
                             ? absl::ConsumePrefix(&rest, path) && !rest.empty()
                             : rest == path;
    if (!matches) continue;
    if (method == row.method) return (this->*row.respond)(rest);
    allowed.insert(row.method);
  }
  if (allowed.empty()) {
    return Error(404,
                 absl::StrCat("no such path: ", Printable(request.path, 256)));
  }
  response =
      Error(405, absl::StrCat("only ", absl::StrJoin(allowed, ", "),
                              " here, not ", Printable(request.method, 16)));
  response.allow = absl::StrJoin(allowed, ", ");
  return response;
}

Response Routes::Index(absl::string_view) {
  std::string page =
      "<!doctype html><meta charset=utf-8><title>Pinnace</title>\n"
      "<h1>Pinnace</h1>\n<table>\n";
  for (const Row& row : kRows) {
    const bool link = absl::string_view(row.method) == "GET";
    absl::StrAppend(&page, "<tr><td>", row.method, "<td>",
                    link ? absl::StrCat("<a href=\"", row.path, "\">") : "",
                    row.path, link ? "</a>" : "", "<td>", row.help, "\n");
  }
  page += "</table>\n";
  return {.type = "text/html; charset=utf-8", .body = std::move(page)};
}

Response Routes::Healthz(absl::string_view) {
  return {.type = "text/plain", .body = "ok\n"};
}

Response Routes::Readyz(absl::string_view) {
  const std::string why = control::WhyNotReady(gateway_, SteadyNow());
  if (why.empty()) return {.type = "text/plain", .body = "ready\n"};
  return {.status = 503,
          .type = "text/plain",
          .body = absl::StrCat("not ready: ", why, "\n")};
}

Response Routes::Metrics(absl::string_view) {
  Exposition out;
  const absl::Time now = SteadyNow();
  out.Family("build_info", Exposition::Type::kGauge, "The program's version.");
  out.Sample({{"version", options_.program_version}}, 1);
  out.Gauge("ready", "1 when new clients are welcome.",
            control::WhyNotReady(gateway_, now).empty());
  out.Gauge("draining", "1 while the gateway drains.", gateway_.draining());
  out.Gauge("sessions", "Sessions now.",
            static_cast<int64_t>(gateway_.Sessions().size()));
  const gateway::PinFacts pins = gateway_.PinCounts();
  out.Gauge("pins", "Pins now, those that have run out unseen included.",
            pins.pins);
  out.Counter("pins_evicted_total",
              "Pins dropped because there were as many as there may be.",
              pins.evictions_total);
  guard::Guard& guard = gateway_.guard();
  out.Gauge("bans", "Bans now, those that have run out unseen included.",
            static_cast<int64_t>(guard.bans().size()));
  out.Counter("bans_evicted_total",
              "Bans dropped because there were as many as there may be.",
              guard.bans().evictions());
  out.Counter("clients_forgotten_total",
              "Clients no longer counted because there were as many as there "
              "may be.",
              guard.forgotten());
  const ports::LeaseTable::Facts ports = gateway_.Ports();
  out.Gauge("public_ports", "Size of the public port pool.", ports.ports);
  out.Gauge("leases_pending", "Leases that wait for their data connection.",
            ports.pending);
  out.Gauge("leases_waiting", "Sessions that wait for a lease.", ports.waiting);
  out.Counter("leases_granted_total", "Leases given.", ports.granted_total);
  out.Counter("leases_claimed_total", "Leases that met their connection.",
              ports.claimed_total);
  out.Counter("leases_waited_total", "Leases that had to be waited for.",
              ports.waited_total);
  out.Counter("leases_refused_total", "Leases refused: pool and line full.",
              ports.refused_total);
  out.Counter("leases_refused_address_total",
              "Leases refused: too many pending of the client's address.",
              ports.too_many_total);
  out.Counter("data_strangers_total",
              "Data connections reset because no lease matched.",
              ports.strangers_total);
  if (const snapshot::SnapshotPtr snapshot = gateway_.snapshot()) {
    out.Gauge("snapshot_version", "Version of the snapshot served from.",
              static_cast<int64_t>(snapshot->version));
    AddBackends(*snapshot, now, out);
  }
  out.AddCounters(gateway_.Counters());
  return {.type = "text/plain; version=0.0.4; charset=utf-8",
          .body = out.TakeText()};
}

Response Routes::Sessions(absl::string_view) {
  v1::ListSessionsResponse list;
  for (const session::SessionFacts& facts : gateway_.Sessions()) {
    *list.add_sessions() = control::SessionMessage(facts);
  }
  return {.body = Json(list)};
}

Response Routes::KillSession(absl::string_view id) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(id, &number)) {
    return Error(400, absl::StrCat("not a session id: ", Printable(id, 64)));
  }
  if (!gateway_.KillSession(number)) {
    return Error(404, absl::StrCat("no session ", number));
  }
  return Done();
}

Response Routes::Backends(absl::string_view) {
  v1::ListBackendsResponse list;
  const absl::Time now = SteadyNow();
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return {.body = Json(list)};
  for (const fleet::Farm& farm : snapshot->fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      v1::BackendRecord* record = list.add_backends();
      record->set_farm(farm.name);
      *record->mutable_backend() = control::BackendMessage(backend);
      *record->mutable_load() = control::BackendLoadMessage(backend, now);
    }
  }
  return {.body = Json(list)};
}

Response Routes::Farms(absl::string_view) {
  v1::ListFarmsResponse list;
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return {.body = Json(list)};
  for (const fleet::Farm& farm : snapshot->fleet.farms) {
    v1::FarmRecord* record = list.add_farms();
    *record->mutable_farm() = control::FarmMessage(farm);
    record->set_backends(static_cast<uint32_t>(farm.backends.size()));
  }
  return {.body = Json(list)};
}

Response Routes::RoutesNow(absl::string_view) {
  v1::ListRoutesResponse list;
  const snapshot::SnapshotPtr snapshot = gateway_.snapshot();
  if (snapshot == nullptr) return {.body = Json(list)};
  for (const policy::Route& route : snapshot->routes.routes()) {
    *list.add_routes()->mutable_route() = control::RouteMessage(route);
  }
  return {.body = Json(list)};
}

Response Routes::Pins(absl::string_view) {
  v1::ListPinsResponse list;
  for (const fleet::PinTable::Pin& pin : gateway_.Pins()) {
    *list.add_pins() = control::PinMessage(pin);
  }
  return {.body = Json(list)};
}

Response Routes::DeletePin(absl::string_view key) {
  if (gateway_.DeletePin(key)) return Done();
  return Error(404, absl::StrCat("no pin ", Printable(key, 256)));
}

Response Routes::Bans(absl::string_view) {
  std::vector<guard::Ban> bans = gateway_.guard().bans().List(SteadyNow());
  v1::ListBansResponse list;
  for (const guard::Ban& ban : bans) {
    *list.add_bans() = snapshot::BanMessage(ban);
  }
  std::sort(
      list.mutable_bans()->begin(), list.mutable_bans()->end(),
      [](const v1::Ban& a, const v1::Ban& b) { return a.key() < b.key(); });
  return {.body = Json(list)};
}

Response Routes::LiftBan(absl::string_view key) {
  if (gateway_.guard().bans().Lift(key, SteadyNow())) return Done();
  return Error(404, absl::StrCat("no ban ", Printable(key, 256)));
}

Response Routes::Ports(absl::string_view) {
  v1::ListPortsResponse list;
  *list.add_gateways() = control::PortUseMessage(gateway_.Ports());
  return {.body = Json(list)};
}

Response Routes::Config(absl::string_view) {
  return {.body = Json(options_.config)};
}

Response Routes::Drain(absl::string_view) {
  if (gateway_.draining()) return Done();
  gateway_.StartDrain();
  options_.on_drain();
  return Done();
}

}  // namespace pinnace::admin
