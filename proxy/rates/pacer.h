// When one transfer may move how much, by every limit that it is under. One
// thread; its buckets are shared.
#ifndef PINNACE_PROXY_RATES_PACER_H_
#define PINNACE_PROXY_RATES_PACER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::rates {

class Pacer {
 public:
  using Buckets = std::vector<std::shared_ptr<RateBucket>>;

  // None of them is null; a limit of one may come and go at any time.
  explicit Pacer(const Buckets& buckets);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  // Bytes that may be moved now, at most `wanted`. 0: none before ready_at().
  uint64_t Allowed(uint64_t wanted, absl::Time now);
  // Worth asking again before: a limit may change, see limits::kRateLook.
  absl::Time ready_at() const { return ready_at_; }
  // Of what was allowed.
  void Moved(uint64_t bytes);

 private:
  // Of each bucket a piece of its own size: its users then share it evenly,
  // whatever other limits some of them are under.
  struct Share {
    std::shared_ptr<RateBucket> bucket;
    uint64_t taken = 0;  // and not moved yet
    absl::Time ready_at = absl::InfinitePast();
    uint32_t generation = 0;  // of the bucket, when it was taken
  };

  std::vector<Share> shares_;
  absl::Time ready_at_ = absl::InfinitePast();
};

}  // namespace pinnace::rates

#endif  // PINNACE_PROXY_RATES_PACER_H_
