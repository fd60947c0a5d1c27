#include "control-plane/store/lease_index.h"

#include <algorithm>

#include "proxy/base/check.h"

namespace pinnace::store {

LeaseId LeaseIndex::Grant(absl::Duration ttl, absl::Time now) {
  Add({.id = last_id_ + 1, .ttl = ttl, .expires = now + ttl});
  return last_id_;
}

void LeaseIndex::Add(Lease lease) {
  last_id_ = std::max(last_id_, lease.id);
  by_expiry_.emplace(lease.expires, lease.id);
  for (const std::string& key : lease.keys) lease_of_key_[key] = lease.id;
  const LeaseId id = lease.id;
  const bool is_new = leases_.emplace(id, std::move(lease)).second;
  PINNACE_CHECK(is_new);
}

bool LeaseIndex::Renew(LeaseId id, absl::Time now) {
  auto found = leases_.find(id);
  if (found == leases_.end()) return false;
  Lease& lease = found->second;
  by_expiry_.erase({lease.expires, id});
  lease.expires = now + lease.ttl;
  by_expiry_.emplace(lease.expires, id);
  return true;
}

void LeaseIndex::RenewAll(absl::Time now) {
  by_expiry_.clear();
  for (auto& [id, lease] : leases_) {
    lease.expires = now + lease.ttl;
    by_expiry_.emplace(lease.expires, id);
  }
}

const LeaseIndex::Lease* LeaseIndex::Find(LeaseId id) const {
  auto found = leases_.find(id);
  return found == leases_.end() ? nullptr : &found->second;
}

void LeaseIndex::Attach(LeaseId id, const std::string& key) {
  auto former = lease_of_key_.find(key);
  if (former != lease_of_key_.end()) {
    leases_.at(former->second).keys.erase(key);
    lease_of_key_.erase(former);
  }
  if (id == kNoLease) return;
  auto found = leases_.find(id);
  PINNACE_CHECK(found != leases_.end());
  found->second.keys.insert(key);
  lease_of_key_[key] = id;
}

LeaseIndex::Lease LeaseIndex::Take(LeaseId id) {
  auto found = leases_.find(id);
  if (found == leases_.end()) return {};
  Lease lease = std::move(found->second);
  by_expiry_.erase({lease.expires, id});
  for (const std::string& key : lease.keys) lease_of_key_.erase(key);
  leases_.erase(found);
  return lease;
}

std::vector<LeaseIndex::Lease> LeaseIndex::TakeDue(absl::Time now,
                                                   size_t most) {
  std::vector<Lease> due;
  while (due.size() < most && NextExpiry() <= now) {
    due.push_back(Take(by_expiry_.begin()->second));
  }
  return due;
}

absl::Time LeaseIndex::NextExpiry() const {
  return by_expiry_.empty() ? absl::InfiniteFuture()
                            : by_expiry_.begin()->first;
}

}  // namespace pinnace::store
