// Asks every backend now and then whether it is there and what it offers:
// connect, greeting, FEAT, QUIT. Writes what it learns to the BackendStatus,
// which all workers read. One thread (one worker's loop).
#ifndef PINNACE_PROXY_GATEWAY_PROBER_H_
#define PINNACE_PROXY_GATEWAY_PROBER_H_

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "proxy/fleet/fleet.h"
#include "proxy/gateway/probe.h"
#include "proxy/io/loop.h"
#include "proxy/io/timer.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::gateway {

class Prober {
 public:
  Prober(io::Loop& loop, absl::Duration interval);
  ~Prober();

  // Backends that are new are probed at once.
  void Publish(const snapshot::Snapshot& snapshot);

 private:
  struct Target {
    std::string name;  // "farm/id"
    HostPort address;
    std::shared_ptr<fleet::BackendStatus> status;
    absl::Time due;
    std::unique_ptr<Probe> probe;  // while one is running
    int failures = 0;              // in a row
  };

  void ProbeWhatIsDue();
  void OnResult(Target& target,
                absl::StatusOr<std::vector<std::string>> features);

  io::Loop& loop_;
  const absl::Duration interval_;
  io::Timer timer_;
  absl::flat_hash_map<std::string, std::unique_ptr<Target>> targets_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBER_H_
