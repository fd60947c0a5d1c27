// Which backend a client is pinned to, so that parallel sessions of one
// client meet the same backend. Shared by the workers of a gateway. Any thread.
#ifndef PINNACE_PROXY_FLEET_PIN_TABLE_H_
#define PINNACE_PROXY_FLEET_PIN_TABLE_H_

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/base/mutex.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::fleet {

class PinTable {
 public:
  // Who is pinned, as the farm's `pin_by` has it: either an address or a user.
  // A view of what the session holds.
  struct Client {
    absl::string_view farm;
    IpAddress address;       // the default value when pinned by user
    absl::string_view user;  // empty when pinned by address
  };
  static Client ClientOf(const Farm& farm, const IpAddress& address,
                         absl::string_view user);

  struct Pin {
    std::string farm;
    IpAddress client;
    std::string user;
    BackendId backend;
    absl::Time expires;

    // As operators name it: "main/203.0.113.7", "main/anna".
    std::string Key() const;
  };

  // At `max_pins` the pin used least recently makes room, and is counted.
  explicit PinTable(size_t max_pins) : max_pins_(max_pins) {}

  std::optional<BackendId> Find(const Client& client, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes or renews a pin.
  void Set(const Client& client, const BackendId& backend, absl::Time expires)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Pins the client to `backend`, unless it is pinned already, and not to
  // `instead_of`. Where it is pinned to now: of parallel first sessions on
  // several workers one is the first.
  BackendId SetIfAbsent(const Client& client, const BackendId& backend,
                        absl::Time now, absl::Time expires,
                        absl::string_view instead_of = {})
      ABSL_LOCKS_EXCLUDED(mutex_);
  // By what Key() says, any spelling of the address; false when there is none.
  bool Delete(absl::string_view key) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Pin> List(absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t evictions() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Pins = std::list<Pin>;  // most recently used first
  // Of a pin; the views are into the pin itself, which stays where it is in the
  // list.
  using Key = std::tuple<absl::string_view, IpAddress, absl::string_view>;
  using ByKey = absl::flat_hash_map<Key, Pins::iterator>;

  static Key KeyOf(const Pin& pin) { return {pin.farm, pin.client, pin.user}; }
  static Key KeyOf(const Client& client) {
    return {client.farm, client.address, client.user};
  }
  void SetLocked(const Client& client, const BackendId& backend,
                 absl::Time expires) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool EraseLocked(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(ByKey::iterator found) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_pins_;
  mutable Mutex mutex_;
  Pins pins_ ABSL_GUARDED_BY(mutex_);
  ByKey by_key_ ABSL_GUARDED_BY(mutex_);
  int64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_PIN_TABLE_H_
