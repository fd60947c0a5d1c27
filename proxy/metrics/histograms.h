// How numbers are spread, one set per worker: the worker adds, anybody may
// read. Bounds are fixed and grow by steady factors. Any thread.
#ifndef PINNACE_PROXY_METRICS_HISTOGRAMS_H_
#define PINNACE_PROXY_METRICS_HISTOGRAMS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace pinnace::metrics {

enum class Histogram : uint8_t {
  kLogin,            // USER to 230
  kFirstByte,        // transfer command to the first byte
  kTransferBytes,    // as the following: of transfers that have ended
  kTransferSeconds,  // transfer command to final reply
  kTransferRate,     // of those that moved anything
  kLeaseWait,
  kBackendConnect,
  kCount,
};

struct HistogramRow {
  Histogram histogram;
  const char* name;  // as exposed, without the "pinnace_" in front
  const char* help;
  absl::Span<const double> bounds;  // upper ones, inclusive, without +Inf
};
// One row per histogram, in order.
absl::Span<const HistogramRow> HistogramRows();

inline constexpr size_t kMaxBounds = 20;

struct HistogramValue {
  // Of each bucket by itself; the one behind the last bound is +Inf's.
  std::array<int64_t, kMaxBounds + 1> counts = {};
  double sum = 0;

  int64_t count() const {
    int64_t total = 0;
    for (const int64_t one : counts) total += one;
    return total;
  }
};
using HistogramValues =
    std::array<HistogramValue, static_cast<size_t>(Histogram::kCount)>;

class Histograms {
 public:
  void Add(Histogram histogram, double value);
  void Add(Histogram histogram, absl::Duration value) {
    Add(histogram, absl::ToDoubleSeconds(value));
  }
  void AddTo(HistogramValues& sum) const;

 private:
  struct Cells {
    std::array<std::atomic<int64_t>, kMaxBounds + 1> counts = {};
    std::atomic<double> sum{0};
  };
  std::array<Cells, static_cast<size_t>(Histogram::kCount)> cells_;
};

}  // namespace pinnace::metrics

#endif  // PINNACE_PROXY_METRICS_HISTOGRAMS_H_
