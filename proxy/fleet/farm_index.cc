#include "proxy/fleet/farm_index.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pinnace::fleet {
namespace {

std::optional<BackendGroup> NearOf(const Farm& farm,
                                   absl::string_view gateway_zone) {
  if (!farm.prefer_zone || gateway_zone.empty()) return std::nullopt;
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < farm.backends.size(); ++i) {
    if (farm.backends[i].zone == gateway_zone) places.push_back(i);
  }
  if (places.empty() || places.size() == farm.backends.size()) {
    return std::nullopt;
  }
  return BackendGroup(farm, std::move(places), BackendGroup::Use::kSnapshot);
}

}  // namespace

FarmIndex::FarmIndex(const Farm& farm, absl::string_view gateway_zone)
    : gateway_zone_(gateway_zone),
      all_(BackendGroup::AllOf(farm, BackendGroup::Use::kSnapshot)),
      near_(NearOf(farm, gateway_zone)) {
  places_.reserve(farm.backends.size());
  for (uint32_t i = 0; i < farm.backends.size(); ++i) {
    places_.try_emplace(farm.backends[i].id, i);
  }
}

bool FarmIndex::Serves(const Farm& former, const Farm& farm,
                       absl::string_view gateway_zone) const {
  return former.balance == farm.balance &&
         former.prefer_zone == farm.prefer_zone &&
         gateway_zone_ == gateway_zone &&
         std::equal(former.backends.begin(), former.backends.end(),
                    farm.backends.begin(), farm.backends.end(),
                    [](const Backend& a, const Backend& b) {
                      return a.id == b.id && a.weight == b.weight &&
                             a.capacity == b.capacity && a.zone == b.zone;
                    });
}

std::optional<uint32_t> FarmIndex::Find(absl::string_view id) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

}  // namespace pinnace::fleet
