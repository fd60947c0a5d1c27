// The farms and their backends: an immutable value. Any thread.
#ifndef PINNACE_PROXY_FLEET_FLEET_H_
#define PINNACE_PROXY_FLEET_FLEET_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/fleet/backend.h"

namespace pinnace::fleet {

enum class Balance : uint8_t {
  kRoundRobin,
  kLeastSessions,
  kWeighted,
  kP2c,
  kMaglev,
};

// Who a client is: for pins, and for maglev.
enum class ClientIdentity : uint8_t { kAddress, kUser };

// How the gateway opens data connections to the farm's backends.
enum class DataMode : uint8_t { kPassive, kActive };

// How far a probe goes; each includes those before it.
enum class ProbeKind : uint8_t { kConnect, kLogin, kList };

struct HealthCheck {
  ProbeKind kind = ProbeKind::kConnect;
  absl::Duration interval;  // zero: the gateway's
  absl::Duration timeout = limits::kProbeTimeout;
  int rise = 1;
  int fall = 2;
  std::string user = "anonymous";
  std::string password_file;  // empty: none is needed

  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

// Backends that fail sessions are left out for a while.
struct OutlierEjection {
  int connect_failures = 1;  // in a row, 421s too
  int data_failures = 3;     // in a row
  absl::Duration base = limits::kEjection;
  absl::Duration longest = limits::kLongestEjection;
  int most_percent = 50;
};

struct Failover {
  int candidates = limits::kMaxBackendCandidates;
  absl::Duration budget = limits::kFailoverBudget;
};

struct BackendDrain {
  absl::Duration grace = limits::kBackendDrainGrace;
  absl::Duration deadline = limits::kBackendDrainDeadline;
};

// Nothing: the gateway's.
struct FarmTimeouts {
  std::optional<absl::Duration> idle;
  std::optional<absl::Duration> backend_connect;
  std::optional<absl::Duration> backend_reply;
  std::optional<absl::Duration> data_connect;
  std::optional<absl::Duration> transfer_stall;
};

struct Farm {
  std::string name;
  Balance balance = Balance::kLeastSessions;
  DataMode data_mode = DataMode::kPassive;
  // Believe the host in a backend's 227 (RFC 2577 §3 says why not to).
  bool allow_foreign_data_address = false;
  // Sessions of one client address meet the same backend for so long after the
  // last one ended; zero: no pins.
  absl::Duration pin_ttl = limits::kPinTtl;
  ClientIdentity pin_by = ClientIdentity::kAddress;
  ClientIdentity hash_on = ClientIdentity::kAddress;  // of maglev
  bool prefer_zone = false;
  absl::Duration slow_start;  // zero: none
  HealthCheck health_check;
  OutlierEjection outlier_ejection;
  Failover failover;
  BackendDrain drain;
  FarmTimeouts timeouts;
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
