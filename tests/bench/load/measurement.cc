#include "tests/bench/load/measurement.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {

void Measurement::Begin() { begun_ns_ = MonotonicNs(); }

void Measurement::Count(int64_t started_ns) {
  latencies_ns_.push_back(MonotonicNs() - started_ns);
}

void Measurement::CountError(const std::string& why) {
  if (errors_++ == 0) first_error_ = why;
}

double Measurement::PercentileUs(double part) {
  if (latencies_ns_.empty()) return 0;
  const auto place =
      static_cast<size_t>(part * static_cast<double>(latencies_ns_.size() - 1));
  std::nth_element(latencies_ns_.begin(), latencies_ns_.begin() + place,
                   latencies_ns_.end());
  return static_cast<double>(latencies_ns_[place]) / 1000;
}

std::string Measurement::ToJson(int64_t bytes) {
  const double seconds =
      static_cast<double>(MonotonicNs() - begun_ns_) / 1'000'000'000;
  return absl::StrFormat(
      "{\"units\": %d, \"bytes\": %d, \"seconds\": %.6f, \"errors\": %d, "
      "\"first_error\": \"%s\", \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"max_us\": %.1f}",
      units(), bytes, seconds, errors_, absl::CHexEscape(first_error_),
      PercentileUs(0.5), PercentileUs(0.99), PercentileUs(1));
}

}  // namespace pinnace::bench
