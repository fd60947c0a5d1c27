// So many bytes a second for all that share it, in the order in which they ask:
// who asks for equal pieces, one at a time, gets an equal share, and what one
// does not ask for the others have. Any thread, without a lock.
#ifndef PINNACE_PROXY_RATES_RATE_BUCKET_H_
#define PINNACE_PROXY_RATES_RATE_BUCKET_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::rates {

struct RateLimit {
  uint64_t bytes_per_second = 0;  // 0: no bound
  uint64_t burst_bytes = 0;       // 0: DefaultBurst()

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// A quarter of a second of the rate, at least limits::kMinRateBurst.
uint64_t DefaultBurst(uint64_t bytes_per_second);

class RateBucket {
 public:
  RateBucket() = default;
  explicit RateBucket(const RateLimit& limit) { Set(limit); }
  RateBucket(const RateBucket&) = delete;
  RateBucket& operator=(const RateBucket&) = delete;

  // At any time. Another limit than before begins with a full bucket: what was
  // taken from it, and what is waited for, is of the former one.
  void Set(const RateLimit& limit);
  // Grows with every other limit.
  uint32_t generation() const {
    return generation_.load(std::memory_order_relaxed);
  }
  // All that was taken has gone, at the rate.
  bool IsFull(absl::Time now) const {
    return paid_until_.load(std::memory_order_relaxed) <=
           absl::ToUnixNanos(now);
  }
  bool is_limited() const {
    return bytes_per_second_.load(std::memory_order_relaxed) != 0;
  }
  // What to ask for at a time: 10 ms of the rate, 1 KiB to 64 KiB.
  uint64_t Piece() const;

  // From when on they may be moved; `now` or later.
  absl::Time Take(uint64_t bytes, absl::Time now);
  // They were not needed.
  void PutBack(uint64_t bytes);

 private:
  int64_t NanosecondsOf(uint64_t bytes) const;

  std::atomic<uint64_t> bytes_per_second_{0};
  std::atomic<uint64_t> burst_bytes_{0};
  // When all that was taken will have gone at the rate: Unix nanoseconds.
  std::atomic<int64_t> paid_until_{0};
  std::atomic<uint32_t> generation_{0};
};

// Of the two directions, as clients see them.
struct TransferLimit {
  RateLimit download;
  RateLimit upload;

  friend bool operator==(const TransferLimit&, const TransferLimit&) = default;
};

struct TransferBuckets {
  RateBucket download;
  RateBucket upload;

  void Set(const TransferLimit& limit) {
    download.Set(limit.download);
    upload.Set(limit.upload);
  }
};

}  // namespace pinnace::rates

#endif  // PINNACE_PROXY_RATES_RATE_BUCKET_H_
