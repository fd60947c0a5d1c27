#include "proxy/fleet/weighted_turn.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "proxy/base/check.h"

namespace pinnace::fleet {

WeightedTurn::WeightedTurn(absl::Span<const int> weights, uint64_t done) {
  {
    MutexLock lock(&mutex_);
    absl::flat_hash_map<int, size_t> class_of;
    for (uint32_t i = 0; i < weights.size(); ++i) {
      PINNACE_CHECK(weights[i] >= 1);
      total_ += weights[i];
      const auto [found, is_new] =
          class_of.try_emplace(weights[i], classes_.size());
      if (is_new) classes_.push_back({.weight = weights[i]});
      classes_[found->second].members.push_back(i);
    }
  }
  if (total_ == 0) return;
  // The turns repeat after `total_` of them.
  const uint64_t ahead =
      done % std::min(static_cast<uint64_t>(total_), kMostDone);
  for (uint64_t i = 0; i < ahead; ++i) Next();
}

size_t WeightedTurn::Next() {
  MutexLock lock(&mutex_);
  PINNACE_CHECK(!classes_.empty());
  Class* best = nullptr;
  for (Class& c : classes_) {
    c.credit += c.weight;
    if (best == nullptr || c.credit > best->credit ||
        (c.credit == best->credit && c.head() < best->head())) {
      best = &c;
    }
  }
  const size_t chosen = best->head();
  if (++best->next == best->members.size()) {
    best->next = 0;
    best->credit -= total_;  // All of them have paid once more.
  }
  return chosen;
}

}  // namespace pinnace::fleet
