#include "proxy/fleet/fleet.h"

namespace pinnace::fleet {

const Backend* Farm::FindBackend(absl::string_view id) const {
  for (const Backend& backend : backends) {
    if (backend.id == id) return &backend;
  }
  return nullptr;
}

const Farm* Fleet::FindFarm(absl::string_view name) const {
  for (const Farm& farm : farms) {
    if (farm.name == name) return &farm;
  }
  return nullptr;
}

void Fleet::Prepare(absl::string_view, const Fleet* former) {
  if (former == nullptr) return;
  for (Farm& farm : farms) {
    const Farm* old_farm = former->FindFarm(farm.name);
    if (old_farm == nullptr) continue;
    farm.turn = old_farm->turn;
    for (Backend& backend : farm.backends) {
      const Backend* old = old_farm->FindBackend(backend.id);
      if (old != nullptr && old->address == backend.address) {
        backend.status = old->status;
      }
    }
  }
}

}  // namespace pinnace::fleet
