#include "proxy/fleet/drain.h"

#include <algorithm>

namespace pinnace::fleet {
namespace {

bool IsDraining(const BackendStatus& status) {
  return status.drain().deadline != absl::InfiniteFuture();
}

bool Update(const Farm& farm, const Backend& backend, absl::Time now) {
  const bool wanted = backend.state == AdminState::kDraining;
  if (wanted == IsDraining(*backend.status)) return false;
  backend.status->SetDrain(
      wanted ? BackendStatus::Drain{.idle_end = now + farm.drain.grace,
                                    .deadline = now + farm.drain.deadline}
             : BackendStatus::Drain());
  return true;
}

// The same server, and not only the same name.
bool IsIn(const Fleet& fleet, const Farm& farm, const Backend& backend) {
  const Farm* there = fleet.FindFarm(farm.name);
  const Backend* same =
      there == nullptr ? nullptr : there->FindBackend(backend.id);
  return same != nullptr && same->status == backend.status;
}

}  // namespace

bool UpdateDrains(const Fleet& former, const Fleet& next, absl::Time now) {
  bool changed = false;
  for (const Farm& farm : next.farms) {
    for (const Backend& backend : farm.backends) {
      changed = Update(farm, backend, now) || changed;
    }
  }
  for (const Farm& farm : former.farms) {
    for (const Backend& backend : farm.backends) {
      if (IsIn(next, farm, backend)) continue;
      // What a drain has promised already stands.
      BackendStatus::Drain drain = backend.status->drain();
      drain.idle_end = now;
      drain.deadline = std::min(drain.deadline, now + farm.drain.deadline);
      backend.status->SetDrain(drain);
      changed = true;
    }
  }
  return changed;
}

}  // namespace pinnace::fleet
