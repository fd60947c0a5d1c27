#include "proxy/policy/session_counts.h"

#include <utility>

#include "proxy/base/check.h"
#include "proxy/base/user_name.h"

namespace pinnace::policy {
namespace {

// Whoever has one address of IPv6 has its whole /64.
constexpr int kIpv4Prefix = 32;
constexpr int kIpv6Prefix = 64;

struct Bound {
  SessionCounts::Key key;
  uint32_t most = 0;
};

std::vector<Bound> BoundsOf(const Restrictions::Policies& policies,
                            absl::string_view user, const IpAddress& client) {
  std::vector<Bound> bounds;
  for (const Policy* policy : policies) {
    if (policy->max_sessions_per_user != 0 && !user.empty()) {
      bounds.push_back({{policy->name, UserKey(user), IpAddress()},
                        policy->max_sessions_per_user});
    }
    if (policy->max_sessions_per_address != 0) {
      const int prefix = client.is_ipv4() ? kIpv4Prefix : kIpv6Prefix;
      bounds.push_back({{policy->name, "", client.Masked(prefix)},
                        policy->max_sessions_per_address});
    }
  }
  return bounds;
}

// What of them is taken then.
std::vector<SessionCounts::Key> KeysOf(SessionCounts::When when,
                                       const std::vector<Bound>& bounds) {
  std::vector<SessionCounts::Key> keys;
  for (const Bound& bound : bounds) {
    if (when == SessionCounts::When::kAtUser && !bound.key.user.empty()) {
      continue;
    }
    keys.push_back(bound.key);
  }
  return keys;
}

}  // namespace

void SessionCounts::Places::Leave() {
  if (counts_ == nullptr) return;
  SessionCounts& counts = *counts_;
  MutexLock lock(&counts.mutex_);
  counts.Leave(*this);
}

SessionCounts::Outcome SessionCounts::Take(
    When when, const Restrictions::Policies& policies, absl::string_view user,
    const IpAddress& client, Places& places) {
  const std::vector<Bound> bounds = BoundsOf(policies, user, client);
  if (bounds.empty()) {
    places.Leave();
    return Outcome::kTaken;
  }
  MutexLock lock(&mutex_);
  Leave(places);
  for (const Bound& bound : bounds) {
    const auto found = counts_.find(bound.key);
    if (found == counts_.end() || found->second < bound.most) continue;
    return bound.key.user.empty() ? Outcome::kAddressFull : Outcome::kUserFull;
  }
  if (counts_.size() + bounds.size() > max_keys_) return Outcome::kTableFull;
  Enter(KeysOf(when, bounds), places);
  return Outcome::kTaken;
}

void SessionCounts::Hold(When when, const Restrictions::Policies& policies,
                         absl::string_view user, const IpAddress& client,
                         Places& places) {
  const std::vector<Bound> bounds = BoundsOf(policies, user, client);
  if (bounds.empty()) return places.Leave();
  MutexLock lock(&mutex_);
  Leave(places);
  if (counts_.size() + bounds.size() > max_keys_) return;
  Enter(KeysOf(when, bounds), places);
}

void SessionCounts::Enter(std::vector<Key> keys, Places& places) {
  for (const Key& key : keys) ++counts_[key];
  places.counts_ = this;
  places.keys_ = std::move(keys);
}

void SessionCounts::Leave(Places& places) {
  for (const Key& key : places.keys_) {
    const auto found = counts_.find(key);
    PINNACE_CHECK(found != counts_.end());
    if (--found->second == 0) counts_.erase(found);
  }
  places.counts_ = nullptr;
  places.keys_.clear();
}

size_t SessionCounts::size() const {
  MutexLock lock(&mutex_);
  return counts_.size();
}

}  // namespace pinnace::policy
