// What operators want: the farms, backends, routes and policies of the file and
// of the registry, at one version. Holds what change_check let through; decides
// nothing. Pure: time is an argument. One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_DESIRED_STATE_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_DESIRED_STATE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "control-plane/registry/port_slices.h"
#include "control-plane/store/store.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "protos/pinnace/v1/snapshot.pb.h"
#include "proxy/base/port_range.h"

namespace pinnace::registry {

struct BackendEntry {
  std::string farm;
  v1::Backend backend;
  v1::Source source = v1::SOURCE_REGISTERED;
  std::string owner;   // empty: nobody's
  absl::Duration ttl;  // zero: stays until it is deregistered
  store::LeaseId lease = store::kNoLease;
  absl::Time expires = absl::InfiniteFuture();  // for people; the store decides
  uint64_t version = 0;                         // of its last change
  // Of its record in the store, which for the file's waits; 0: none.
  uint64_t stored_version = 0;
  uint64_t mark_version = 0;  // of the file's: of its mark; 0: none
};

struct FarmEntry {
  v1::Farm farm;  // its settings; no backends
  v1::Source source = v1::SOURCE_REGISTERED;
  uint64_t version = 0;
  uint64_t stored_version = 0;  // 0 and registered: there for what it holds
  // Kept by DesiredState.
  uint32_t backends = 0;
  std::set<std::string> routes;    // that lead to it; names
  std::set<std::string> policies;  // that are for it; names

  bool holds_nothing() const {
    return backends == 0 && routes.empty() && policies.empty();
  }
};

struct RouteEntry {
  v1::Route route;
  v1::Source source = v1::SOURCE_REGISTERED;
  uint64_t version = 0;
  uint64_t stored_version = 0;
};

struct PolicyEntry {
  v1::Policy policy;
  v1::Source source = v1::SOURCE_REGISTERED;
  uint64_t version = 0;
  uint64_t stored_version = 0;
};

class DesiredState {
 public:
  using Farms = std::map<std::string, FarmEntry, std::less<>>;        // by name
  using Backends = std::map<std::string, BackendEntry, std::less<>>;  // by id
  using Routes = std::map<std::string, RouteEntry, std::less<>>;      // by name
  using Policies = std::map<std::string, PolicyEntry, std::less<>>;   // by name

  DesiredState() = default;
  // `pool`: the gateways' public ports; empty when they are not known.
  explicit DesiredState(std::vector<PortRange> pool) : pool_(std::move(pool)) {}

  uint64_t version() const { return version_; }
  const std::vector<PortRange>& pool() const { return pool_; }
  const PortSlices& slices() const { return slices_; }
  const Farms& farms() const { return farms_; }
  const Backends& backends() const { return backends_; }
  const Routes& routes() const { return routes_; }
  const Policies& policies() const { return policies_; }
  const FarmEntry* FindFarm(absl::string_view name) const;
  const BackendEntry* FindBackend(absl::string_view id) const;
  const RouteEntry* FindRoute(absl::string_view name) const;
  const PolicyEntry* FindPolicy(absl::string_view name) const;
  // In the order they are looked at.
  std::vector<const RouteEntry*> OrderedRoutes() const;

  // Each takes the place of an entry of the same name or id.
  void PutFarm(FarmEntry entry);
  // CHECK: the farm exists.
  void PutBackend(BackendEntry entry);
  void PutRoute(RouteEntry entry);
  void PutPolicy(PolicyEntry entry);
  // CHECK: exists; a farm holds nothing. A farm that was there only for what it
  // held goes with that.
  void RemoveFarm(absl::string_view name, uint64_t version);
  void RemoveBackend(absl::string_view id, uint64_t version);
  void RemoveRoute(absl::string_view name, uint64_t version);
  void RemovePolicy(absl::string_view name, uint64_t version);
  void AdvanceVersion(uint64_t version);

  // A heartbeat: no change of version. No effect without a TTL, or when the
  // backend is gone.
  void Renew(absl::string_view id, absl::Time now);

  // What another state showed of a lease that is here too.
  void KeepExpiry(const BackendEntry& shown);

  v1::Snapshot ToSnapshot() const;

 private:
  void TakeOut(Backends::iterator backend);
  void TakeOut(Routes::iterator route);
  void TakeOut(Policies::iterator policy);
  void DropIfHeldByNothing(absl::string_view farm);

  uint64_t version_ = 0;
  std::vector<PortRange> pool_;
  Farms farms_;
  Backends backends_;
  Routes routes_;
  Policies policies_;
  PortSlices slices_;
};

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_DESIRED_STATE_H_
