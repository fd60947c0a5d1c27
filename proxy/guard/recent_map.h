// A map that remembers so many at most: the one that was touched longest ago is
// forgotten, and counted. Values stay where they are. One thread.
#ifndef PINNACE_PROXY_GUARD_RECENT_MAP_H_
#define PINNACE_PROXY_GUARD_RECENT_MAP_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace pinnace::guard {

template <typename Key, typename Value>
class RecentMap {
 public:
  explicit RecentMap(size_t most) : most_(most) {}

  // Makes it, if it is not there.
  Value& Touch(const Key& key) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      items_.splice(items_.begin(), items_, found->second);
      return found->second->second;
    }
    if (!items_.empty() && items_.size() >= most_) {
      by_key_.erase(items_.back().first);
      items_.pop_back();
      ++forgotten_;
    }
    items_.emplace_front(key, Value());
    by_key_.emplace(key, items_.begin());
    return items_.front().second;
  }
  // Null: it is not there.
  Value* Find(const Key& key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &found->second->second;
  }
  size_t size() const { return items_.size(); }
  int64_t forgotten() const { return forgotten_; }

 private:
  using Items = std::list<std::pair<Key, Value>>;

  const size_t most_;
  Items items_;  // the one touched last first
  absl::flat_hash_map<Key, typename Items::iterator> by_key_;
  int64_t forgotten_ = 0;
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_RECENT_MAP_H_
