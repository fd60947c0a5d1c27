// How many sessions of one user, and of one address, each policy that bounds
// them counts now. Shared by the workers of a gateway. Any thread.
#ifndef PINNACE_PROXY_POLICY_SESSION_COUNTS_H_
#define PINNACE_PROXY_POLICY_SESSION_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/base/mutex.h"
#include "proxy/policy/restrictions.h"

namespace pinnace::policy {

class SessionCounts {
 public:
  // Whose sessions: a policy's, of one user or, without one, of one network.
  struct Key {
    std::string policy;
    std::string user;
    IpAddress network;

    friend bool operator==(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.policy, key.user, key.network);
    }
  };

  // What one session is counted in. It goes with the session; the counts
  // outlive it.
  class Places {
   public:
    Places() = default;
    ~Places() { Leave(); }
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;

    void Leave();

   private:
    friend class SessionCounts;
    SessionCounts* counts_ = nullptr;
    std::vector<Key> keys_;
  };

  enum class Outcome : uint8_t {
    kTaken,
    kUserFull,
    kAddressFull,
    kTableFull,
  };
  // At most `max_keys` users and addresses are counted at one time.
  explicit SessionCounts(size_t max_keys) : max_keys_(max_keys) {}

  // The session's places by what its policies bound, in the place of those it
  // had; none of the new ones unless all are free. kAtUser: before the user has
  // shown that he is one. His places are looked at, not taken, or anybody could
  // fill them.
  enum class When : uint8_t { kAtUser, kLoggedIn };
  Outcome Take(When when, const Restrictions::Policies& policies,
               absl::string_view user, const IpAddress& client, Places& places)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Of a session that runs already: whether they are free or not.
  void Hold(When when, const Restrictions::Policies& policies,
            absl::string_view user, const IpAddress& client, Places& places)
      ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Enter(std::vector<Key> keys, Places& places)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(Places& places) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_keys_;
  mutable Mutex mutex_;
  absl::flat_hash_map<Key, uint32_t> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_SESSION_COUNTS_H_
