#include "proxy/policy/session_counts.h"

#include "proxy/base/check.h"

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
      bounds.push_back({{policy->name, std::string(user), IpAddress()},
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

std::vector<SessionCounts::Key> KeysOf(std::vector<Bound> bounds) {
  std::vector<SessionCounts::Key> keys;
  keys.reserve(bounds.size());
  for (Bound& bound : bounds) keys.push_back(std::move(bound.key));
  return keys;
}

}  // namespace

void SessionCounts::Places::Leave() {
  if (counts_ == nullptr) return;
  std::exchange(counts_, nullptr)->Leave(keys_);
  keys_.clear();
}

SessionCounts::Outcome SessionCounts::Take(
    const Restrictions::Policies& policies, absl::string_view user,
    const IpAddress& client, Places& places) {
  places.Leave();
  std::vector<Bound> bounds = BoundsOf(policies, user, client);
  if (bounds.empty()) return Outcome::kTaken;
  MutexLock lock(&mutex_);
  for (const Bound& bound : bounds) {
    const auto found = counts_.find(bound.key);
    if (found == counts_.end() || found->second < bound.most) continue;
    return bound.key.user.empty() ? Outcome::kAddressFull : Outcome::kUserFull;
  }
  if (counts_.size() + bounds.size() > max_keys_) return Outcome::kTableFull;
  Enter(KeysOf(std::move(bounds)), places);
  return Outcome::kTaken;
}

void SessionCounts::Hold(const Restrictions::Policies& policies,
                         absl::string_view user, const IpAddress& client,
                         Places& places) {
  places.Leave();
  std::vector<Bound> bounds = BoundsOf(policies, user, client);
  if (bounds.empty()) return;
  MutexLock lock(&mutex_);
  if (counts_.size() + bounds.size() > max_keys_) return;
  Enter(KeysOf(std::move(bounds)), places);
}

void SessionCounts::Enter(std::vector<Key> keys, Places& places) {
  for (const Key& key : keys) ++counts_[key];
  places.counts_ = this;
  places.keys_ = std::move(keys);
}

void SessionCounts::Leave(const std::vector<Key>& keys) {
  MutexLock lock(&mutex_);
  for (const Key& key : keys) {
    const auto found = counts_.find(key);
    PINNACE_CHECK(found != counts_.end());
    if (--found->second == 0) counts_.erase(found);
  }
}

size_t SessionCounts::size() const {
  MutexLock lock(&mutex_);
  return counts_.size();
}

}  // namespace pinnace::policy
