#include "proxy/fleet/fleet.h"

#include <algorithm>
#include <utility>

#include "proxy/fleet/farm_index.h"

namespace pinnace::fleet {
namespace {

// What is known of a backend outlives a new snapshot, unless it is another
// server under the old name.
void InheritStatus(const Farm& former, Farm& farm) {
  for (size_t i = 0; i < farm.backends.size(); ++i) {
    Backend& backend = farm.backends[i];
    const bool in_place =
        i < former.backends.size() && former.backends[i].id == backend.id;
    const Backend* old =
        in_place ? &former.backends[i] : former.FindBackend(backend.id);
    if (old != nullptr && old->address == backend.address) {
      backend.status = old->status;
    } else {
      backend.status->MarkNew();
    }
  }
}

// Also for what runs already.
void SetRates(const Farm& farm) {
  farm.progress->rate.Set(farm.rate);
  for (const Backend& backend : farm.backends) {
    backend.status->rate.Set(backend.rate);
  }
}

}  // namespace

const Farm* Fleet::FindFarm(absl::string_view name) const {
  if (places != nullptr) {
    const auto found = places->find(name);
    return found == places->end() ? nullptr : &farms[found->second];
  }
  const auto found =
      std::find_if(farms.begin(), farms.end(),
                   [name](const Farm& farm) { return farm.name == name; });
  return found == farms.end() ? nullptr : &*found;
}

void Fleet::Prepare(absl::string_view gateway_zone, const Fleet* former) {
  auto new_places = std::make_shared<FarmPlaces>();
  for (uint32_t i = 0; i < farms.size(); ++i) {
    Farm& farm = farms[i];
    new_places->try_emplace(farm.name, i);
    farm.index = nullptr;
    const Farm* old = former == nullptr ? nullptr : former->FindFarm(farm.name);
    if (old != nullptr) {
      farm.progress = old->progress;
      InheritStatus(*old, farm);
    }
    SetRates(farm);
    if (old != nullptr) {
      if (old->index != nullptr &&
          old->index->Serves(*old, farm, gateway_zone)) {
        farm.index = old->index;
        continue;
      }
    }
    farm.index = std::make_shared<const FarmIndex>(farm, gateway_zone);
  }
  places = std::move(new_places);
}

}  // namespace pinnace::fleet
