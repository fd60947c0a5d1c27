#include "proxy/fleet/slow_start.h"

#include <algorithm>

namespace pinnace::fleet {

int ShareNow(const Farm& farm, const Backend& backend, absl::Time now) {
  if (farm.slow_start <= absl::ZeroDuration()) return kFullShare;
  backend.status->EndNewness(now);
  const absl::Duration since = now - backend.status->healthy_since();
  if (since >= farm.slow_start) return kFullShare;
  const double part = std::max(0.0, absl::FDivDuration(since, farm.slow_start));
  return kLeastShare + static_cast<int>(part * (kFullShare - kLeastShare));
}

}  // namespace pinnace::fleet
