// How a farm shares sessions out and looks after its backends, as its operator
// sets it; the defaults are protos/pinnace/v1/farm.proto's. Any thread.
#ifndef PINNACE_PROXY_FLEET_FARM_OPTIONS_H_
#define PINNACE_PROXY_FLEET_FARM_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "proxy/base/limits.h"

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
  // Of a session that is logged in.
  bool replace_backend = false;
  bool resume_downloads = false;
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

// How the control connections to backends are secured (RFC 4217).
enum class BackendTlsMode : uint8_t { kNone, kExplicit, kImplicit };

// Of the data connections to backends whose control connection is secured.
enum class DataProtection : uint8_t {
  kSame,     // as the client's PROT says
  kClear,    // PROT C
  kPrivate,  // PROT P
};

struct BackendTls {
  BackendTlsMode mode = BackendTlsMode::kNone;
  std::string ca;           // PEM file; empty: the system's authorities
  std::string server_name;  // empty: the host of the backend's address
  bool verify = true;
  std::string cert;  // PEM files of the gateway's own; empty: none is shown
  std::string key;
  DataProtection data_protection = DataProtection::kSame;

  friend bool operator==(const BackendTls&, const BackendTls&) = default;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_FARM_OPTIONS_H_
