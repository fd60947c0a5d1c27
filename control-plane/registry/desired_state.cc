#include "control-plane/registry/desired_state.h"

#include <algorithm>
#include <optional>

#include "proxy/base/check.h"

namespace pinnace::registry {
namespace {

template <typename Map>
const typename Map::mapped_type* Find(const Map& map, absl::string_view key) {
  auto found = map.find(std::string(key));
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

const FarmEntry* DesiredState::FindFarm(absl::string_view name) const {
  return Find(farms_, name);
}

const BackendEntry* DesiredState::FindBackend(absl::string_view id) const {
  return Find(backends_, id);
}

const RouteEntry* DesiredState::FindRoute(absl::string_view name) const {
  return Find(routes_, name);
}

const PolicyEntry* DesiredState::FindPolicy(absl::string_view name) const {
  return Find(policies_, name);
}

std::vector<const RouteEntry*> DesiredState::OrderedRoutes() const {
  std::vector<const RouteEntry*> routes;
  routes.reserve(routes_.size());
  for (const auto& [name, entry] : routes_) routes.push_back(&entry);
  // By name they are sorted already.
  std::stable_sort(routes.begin(), routes.end(),
                   [](const RouteEntry* a, const RouteEntry* b) {
                     return a->route.order() < b->route.order();
                   });
  return routes;
}

void DesiredState::AdvanceVersion(uint64_t version) {
  version_ = std::max(version_, version);
}

void DesiredState::PutFarm(FarmEntry entry) {
  AdvanceVersion(entry.version);
  entry.farm.clear_backends();
  FarmEntry& place = farms_[entry.farm.name()];
  entry.backends = place.backends;
  entry.routes = std::move(place.routes);
  entry.policies = std::move(place.policies);
  place = std::move(entry);
}

void DesiredState::PutBackend(BackendEntry entry) {
  const std::string id = entry.backend.id();
  auto farm = farms_.find(entry.farm);
  PINNACE_CHECK(farm != farms_.end());
  ++farm->second.backends;  // First: the farm must not go with its last one.
  auto known = backends_.find(id);
  if (known != backends_.end()) TakeOut(known);
  AdvanceVersion(entry.version);
  if (auto ports = PortRange::Parse(entry.backend.public_ports())) {
    slices_.Add(*ports, id);
  }
  backends_[id] = std::move(entry);
}

void DesiredState::PutRoute(RouteEntry entry) {
  const std::string name = entry.route.name();
  auto farm = farms_.find(entry.route.farm());
  PINNACE_CHECK(farm != farms_.end());
  auto known = routes_.find(name);
  const bool same_farm =
      known != routes_.end() && known->second.route.farm() == farm->first;
  if (known != routes_.end() && !same_farm) TakeOut(known);
  farm->second.routes.insert(name);
  AdvanceVersion(entry.version);
  routes_[name] = std::move(entry);
}

void DesiredState::PutPolicy(PolicyEntry entry) {
  const std::string name = entry.policy.name();
  const std::string farm = entry.policy.farm();
  auto known = policies_.find(name);
  // First: the farm must not go with its last one.
  if (!farm.empty()) {
    auto found = farms_.find(farm);
    PINNACE_CHECK(found != farms_.end());
    found->second.policies.insert(name);
  }
  if (known != policies_.end() && known->second.policy.farm() != farm) {
    TakeOut(known);
  }
  AdvanceVersion(entry.version);
  policies_[name] = std::move(entry);
}

void DesiredState::TakeOut(Backends::iterator backend) {
  const BackendEntry& entry = backend->second;
  if (auto ports = PortRange::Parse(entry.backend.public_ports())) {
    slices_.Remove(*ports, backend->first);
  }
  const std::string farm = entry.farm;
  --farms_.at(farm).backends;
  backends_.erase(backend);
  DropIfHeldByNothing(farm);
}

void DesiredState::TakeOut(Routes::iterator route) {
  const std::string farm = route->second.route.farm();
  farms_.at(farm).routes.erase(route->first);
  routes_.erase(route);
  DropIfHeldByNothing(farm);
}

void DesiredState::TakeOut(Policies::iterator policy) {
  const std::string farm = policy->second.policy.farm();
  if (!farm.empty()) farms_.at(farm).policies.erase(policy->first);
  policies_.erase(policy);
  if (!farm.empty()) DropIfHeldByNothing(farm);
}

void DesiredState::DropIfHeldByNothing(absl::string_view farm) {
  auto found = farms_.find(std::string(farm));
  const FarmEntry& entry = found->second;
  if (entry.source == v1::SOURCE_REGISTERED && entry.stored_version == 0 &&
      entry.holds_nothing()) {
    farms_.erase(found);
  }
}

void DesiredState::RemoveFarm(absl::string_view name, uint64_t version) {
  auto found = farms_.find(std::string(name));
  PINNACE_CHECK(found != farms_.end() && found->second.holds_nothing());
  AdvanceVersion(version);
  farms_.erase(found);
}

void DesiredState::RemoveBackend(absl::string_view id, uint64_t version) {
  auto found = backends_.find(std::string(id));
  PINNACE_CHECK(found != backends_.end());
  TakeOut(found);
  AdvanceVersion(version);
}

void DesiredState::RemoveRoute(absl::string_view name, uint64_t version) {
  auto found = routes_.find(std::string(name));
  PINNACE_CHECK(found != routes_.end());
  TakeOut(found);
  AdvanceVersion(version);
}

void DesiredState::RemovePolicy(absl::string_view name, uint64_t version) {
  auto found = policies_.find(std::string(name));
  PINNACE_CHECK(found != policies_.end());
  TakeOut(found);
  AdvanceVersion(version);
}

void DesiredState::Renew(absl::string_view id, absl::Time now) {
  auto found = backends_.find(std::string(id));
  if (found == backends_.end()) return;
  BackendEntry& entry = found->second;
  if (entry.ttl > absl::ZeroDuration()) entry.expires = now + entry.ttl;
}

void DesiredState::KeepExpiry(const BackendEntry& shown) {
  auto found = backends_.find(shown.backend.id());
  if (found == backends_.end() || shown.lease == store::kNoLease) return;
  if (found->second.lease == shown.lease) found->second.expires = shown.expires;
}

v1::Snapshot DesiredState::ToSnapshot() const {
  v1::Snapshot snapshot;
  snapshot.set_version(version_);
  std::map<absl::string_view, v1::Farm*> farms;
  for (const auto& [name, entry] : farms_) {
    v1::Farm* farm = snapshot.add_farms();
    *farm = entry.farm;
    farm->mutable_backends()->Reserve(static_cast<int>(entry.backends));
    farms[name] = farm;
  }
  for (const auto& [id, entry] : backends_) {
    *farms.at(entry.farm)->add_backends() = entry.backend;
  }
  for (const RouteEntry* entry : OrderedRoutes()) {
    *snapshot.add_routes() = entry->route;
  }
  for (const auto& [name, entry] : policies_) {
    *snapshot.add_policies() = entry.policy;
  }
  return snapshot;
}

}  // namespace pinnace::registry
