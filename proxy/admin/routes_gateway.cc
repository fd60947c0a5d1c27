// The gateway as a whole: is it well, what are its numbers, what happens.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/admin/json.h"
#include "proxy/admin/log_level_names.h"
#include "proxy/admin/metric_rows.h"
#include "proxy/admin/openapi.h"
#include "proxy/admin/routes.h"
#include "proxy/base/printable.h"
#include "proxy/base/steady_clock.h"
#include "proxy/control/gateway_facts.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::admin {

Response Routes::Listing(Call&) {
  std::string page =
      "<!doctype html><meta charset=utf-8><title>Pinnace</title>\n"
      "<h1>Pinnace</h1>\n<table>\n";
  for (const RouteRow& row : Rows()) {
    const std::string path = ShownPath(row.path);
    const bool is_link = absl::string_view(row.method) == "GET" &&
                         ArgumentName(row.path).empty();
    absl::StrAppend(&page, "<tr><td>", row.method, "<td>",
                    is_link ? absl::StrCat("<a href=\"", path, "\">") : "",
                    path, is_link ? "</a>" : "", "<td>", row.help, "\n");
  }
  page += "</table>\n";
  return {.type = "text/html; charset=utf-8", .body = std::move(page)};
}

Response Routes::Healthz(Call&) {
  return {.type = "text/plain", .body = "ok\n"};
}

Response Routes::Readyz(Call&) {
  const std::string why = control::WhyNotReady(gateway_, SteadyNow());
  if (why.empty()) return {.type = "text/plain", .body = "ready\n"};
  return {.status = 503,
          .type = "text/plain",
          .body = absl::StrCat("not ready: ", why, "\n")};
}

Response Routes::Metrics(Call&) {
  return {.type = "text/plain; version=0.0.4; charset=utf-8",
          .body = MetricsText(Inputs())};
}

Response Routes::OpenApi(Call&) {
  return {.body = OpenApiText(Rows(), options_.program_version)};
}

Response Routes::Status(Call&) {
  v1::GatewayStatus status = options_.about;
  status.set_program_version(options_.program_version);
  *status.mutable_now() = snapshot::TimestampMessage(SteadyNow());
  status.set_why_not_ready(control::WhyNotReady(gateway_, SteadyNow()));
  status.set_ready(status.why_not_ready().empty());
  status.set_draining(gateway_.draining());
  if (const snapshot::SnapshotPtr snapshot = gateway_.snapshot()) {
    status.set_snapshot_version(snapshot->version);
  }
  if (options_.control_plane != nullptr) {
    *status.mutable_control_plane() = options_.control_plane();
  }
  status.set_log_level(std::string(PresentLogLevel()));
  return Answer(status);
}

Response Routes::Stats(Call&) { return Answer(StatsOf(Inputs())); }

Response Routes::Gateways(Call&) {
  if (options_.list_gateways != nullptr) {
    absl::StatusOr<v1::ListGatewaysResponse> list = options_.list_gateways();
    if (list.ok()) return Answer(*list);
  }
  v1::ListGatewaysResponse list;
  v1::Gateway& gateway = *list.add_gateways();
  const v1::GatewayStatus& about = options_.about;
  gateway.set_name(about.name());
  gateway.set_program_version(options_.program_version);
  *gateway.mutable_listeners() = about.listeners();
  *gateway.mutable_public_ports() = about.public_ports();
  *gateway.mutable_started() = about.started();
  if (const snapshot::SnapshotPtr snapshot = gateway_.snapshot()) {
    gateway.set_acked_version(snapshot->version);
  }
  gateway.set_sessions(gateway_.SessionCount());
  gateway.set_draining(gateway_.draining());
  gateway.set_zone(about.zone());
  gateway.set_pins(gateway_.PinCounts().pins);
  *gateway.mutable_ports() = control::PortUseMessage(gateway_.Ports());
  gateway.mutable_ports()->clear_by_port();
  return Answer(list);
}

Response Routes::Config(Call&) { return Answer(options_.config); }

Response Routes::Events(Call& call) {
  uint64_t after =
      call.query.Number("after", 0, UINT64_MAX, gateway_.events().last());
  if (!call.query.status().ok()) return Error(call.query.status());
  const std::string& header = call.request.last_event_id;
  // The later word: a reader that comes back repeats its first address.
  if (!header.empty() && !absl::SimpleAtoi(header, &after)) {
    return Error(400, absl::StrCat("Last-Event-ID: must be a number, not \"",
                                   Printable(header, 64), "\""));
  }
  return {.type = "text/event-stream", .body = {}, .events_after = after};
}

Response Routes::SetLogLevel(Call& call) {
  v1::SetLogLevelRequest request;
  const absl::Status parsed = FromJson(call.request.body, request);
  if (!parsed.ok()) return Error(parsed);
  const std::optional<LogLevel> level = LogLevelOf(request.level());
  if (!level.has_value()) {
    return Error(400,
                 absl::StrCat("level: must be debug, info, warning or error, "
                              "not \"",
                              Printable(request.level(), 64), "\""));
  }
  pinnace::SetLogLevel(*level);
  return Done();
}

Response Routes::Drain(Call&) {
  if (gateway_.draining()) return Done();
  gateway_.StartDrain();
  options_.on_drain();
  return Done();
}

}  // namespace pinnace::admin
