// Which backend a client address is pinned to, so that parallel sessions of one
// client meet the same backend. Shared by the workers of a gateway. Any thread.
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

namespace pinnace::fleet {

class PinTable {
 public:
  struct Pin {
    std::string farm;
    IpAddress client;
    BackendId backend;
    absl::Time expires;

    // As operators name it: "main/203.0.113.7".
    std::string Key() const;
  };

  // At `max_pins` the pin used least recently makes room, and is counted.
  explicit PinTable(size_t max_pins) : max_pins_(max_pins) {}

  std::optional<BackendId> Find(absl::string_view farm, const IpAddress& client,
                                absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes or renews a pin.
  void Set(absl::string_view farm, const IpAddress& client,
           const BackendId& backend, absl::Time expires)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // By what Key() says, any spelling of the address; false when there is none.
  bool Delete(absl::string_view key) ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<Pin> List(absl::Time now) const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t evictions() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Pins = std::list<Pin>;  // most recently used first
  // Farm and client of a pin; the view is into the pin itself, which stays
  // where it is in the list.
  using FarmAndClient = std::pair<absl::string_view, IpAddress>;
  using ByKey = absl::flat_hash_map<FarmAndClient, Pins::iterator>;

  static FarmAndClient KeyOf(const Pin& pin) { return {pin.farm, pin.client}; }
  void Erase(ByKey::iterator found) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_pins_;
  mutable Mutex mutex_;
  Pins pins_ ABSL_GUARDED_BY(mutex_);
  ByKey by_key_ ABSL_GUARDED_BY(mutex_);
  int64_t evictions_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_PIN_TABLE_H_
