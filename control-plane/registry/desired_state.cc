#include "control-plane/registry/desired_state.h"

#include <algorithm>
#include <optional>

#include "proxy/base/check.h"

namespace pinnace::registry {

const FarmEntry* DesiredState::FindFarm(absl::string_view name) const {
  auto found = farms_.find(std::string(name));
  return found == farms_.end() ? nullptr : &found->second;
}

const BackendEntry* DesiredState::FindBackend(absl::string_view id) const {
  auto found = backends_.find(std::string(id));
  return found == backends_.end() ? nullptr : &found->second;
}

void DesiredState::AdvanceVersion(uint64_t version) {
  version_ = std::max(version_, version);
}

void DesiredState::PutFarm(FarmEntry entry) {
  AdvanceVersion(entry.version);
  entry.farm.clear_backends();
  FarmEntry& place = farms_[entry.farm.name()];
  entry.backends = place.backends;
  place = std::move(entry);
}

void DesiredState::PutBackend(BackendEntry entry) {
  const std::string id = entry.backend.id();
  if (backends_.count(id) != 0) RemoveBackend(id, entry.version);
  auto farm = farms_.find(entry.farm);
  PINNACE_CHECK(farm != farms_.end());
  ++farm->second.backends;
  AdvanceVersion(entry.version);
  if (auto ports = PortRange::Parse(entry.backend.public_ports())) {
    slices_.Add(*ports, id);
  }
  backends_[id] = std::move(entry);
}

void DesiredState::RemoveFarm(absl::string_view name, uint64_t version) {
  auto found = farms_.find(std::string(name));
  PINNACE_CHECK(found != farms_.end() && found->second.backends == 0);
  AdvanceVersion(version);
  farms_.erase(found);
}

void DesiredState::RemoveBackend(absl::string_view id, uint64_t version) {
  auto found = backends_.find(std::string(id));
  PINNACE_CHECK(found != backends_.end());
  const BackendEntry& entry = found->second;
  if (auto ports = PortRange::Parse(entry.backend.public_ports())) {
    slices_.Remove(*ports, id);
  }
  --farms_.find(entry.farm)->second.backends;
  AdvanceVersion(version);
  backends_.erase(found);
}

void DesiredState::Renew(absl::string_view id, absl::Time now) {
  auto found = backends_.find(std::string(id));
  PINNACE_CHECK(found != backends_.end());
  BackendEntry& entry = found->second;
  if (entry.ttl > absl::ZeroDuration()) entry.expires = now + entry.ttl;
}

std::vector<std::string> DesiredState::Expired(absl::Time now) const {
  std::vector<std::string> expired;
  for (const auto& [id, entry] : backends_) {
    if (entry.expires <= now) expired.push_back(id);
  }
  return expired;
}

absl::Time DesiredState::NextExpiry() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [id, entry] : backends_) {
    next = std::min(next, entry.expires);
  }
  return next;
}

v1::Snapshot DesiredState::ToSnapshot() const {
  v1::Snapshot snapshot;
  snapshot.set_version(version_);
  std::map<std::string, v1::Farm*> farms;
  for (const auto& [name, entry] : farms_) {
    v1::Farm* farm = snapshot.add_farms();
    *farm = entry.farm;
    farms[name] = farm;
  }
  for (const auto& [id, entry] : backends_) {
    *farms.at(entry.farm)->add_backends() = entry.backend;
  }
  return snapshot;
}

}  // namespace pinnace::registry
