#include "proxy/rates/rate_bucket.h"

#include <algorithm>

#include "proxy/base/limits.h"

namespace pinnace::rates {
namespace {

constexpr uint64_t kLeastPiece = 1024;
constexpr uint64_t kMostPiece = 64 * 1024;
constexpr double kNanosecondsPerSecond = 1e9;

}  // namespace

uint64_t DefaultBurst(uint64_t bytes_per_second) {
  return std::max<uint64_t>(
      static_cast<uint64_t>(static_cast<double>(bytes_per_second) *
                            absl::ToDoubleSeconds(limits::kRateBurst)),
      limits::kMinRateBurst);
}

void RateBucket::Set(const RateLimit& limit) {
  const uint64_t burst = limit.burst_bytes != 0
                             ? limit.burst_bytes
                             : DefaultBurst(limit.bytes_per_second);
  const uint64_t former_burst =
      burst_bytes_.exchange(burst, std::memory_order_relaxed);
  const uint64_t former_rate = bytes_per_second_.exchange(
      limit.bytes_per_second, std::memory_order_relaxed);
  if (former_burst == burst && former_rate == limit.bytes_per_second) return;
  paid_until_.store(0, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_relaxed);
}

uint64_t RateBucket::Piece() const {
  const uint64_t rate = bytes_per_second_.load(std::memory_order_relaxed);
  if (rate == 0) return kMostPiece;
  const auto piece = static_cast<uint64_t>(
      static_cast<double>(rate) * absl::ToDoubleSeconds(limits::kRateTurn));
  return std::clamp(piece, kLeastPiece, kMostPiece);
}

int64_t RateBucket::NanosecondsOf(uint64_t bytes) const {
  const uint64_t rate = bytes_per_second_.load(std::memory_order_relaxed);
  if (rate == 0) return 0;
  return static_cast<int64_t>(static_cast<double>(bytes) *
                              kNanosecondsPerSecond /
                              static_cast<double>(rate));
}

absl::Time RateBucket::Take(uint64_t bytes, absl::Time now) {
  if (!is_limited()) return now;
  const int64_t cost = NanosecondsOf(bytes);
  const int64_t at = absl::ToUnixNanos(now);
  int64_t paid = paid_until_.load(std::memory_order_relaxed);
  int64_t begin;
  do {
    begin = std::max(paid, at);
  } while (!paid_until_.compare_exchange_weak(paid, begin + cost,
                                              std::memory_order_relaxed));
  // As much as a burst may go before its time, this piece with it.
  const int64_t ahead =
      NanosecondsOf(burst_bytes_.load(std::memory_order_relaxed));
  return absl::FromUnixNanos(std::max(at, begin + cost - ahead));
}

void RateBucket::PutBack(uint64_t bytes) {
  paid_until_.fetch_sub(NanosecondsOf(bytes), std::memory_order_relaxed);
}

}  // namespace pinnace::rates
