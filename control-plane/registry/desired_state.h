// What operators want: the farms and backends of the file and of the registry,
// at one version. Holds what change_check let through; decides nothing. Pure:
// time is an argument. One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_DESIRED_STATE_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_DESIRED_STATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "control-plane/registry/port_slices.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "protos/pinnace/v1/snapshot.pb.h"
#include "proxy/base/port_range.h"

namespace pinnace::registry {

struct BackendEntry {
  std::string farm;
  v1::Backend backend;
  v1::Source source = v1::SOURCE_REGISTERED;
  absl::Duration ttl;  // zero: stays until it is deregistered
  absl::Time expires = absl::InfiniteFuture();
  uint64_t version = 0;         // of its last change
  uint64_t stored_version = 0;  // of its record in the store; 0: none
};

struct FarmEntry {
  v1::Farm farm;  // its settings; no backends
  v1::Source source = v1::SOURCE_REGISTERED;
  uint64_t version = 0;
  uint64_t stored_version = 0;
  uint32_t backends = 0;  // counted here
};

class DesiredState {
 public:
  using Farms = std::map<std::string, FarmEntry, std::less<>>;        // by name
  using Backends = std::map<std::string, BackendEntry, std::less<>>;  // by id

  DesiredState() = default;
  // `pool`: the gateways' public ports; empty when they are not known.
  explicit DesiredState(std::vector<PortRange> pool) : pool_(std::move(pool)) {}

  uint64_t version() const { return version_; }
  const std::vector<PortRange>& pool() const { return pool_; }
  const PortSlices& slices() const { return slices_; }
  const Farms& farms() const { return farms_; }
  const Backends& backends() const { return backends_; }
  const FarmEntry* FindFarm(absl::string_view name) const;
  const BackendEntry* FindBackend(absl::string_view id) const;

  // Each takes the place of an entry of the same name or id.
  void PutFarm(FarmEntry entry);
  // CHECK: its farm exists.
  void PutBackend(BackendEntry entry);
  // CHECK: exists; a farm has no backends.
  void RemoveFarm(absl::string_view name, uint64_t version);
  void RemoveBackend(absl::string_view id, uint64_t version);
  void AdvanceVersion(uint64_t version);

  // A heartbeat: no change of version. No effect without a TTL.
  void Renew(absl::string_view id, absl::Time now);
  std::vector<std::string> Expired(absl::Time now) const;
  absl::Time NextExpiry() const;

  v1::Snapshot ToSnapshot() const;

 private:
  uint64_t version_ = 0;
  std::vector<PortRange> pool_;
  Farms farms_;
  Backends backends_;
  PortSlices slices_;
};

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_DESIRED_STATE_H_
