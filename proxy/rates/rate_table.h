// The buckets of rules that hold for many by themselves: of each user, of each
// session. They live as long as somebody holds them. Any thread.
#ifndef PINNACE_PROXY_RATES_RATE_TABLE_H_
#define PINNACE_PROXY_RATES_RATE_TABLE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "proxy/base/mutex.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::rates {

class RateTable {
 public:
  // `most` buckets at one time.
  explicit RateTable(size_t most) : most_(most) {}

  // Those of `who` under `rule`, at the limit of now. Null: the table is full.
  std::shared_ptr<TransferBuckets> Find(absl::string_view rule,
                                        absl::string_view who,
                                        const TransferLimit& limit);
  // What each rule says now, also for who moves data already.
  void Update(
      absl::FunctionRef<TransferLimit(absl::string_view rule)> limit_of);

  size_t size() const;

 private:
  struct Entry {
    std::string rule;
    std::weak_ptr<TransferBuckets> buckets;
  };

  void Sweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t most_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // The table is swept when it has so many.
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 64;
};

}  // namespace pinnace::rates

#endif  // PINNACE_PROXY_RATES_RATE_TABLE_H_
