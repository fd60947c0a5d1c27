#include "proxy/metrics/histograms.h"

#include <algorithm>
#include <iterator>

namespace pinnace::metrics {
namespace {

constexpr double kSeconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                               0.1,    0.25,  0.5,    1,     2.5,  5,     10};
constexpr double kLongSeconds[] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5,  1,
                                   5,     10,    30,   60,   300, 1800, 7200};
constexpr double kKi = 1024, kMi = kKi * kKi, kGi = kKi * kMi;
constexpr double kBytes[] = {0,         kKi, 4 * kKi, 16 * kKi, 64 * kKi,
                             256 * kKi, kMi, 4 * kMi, 16 * kMi, 64 * kMi,
                             256 * kMi, kGi, 4 * kGi, 16 * kGi, 64 * kGi};
constexpr double kRates[] = {kKi,       4 * kKi,   16 * kKi, 64 * kKi,
                             256 * kKi, kMi,       4 * kMi,  16 * kMi,
                             64 * kMi,  256 * kMi, kGi,      4 * kGi};
static_assert(std::size(kSeconds) <= kMaxBounds);
static_assert(std::size(kLongSeconds) <= kMaxBounds);
static_assert(std::size(kBytes) <= kMaxBounds);
static_assert(std::size(kRates) <= kMaxBounds);

constexpr HistogramRow kRows[] = {
    {Histogram::kLogin, "login_seconds",
     "From a client's USER to the 230, of logins that a backend accepted.",
     kSeconds},
    {Histogram::kFirstByte, "first_byte_seconds",
     "From a transfer command to its first byte of data.", kSeconds},
    {Histogram::kTransferBytes, "transfer_bytes",
     "Data bytes of a transfer that has ended.", kBytes},
    {Histogram::kTransferSeconds, "transfer_seconds",
     "From a transfer command to its final reply.", kLongSeconds},
    {Histogram::kTransferRate, "transfer_rate_bytes_per_second",
     "Bytes a second of a transfer that has ended and moved any.", kRates},
    {Histogram::kLeaseWait, "lease_wait_seconds",
     "What a session waited for a public port; 0 where it had one at once.",
     kSeconds},
    {Histogram::kBackendConnect, "backend_connect_seconds",
     "What connecting to a backend took, of connects that came about.",
     kSeconds},
};
static_assert(std::size(kRows) == static_cast<size_t>(Histogram::kCount));

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<size_t>(kRows[i].histogram) != i) return false;
  }
  return true;
}
static_assert(InOrder());

// One writer: no locked instruction is needed.
template <typename T>
void AddOwn(std::atomic<T>& cell, T more) {
  cell.store(cell.load(std::memory_order_relaxed) + more,
             std::memory_order_relaxed);
}

}  // namespace

absl::Span<const HistogramRow> HistogramRows() { return kRows; }

void Histograms::Add(Histogram histogram, double value) {
  const auto index = static_cast<size_t>(histogram);
  const absl::Span<const double> bounds = kRows[index].bounds;
  const auto bucket = static_cast<size_t>(
      std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
  AddOwn(cells_[index].counts[bucket], int64_t{1});
  AddOwn(cells_[index].sum, value);
}

void Histograms::AddTo(HistogramValues& sum) const {
  for (size_t i = 0; i < cells_.size(); ++i) {
    for (size_t j = 0; j < cells_[i].counts.size(); ++j) {
      sum[i].counts[j] += cells_[i].counts[j].load(std::memory_order_relaxed);
    }
    sum[i].sum += cells_[i].sum.load(std::memory_order_relaxed);
  }
}

}  // namespace pinnace::metrics
