#include "proxy/admin/metric_rows.h"

#include <utility>

#include "proxy/control/gateway_facts.h"
#include "proxy/fleet/balancer.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::admin {
namespace {

using metrics::Exposition;
using Inputs = MetricInputs;

constexpr auto kGauge = Exposition::Type::kGauge;
constexpr auto kCounter = Exposition::Type::kCounter;

// One number without labels.
template <auto value>
void One(const Inputs& inputs, AddSample add) {
  add({}, static_cast<int64_t>(value(inputs)));
}

// One for each backend, with labels farm and backend.
template <auto value>
void PerBackend(const Inputs& inputs, AddSample add) {
  if (inputs.snapshot == nullptr) return;
  for (const fleet::Farm& farm : inputs.snapshot->fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      add({farm.name, backend.id},
          static_cast<int64_t>(value(backend, inputs.now)));
    }
  }
}

void FarmSessions(const Inputs& inputs, AddSample add) {
  if (inputs.snapshot == nullptr) return;
  for (const fleet::Farm& farm : inputs.snapshot->fleet.farms) {
    int64_t sessions = 0;
    for (const fleet::Backend& backend : farm.backends) {
      sessions += backend.status->sessions.load(std::memory_order_relaxed);
    }
    add({farm.name}, sessions);
  }
}

int64_t HealthNumber(const fleet::Backend& backend, absl::Time) {
  switch (backend.status->health()) {
    case fleet::Health::kUnknown:
      return -1;
    case fleet::Health::kHealthy:
      return 1;
    case fleet::Health::kUnhealthy:
      return 0;
  }
  return -1;
}

using fleet::Backend;

const std::vector<MetricRow>& Rows() {
  static const auto& rows = *new std::vector<MetricRow>{
      {"build_info",
       kGauge,
       {"version"},
       "The program's version.",
       [](const Inputs& in, AddSample add) { add({in.program_version}, 1); }},
      {"ready",
       kGauge,
       {},
       "1 when new clients are welcome.",
       &One<[](const Inputs& in) {
         return control::WhyNotReady(in.gateway, in.now).empty();
       }>},
      {"draining",
       kGauge,
       {},
       "1 while the gateway drains.",
       &One<[](const Inputs& in) { return in.gateway.draining(); }>},
      {"sessions",
       kGauge,
       {},
       "Sessions now.",
       &One<[](const Inputs& in) { return in.gateway.SessionCount(); }>},
      {"farm_sessions",
       kGauge,
       {"farm"},
       "Sessions now that have a backend of the farm.",
       &FarmSessions},
      {"pins",
       kGauge,
       {},
       "Pins now, those that have run out unseen included.",
       &One<[](const Inputs& in) { return in.pins.pins; }>},
      {"pins_evicted_total",
       kCounter,
       {},
       "Pins dropped because there were as many as there may be.",
       &One<[](const Inputs& in) { return in.pins.evictions_total; }>},
      {"bans",
       kGauge,
       {},
       "Bans now, those that have run out unseen included.",
       &One<[](const Inputs& in) { return in.gateway.guard().bans().size(); }>},
      {"bans_evicted_total",
       kCounter,
       {},
       "Bans dropped because there were as many as there may be.",
       &One<[](const Inputs& in) {
         return in.gateway.guard().bans().evictions();
       }>},
      {"clients_forgotten_total",
       kCounter,
       {},
       "Clients no longer counted because there were as many as there may be.",
       &One<[](const Inputs& in) { return in.gateway.guard().forgotten(); }>},
      {"public_ports",
       kGauge,
       {},
       "Size of the public port pool.",
       &One<[](const Inputs& in) { return in.ports.ports; }>},
      {"leases_pending",
       kGauge,
       {},
       "Leases that wait for their data connection.",
       &One<[](const Inputs& in) { return in.ports.pending; }>},
      {"leases_waiting",
       kGauge,
       {},
       "Sessions that wait for a lease.",
       &One<[](const Inputs& in) { return in.ports.waiting; }>},
      {"leases_granted_total",
       kCounter,
       {},
       "Leases given.",
       &One<[](const Inputs& in) { return in.ports.granted_total; }>},
      {"leases_claimed_total",
       kCounter,
       {},
       "Leases that met their connection.",
       &One<[](const Inputs& in) { return in.ports.claimed_total; }>},
      {"leases_waited_total",
       kCounter,
       {},
       "Leases that had to be waited for.",
       &One<[](const Inputs& in) { return in.ports.waited_total; }>},
      {"leases_refused_total",
       kCounter,
       {},
       "Leases refused: pool and line full.",
       &One<[](const Inputs& in) { return in.ports.refused_total; }>},
      {"leases_refused_address_total",
       kCounter,
       {},
       "Leases refused: too many pending of the client's address.",
       &One<[](const Inputs& in) { return in.ports.too_many_total; }>},
      {"data_strangers_total",
       kCounter,
       {},
       "Data connections reset because no lease matched.",
       &One<[](const Inputs& in) { return in.ports.strangers_total; }>},
      {"data_strangers_ambiguous_total",
       kCounter,
       {},
       "Of them, those of a peer (FXP) that several leases would have taken.",
       &One<[](const Inputs& in) { return in.ports.ambiguous_total; }>},
      {"events_total",
       kCounter,
       {},
       "Events so far, as /api/v1/events counts.",
       &One<[](const Inputs& in) { return in.gateway.events().last(); }>},
      {"events_evicted_total",
       kCounter,
       {},
       "Events that made room for later ones.",
       &One<[](const Inputs& in) { return in.gateway.events().evictions(); }>},
      {"event_streams",
       kGauge,
       {},
       "Readers of /api/v1/events now.",
       &One<[](const Inputs& in) { return in.event_streams; }>},
      {"event_streams_refused_total",
       kCounter,
       {},
       "Readers of /api/v1/events that were one too many.",
       &One<[](const Inputs& in) { return in.event_streams_refused; }>},
      {"snapshot_version",
       kGauge,
       {},
       "Version of the snapshot served from.",
       [](const Inputs& in, AddSample add) {
         if (in.snapshot == nullptr) return;
         add({}, static_cast<int64_t>(in.snapshot->version));
       }},
      {"backend_sessions",
       kGauge,
       {"farm", "backend"},
       "Sessions on the backend now.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->sessions.load();
       }>},
      {"backend_usable",
       kGauge,
       {"farm", "backend"},
       "1 when the backend may take a new session: up, healthy and not "
       "ejected.",
       &PerBackend<[](const Backend& b, absl::Time now) {
         return fleet::IsUsable(b, now);
       }>},
      {"backend_healthy",
       kGauge,
       {"farm", "backend"},
       "What the probes say: 1 healthy, 0 not, -1 not probed yet.",
       &PerBackend<&HealthNumber>},
      {"backend_draining",
       kGauge,
       {"farm", "backend"},
       "1 while the backend is drained.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.state == fleet::AdminState::kDraining;
       }>},
      {"backend_sessions_total",
       kCounter,
       {"farm", "backend"},
       "Sessions the backend was given.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->sessions_total.load();
       }>},
      {"backend_transfers_total",
       kCounter,
       {"farm", "backend"},
       "Transfers with the backend.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->transfers_total.load();
       }>},
      {"backend_bytes_to_clients_total",
       kCounter,
       {"farm", "backend"},
       "Data bytes from the backend to clients, of running transfers up to a "
       "second ago.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->bytes_to_clients.load();
       }>},
      {"backend_bytes_from_clients_total",
       kCounter,
       {"farm", "backend"},
       "Data bytes from clients to the backend, of running transfers up to a "
       "second ago.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->bytes_from_clients.load();
       }>},
      {"backend_connect_failures_by_backend_total",
       kCounter,
       {"farm", "backend"},
       "Connects to the backend that failed, and 421s at login.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->connect_failures.load();
       }>},
      {"backend_data_failures_by_backend_total",
       kCounter,
       {"farm", "backend"},
       "Data connections to the backend that failed.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->data_failures.load();
       }>},
      {"backend_ejections_total",
       kCounter,
       {"farm", "backend"},
       "Times the backend was left out for failing sessions.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.status->ejections_total.load();
       }>},
      {"backend_ejected",
       kGauge,
       {"farm", "backend"},
       "1 while the backend is left out.",
       &PerBackend<[](const Backend& b, absl::Time now) {
         return b.status->IsEjected(now);
       }>},
      {"backend_max_sessions",
       kGauge,
       {"farm", "backend"},
       "Sessions the backend may have from this gateway; 0: no bound.",
       &PerBackend<[](const Backend& b, absl::Time) {
         return b.max_sessions;
       }>},
  };
  return rows;
}

}  // namespace

absl::Span<const MetricRow> MetricRows() { return Rows(); }

std::string MetricsText(const MetricInputs& inputs) {
  Exposition out;
  for (const MetricRow& row : Rows()) {
    out.Family(row.name, row.type, row.help);
    row.add(inputs, [&](std::vector<std::string> values, int64_t number) {
      Exposition::Labels labels;
      for (size_t i = 0; i < values.size(); ++i) {
        labels.emplace_back(row.labels[i], std::move(values[i]));
      }
      out.Sample(labels, number);
    });
  }
  out.AddCounters(inputs.gateway.Counters());
  out.AddHistograms(inputs.gateway.Histograms());
  return out.TakeText();
}

v1::Stats StatsOf(const MetricInputs& inputs) {
  v1::Stats stats;
  *stats.mutable_time() = snapshot::TimestampMessage(inputs.now);
  for (const MetricRow& row : Rows()) {
    if (!row.labels.empty()) continue;
    auto& numbers = row.type == kCounter ? *stats.mutable_counters()
                                         : *stats.mutable_gauges();
    row.add(inputs, [&](const std::vector<std::string>&, int64_t number) {
      numbers[row.name] = number;
    });
  }
  const metrics::CounterValues counters = inputs.gateway.Counters();
  for (const metrics::CounterRow& row : metrics::CounterRows()) {
    (*stats.mutable_counters())[row.name] =
        counters[static_cast<size_t>(row.counter)];
  }
  const metrics::HistogramValues histograms = inputs.gateway.Histograms();
  for (const metrics::HistogramRow& row : metrics::HistogramRows()) {
    const metrics::HistogramValue& value =
        histograms[static_cast<size_t>(row.histogram)];
    v1::Stats::Histogram& histogram = *stats.add_histograms();
    histogram.set_name(row.name);
    histogram.set_help(row.help);
    histogram.mutable_bounds()->Assign(row.bounds.begin(), row.bounds.end());
    histogram.mutable_counts()->Assign(
        value.counts.begin(), value.counts.begin() + row.bounds.size() + 1);
    histogram.set_sum(value.sum);
  }
  return stats;
}

}  // namespace pinnace::admin
