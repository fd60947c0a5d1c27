#include "proxy/rates/rate_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pinnace::rates {

std::shared_ptr<TransferBuckets> RateTable::Find(absl::string_view rule,
                                                 absl::string_view who,
                                                 const TransferLimit& limit,
                                                 absl::Time now) {
  // A rule's name has no NUL.
  const std::string key = absl::StrCat(rule, absl::string_view("\0", 1), who);
  const MutexLock lock(&mutex_);
  if (entries_.size() >= sweep_at_) Sweep(now);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= most_) return nullptr;
    found =
        entries_
            .emplace(key, Entry{.rule = std::string(rule),
                                .buckets = std::make_shared<TransferBuckets>()})
            .first;
  }
  // The caller's may be of an older snapshot.
  const auto told = limits_.find(rule);
  found->second.buckets->Set(told != limits_.end() ? told->second
                             : is_told_            ? TransferLimit()
                                                   : limit);
  return found->second.buckets;
}

void RateTable::Update(Limits limits, absl::Time now) {
  const MutexLock lock(&mutex_);
  limits_ = std::move(limits);
  is_told_ = true;
  Sweep(now);
  for (auto& [key, entry] : entries_) {
    const auto told = limits_.find(entry.rule);
    entry.buckets->Set(told == limits_.end() ? TransferLimit() : told->second);
  }
}

size_t RateTable::size() const {
  const MutexLock lock(&mutex_);
  return entries_.size();
}

void RateTable::Sweep(absl::Time now) {
  absl::erase_if(entries_, [now](const auto& entry) {
    const std::shared_ptr<TransferBuckets>& buckets = entry.second.buckets;
    return buckets.use_count() == 1 && buckets->download.IsFull(now) &&
           buckets->upload.IsFull(now);
  });
  // So that what is found costs little on the whole.
  sweep_at_ = std::min(std::max<size_t>(64, 2 * entries_.size()), most_);
}

}  // namespace pinnace::rates
