#include "proxy/rates/rate_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace pinnace::rates {

std::shared_ptr<TransferBuckets> RateTable::Find(absl::string_view rule,
                                                 absl::string_view who,
                                                 const TransferLimit& limit) {
  // A rule's name has no NUL.
  const std::string key = absl::StrCat(rule, absl::string_view("\0", 1), who);
  const MutexLock lock(&mutex_);
  if (entries_.size() >= sweep_at_) Sweep();
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= most_) return nullptr;
    found = entries_.emplace(key, Entry{.rule = std::string(rule)}).first;
  }
  std::shared_ptr<TransferBuckets> buckets = found->second.buckets.lock();
  if (buckets == nullptr) {
    buckets = std::make_shared<TransferBuckets>();
    found->second.buckets = buckets;
  }
  buckets->Set(limit);
  return buckets;
}

void RateTable::Update(
    absl::FunctionRef<TransferLimit(absl::string_view rule)> limit_of) {
  const MutexLock lock(&mutex_);
  Sweep();
  for (auto& [key, entry] : entries_) {
    const std::shared_ptr<TransferBuckets> buckets = entry.buckets.lock();
    if (buckets != nullptr) buckets->Set(limit_of(entry.rule));
  }
}

size_t RateTable::size() const {
  const MutexLock lock(&mutex_);
  return entries_.size();
}

void RateTable::Sweep() {
  absl::erase_if(entries_, [](const auto& entry) {
    return entry.second.buckets.expired();
  });
  // So that what is found costs little on the whole.
  sweep_at_ = std::min(std::max<size_t>(64, 2 * entries_.size()), most_);
}

}  // namespace pinnace::rates
