// The buckets of rules that hold for many by themselves: of each user, of each
// session. They live as long as somebody holds them, and until they are full:
// who comes again has not paid by going. Any thread.
#ifndef PINNACE_PROXY_RATES_RATE_TABLE_H_
#define PINNACE_PROXY_RATES_RATE_TABLE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/mutex.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::rates {

class RateTable {
 public:
  // `most` buckets at one time.
  explicit RateTable(size_t most) : most_(most) {}

  // Those of `who` under `rule`, at the limit that Update() has told of it
  // last, else `limit`. Null: the table is full.
  std::shared_ptr<TransferBuckets> Find(absl::string_view rule,
                                        absl::string_view who,
                                        const TransferLimit& limit,
                                        absl::Time now);
  // What every rule says now, also for who moves data already. Those that are
  // not named have no limit.
  using Limits = absl::flat_hash_map<std::string, TransferLimit>;
  void Update(Limits limits, absl::Time now);

  size_t size() const;

 private:
  struct Entry {
    std::string rule;
    std::shared_ptr<TransferBuckets> buckets;
  };

  void Sweep(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t most_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  Limits limits_ ABSL_GUARDED_BY(mutex_);
  bool is_told_ ABSL_GUARDED_BY(mutex_) = false;
  // The table is swept when it has so many.
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 64;
};

}  // namespace pinnace::rates

#endif  // PINNACE_PROXY_RATES_RATE_TABLE_H_
