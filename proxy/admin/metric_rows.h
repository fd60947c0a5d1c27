// Every number that the gateway shows but for the workers' own counters and
// histograms: a row of a table each, for /metrics, /api/v1/stats and the
// reference. Any thread.
#ifndef PINNACE_PROXY_ADMIN_METRIC_ROWS_H_
#define PINNACE_PROXY_ADMIN_METRIC_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "protos/pinnace/v1/admin.pb.h"
#include "proxy/gateway/gateway_view.h"
#include "proxy/metrics/exposition.h"

namespace pinnace::admin {

// What a row is computed from: looked at once for all of them.
struct MetricInputs {
  gateway::GatewayView& gateway;
  absl::Time now;
  const std::string& program_version;
  int64_t event_streams = 0;
  int64_t event_streams_refused = 0;
  snapshot::SnapshotPtr snapshot = gateway.snapshot();
  ports::LeaseTable::Facts ports = gateway.Ports();
  gateway::PinFacts pins = gateway.PinCounts();
};

// Values of the row's labels, and the number.
using AddSample =
    absl::FunctionRef<void(std::vector<std::string> labels, int64_t value)>;

struct MetricRow {
  const char* name;  // as exposed, without the "pinnace_" in front
  metrics::Exposition::Type type;
  std::vector<const char*> labels;
  const char* help;
  void (*add)(const MetricInputs& inputs, AddSample add);
};
absl::Span<const MetricRow> MetricRows();

// Prometheus text.
std::string MetricsText(const MetricInputs& inputs);
v1::Stats StatsOf(const MetricInputs& inputs);

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_METRIC_ROWS_H_
