// Which leases there are, which keys each holds, and in what order they run
// out. Pure: time is an argument. One thread.
#ifndef PINNACE_CONTROL_PLANE_STORE_LEASE_INDEX_H_
#define PINNACE_CONTROL_PLANE_STORE_LEASE_INDEX_H_

#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "control-plane/store/store.h"

namespace pinnace::store {

class LeaseIndex {
 public:
  struct Lease {
    LeaseId id = kNoLease;
    absl::Duration ttl;
    absl::Time expires = absl::InfiniteFuture();
    std::set<std::string> keys;
  };

  // A lease that nobody has yet.
  LeaseId Grant(absl::Duration ttl, absl::Time now);
  // Puts back a lease that was taken, or one from before. CHECK: is not there.
  void Add(Lease lease);
  // False: there is none.
  bool Renew(LeaseId id, absl::Time now);
  void RenewAll(absl::Time now);
  const Lease* Find(LeaseId id) const;
  // The key is this lease's from now on, or no lease's. CHECK: it is there.
  void Attach(LeaseId id, const std::string& key);

  // Takes one out; `id` is kNoLease when there is none.
  Lease Take(LeaseId id);
  // Takes out those that have run out by `now`, `most` of them at most.
  std::vector<Lease> TakeDue(absl::Time now, size_t most);
  absl::Time NextExpiry() const;

 private:
  std::unordered_map<LeaseId, Lease> leases_;
  std::set<std::pair<absl::Time, LeaseId>> by_expiry_;
  std::unordered_map<std::string, LeaseId> lease_of_key_;
  LeaseId last_id_ = kNoLease;
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_LEASE_INDEX_H_
