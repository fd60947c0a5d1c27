#include "proxy/fleet/backend_group.h"

#include <numeric>
#include <utility>

namespace pinnace::fleet {

BackendGroup::BackendGroup(const Farm& farm, std::vector<uint32_t> places,
                           Use use)
    : places_(std::move(places)) {
  std::vector<int> weights;
  std::vector<MaglevTable::Member> members;
  for (const uint32_t place : places_) {
    const Backend& backend = farm.backends[place];
    load_scale_.Add(backend);
    weights.push_back(backend.weight);
    members.push_back({.id = backend.id, .weight = backend.weight});
  }
  switch (farm.balance) {
    case Balance::kRoundRobin:
    case Balance::kLeastSessions:
      break;
    case Balance::kWeighted:
      weighted_ = std::make_unique<WeightedTurn>(
          weights, farm.progress->turn.load(std::memory_order_relaxed));
      break;
    case Balance::kP2c:
      p2c_ = std::make_unique<const AliasTable>(weights);
      break;
    case Balance::kMaglev:
      if (use == Use::kSnapshot) {
        maglev_ = std::make_unique<const MaglevTable>(members);
      }
      break;
  }
}

BackendGroup BackendGroup::AllOf(const Farm& farm, Use use) {
  std::vector<uint32_t> places(farm.backends.size());
  std::iota(places.begin(), places.end(), 0u);
  return BackendGroup(farm, std::move(places), use);
}

}  // namespace pinnace::fleet
