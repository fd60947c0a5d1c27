// Numbers to the Prometheus text format, version 0.0.4. Pure. One thread.
#ifndef PINNACE_PROXY_METRICS_EXPOSITION_H_
#define PINNACE_PROXY_METRICS_EXPOSITION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/metrics/counters.h"
#include "proxy/metrics/histograms.h"

namespace pinnace::metrics {

class Exposition {
 public:
  enum class Type : uint8_t { kCounter, kGauge, kHistogram };
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // Begins a family; `name` gets "pinnace_" in front. Its samples follow.
  void Family(absl::string_view name, Type type, absl::string_view help);
  // One sample of the family begun last.
  void Sample(const Labels& labels, int64_t value);
  // A family of one sample without labels.
  void Gauge(absl::string_view name, absl::string_view help, int64_t value);
  void Counter(absl::string_view name, absl::string_view help, int64_t value);
  void AddCounters(const CounterValues& values);
  void AddHistograms(const HistogramValues& values);

  static absl::string_view NameOf(Type type);  // "counter"

  std::string TakeText() { return std::move(text_); }

 private:
  std::string family_;
  std::string text_;
};

}  // namespace pinnace::metrics

#endif  // PINNACE_PROXY_METRICS_EXPOSITION_H_
