// How many sessions an address and a user have now, and how fast an address
// connects. Addresses count as NetworkOf() has them. Any thread.
#ifndef PINNACE_PROXY_GUARD_CLIENT_COUNTER_H_
#define PINNACE_PROXY_GUARD_CLIENT_COUNTER_H_

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/mutex.h"
#include "proxy/base/user_name.h"

namespace pinnace::guard {

// 0: no bound.
struct ClientLimits {
  int64_t sessions_per_address = 0;
  int64_t sessions_per_user = 0;
  int connections_per_second = 0;
  int connections_burst = 0;  // 0: as many as in a second
};

class ClientCounter {
 public:
  // One session's place among those of its address, or of its user; given back
  // at its end. It does not outlive the counter.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : counter_(std::exchange(other.counter_, nullptr)),
          address_(other.address_),
          user_(std::move(other.user_)) {}
    Place& operator=(Place&& other) noexcept {
      if (this != &other) {
        Release();
        counter_ = std::exchange(other.counter_, nullptr);
        address_ = other.address_;
        user_ = std::move(other.user_);
      }
      return *this;
    }
    ~Place() { Release(); }
    void Release();
    // Of a place among a user's sessions.
    bool IsOf(absl::string_view user) const {
      return counter_ != nullptr && user_ == UserKey(user);
    }

   private:
    friend class ClientCounter;
    Place(ClientCounter* counter, const IpAddress& address)
        : counter_(counter), address_(address) {}
    Place(ClientCounter* counter, absl::string_view user)
        : counter_(counter), user_(user) {}

    ClientCounter* counter_ = nullptr;
    IpAddress address_;
    std::string user_;  // empty: of an address
  };

  // Past `max_clients` addresses the one that has been quiet for longest is
  // forgotten, and counted. One that would be forgotten with sessions is not
  // counted at all: there are never more sessions than clients to count.
  explicit ClientCounter(const ClientLimits& limits,
                         size_t max_clients = limits::kMaxCountedClients);

  enum class Outcome : uint8_t { kTaken, kTooManySessions, kTooFast };
  struct Taken {
    Outcome outcome = Outcome::kTaken;
    Place place;  // when taken
  };
  // A control connection of `client`.
  Taken Connect(const IpAddress& client, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Is there a place left for one more session of this user?
  bool HasPlaceFor(absl::string_view user) const ABSL_LOCKS_EXCLUDED(mutex_);
  // It is logged in; nullopt: another was quicker.
  std::optional<Place> LogIn(absl::string_view user)
      ABSL_LOCKS_EXCLUDED(mutex_);

  int64_t forgotten() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Those that are counted now.
  size_t clients() const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t users() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Address {
    int64_t sessions = 0;
    double tokens = 0;  // connections that it may make at once
    absl::Time refilled;
    std::list<IpAddress>::iterator quiet;  // while it has no session
  };
  using Addresses = absl::flat_hash_map<IpAddress, Address>;

  void Refill(Address& address, absl::Time now) const;
  // False when nobody may be forgotten.
  bool MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveAddress(const IpAddress& key) ABSL_LOCKS_EXCLUDED(mutex_);
  void LeaveUser(const std::string& user) ABSL_LOCKS_EXCLUDED(mutex_);

  const ClientLimits limits_;
  const double burst_;
  const size_t max_clients_;
  mutable Mutex mutex_;
  Addresses addresses_ ABSL_GUARDED_BY(mutex_);
  // Those without a session, the last seen first.
  std::list<IpAddress> quiet_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int64_t> users_ ABSL_GUARDED_BY(mutex_);
  int64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_CLIENT_COUNTER_H_
