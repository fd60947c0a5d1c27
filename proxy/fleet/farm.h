// Backends that serve the same files, and how sessions are shared among them:
// an immutable value. Any thread.
#ifndef PINNACE_PROXY_FLEET_FARM_H_
#define PINNACE_PROXY_FLEET_FARM_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/cidr.h"
#include "proxy/base/limits.h"
#include "proxy/base/mutex.h"
#include "proxy/fleet/backend.h"
#include "proxy/fleet/farm_options.h"
#include "proxy/rates/rate_bucket.h"

namespace pinnace::fleet {

class FarmIndex;

// What changes while a farm is at work: shared by the workers, kept across
// snapshots.
struct FarmProgress {
  // Counts what was drawn: round robin's place, and the seed of every choice by
  // chance, so that a run can be repeated.
  std::atomic<uint64_t> turn{0};
  rates::TransferBuckets rate;  // of all its sessions
  // Held while it is decided whether one more backend may be left out.
  Mutex ejecting;
};

struct Farm {
  std::string name;
  Balance balance = Balance::kLeastSessions;
  DataMode data_mode = DataMode::kPassive;
  // Believe the host in a backend's 227 (RFC 2577 §3 says why not to).
  bool allow_foreign_data_address = false;
  // Sessions of one client meet the same backend for so long after the
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
  BackendTls backend_tls;
  // A protected data connection without close_notify is a whole file.
  bool tolerate_missing_close_notify = false;
  rates::TransferLimit rate;
  // Servers that may stand in a client's place on a data connection (FXP);
  // null: none.
  std::shared_ptr<const std::vector<Cidr>> fxp_peers;
  std::vector<Backend> backends;
  std::shared_ptr<FarmProgress> progress = std::make_shared<FarmProgress>();
  // Made of `backends` by Fleet::Prepare(). Null in a farm made by hand: it
  // does the same by scans, but that maglev's choice needs a table to be the
  // same on every gateway.
  std::shared_ptr<const FarmIndex> index;

  const Backend* FindBackend(absl::string_view id) const;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_FARM_H_
