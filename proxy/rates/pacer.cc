#include "proxy/rates/pacer.h"

#include <algorithm>

namespace pinnace::rates {

Pacer::Pacer(const Buckets& buckets) {
  shares_.reserve(buckets.size());
  for (const std::shared_ptr<RateBucket>& bucket : buckets) {
    shares_.push_back({.bucket = bucket});
  }
}

Pacer::~Pacer() {
  for (const Share& share : shares_) {
    if (share.taken > 0 && share.generation == share.bucket->generation()) {
      share.bucket->PutBack(share.taken);
    }
  }
}

uint64_t Pacer::Allowed(uint64_t wanted, absl::Time now) {
  ready_at_ = now;
  uint64_t allowed = wanted;
  for (Share& share : shares_) {
    if (share.taken == 0 || share.generation != share.bucket->generation()) {
      share.taken = 0;
      share.generation = share.bucket->generation();
      if (!share.bucket->is_limited()) continue;
      share.taken = share.bucket->Piece();
      share.ready_at = share.bucket->Take(share.taken, now);
    }
    ready_at_ = std::max(ready_at_, share.ready_at);
    allowed = std::min(allowed, share.taken);
  }
  return ready_at_ > now ? 0 : allowed;
}

void Pacer::Moved(uint64_t bytes) {
  for (Share& share : shares_) share.taken -= std::min(share.taken, bytes);
}

}  // namespace pinnace::rates
