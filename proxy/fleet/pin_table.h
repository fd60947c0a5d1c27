// Which backend a client is pinned to, so that parallel sessions of one client
// meet the same backend. Shared by the workers of a gateway. Any thread.
#ifndef PINNACE_PROXY_FLEET_PIN_TABLE_H_
#define PINNACE_PROXY_FLEET_PIN_TABLE_H_

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/base/mutex.h"
#include "proxy/fleet/farm.h"

namespace pinnace::fleet {

class PinTable {
 public:
  // Who is pinned: an address in a farm, or, where `user` is not empty, a user.
  // The address of a user is the default value.
  struct Client {
    absl::string_view farm;
    IpAddress address;
    absl::string_view user;

    friend bool operator==(const Client&, const Client&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Client& client) {
      state = H::combine(std::move(state), client.farm);
      return client.user.empty() ? H::combine(std::move(state), client.address)
                                 : H::combine(std::move(state), client.user);
    }
  };
  // By the farm's `pin_by`. Its views are into the arguments.
  static Client ClientOf(const Farm& farm, const IpAddress& address,
                         absl::string_view user);

  struct Pin {
    std::string farm;
    IpAddress client;
    std::string user;  // as the client sent it; empty: pinned by address
    BackendId backend;
    absl::Time expires;

    // As operators name it: "main/203.0.113.7", or "main/ann" in printable
    // form.
    std::string Key() const;
  };

  // At `max_pins` the pin used least recently makes room, and is counted: of
  // those that no login has confirmed, as long as there are any. Whoever only
  // names users takes no pin from those who log in.
  explicit PinTable(size_t max_pins) : max_pins_(max_pins) {}

  std::optional<BackendId> Find(const Client& client, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Pins the client to `backend`, unless it is pinned already, and not to
  // `instead_of`. Where it is pinned to now: of parallel first sessions on
  // several workers one is the first.
  BackendId SetIfAbsent(const Client& client, const BackendId& backend,
                        absl::Time now, absl::Time expires,
                        absl::string_view instead_of = {})
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether it is pinned; that counts as no use of the pin.
  bool Holds(const Client& client, absl::Time now) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // For a session that is logged in to `backend`: makes or renews its pin. One
  // that leads elsewhere stays: a later session of this client was sent there,
  // and further ones have to meet that.
  void Renew(const Client& client, const BackendId& backend, absl::Time now,
             absl::Time expires) ABSL_LOCKS_EXCLUDED(mutex_);
  // By what Key() says, any spelling of the address, or "FARM/USER" with the
  // user as it was sent; false when there is none.
  bool Delete(absl::string_view key) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Pin> List(absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t evictions() const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    Pin pin;
    bool is_confirmed = false;  // by a login; it is in `pins_`
  };
  using Pins = std::list<Entry>;  // most recently used first
  // The views of a key are into the pin itself, which stays where it is in the
  // list.
  using ByClient = absl::flat_hash_map<Client, Pins::iterator>;

  static Client KeyOf(const Pin& pin) {
    return {pin.farm, pin.client, pin.user};
  }
  Pins& ListOf(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return entry.is_confirmed ? pins_ : unconfirmed_;
  }
  // It is the one used last.
  void Touch(Pins::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Pins& list = ListOf(*entry);
    list.splice(list.begin(), list, entry);
  }
  void Confirm(Pins::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Pins::iterator Add(const Client& client, const BackendId& backend,
                     absl::Time expires) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool EraseIfPinned(const Client& client)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(ByClient::iterator found) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_pins_;
  mutable Mutex mutex_;
  Pins pins_ ABSL_GUARDED_BY(mutex_);
  Pins unconfirmed_ ABSL_GUARDED_BY(mutex_);
  ByClient by_client_ ABSL_GUARDED_BY(mutex_);
  int64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_PIN_TABLE_H_
