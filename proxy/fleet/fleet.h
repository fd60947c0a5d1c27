// The farms and their backends: an immutable value. Any thread.
#ifndef PINNACE_PROXY_FLEET_FLEET_H_
#define PINNACE_PROXY_FLEET_FLEET_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/fleet/backend.h"

namespace pinnace::fleet {

enum class Balance : uint8_t { kRoundRobin, kLeastSessions };

// How the gateway opens data connections to the farm's backends.
enum class DataMode : uint8_t { kPassive, kActive };

struct Farm {
  std::string name;
  Balance balance = Balance::kLeastSessions;
  DataMode data_mode = DataMode::kPassive;
  // Believe the host in a backend's 227 (RFC 2577 §3 says why not to).
  bool allow_foreign_data_address = false;
  // Sessions of one client address meet the same backend for so long after the
  // last one ended; zero: no pins.
  absl::Duration pin_ttl = limits::kPinTtl;
  std::vector<Backend> backends;
  // Where round robin stands; shared by the workers, kept across snapshots.
  std::shared_ptr<std::atomic<uint64_t>> turn =
      std::make_shared<std::atomic<uint64_t>>(0);

  const Backend* FindBackend(absl::string_view id) const;
};

struct Fleet {
  std::vector<Farm> farms;

  const Farm* FindFarm(absl::string_view name) const;
  // Takes over the live facts of `former` for what is the same in both.
  void InheritStatus(const Fleet& former);
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_FLEET_H_
