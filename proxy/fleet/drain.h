// Which backends a new snapshot drains, takes away or gives back, told to those
// who are on them by way of BackendStatus. Any thread.
#ifndef PINNACE_PROXY_FLEET_DRAIN_H_
#define PINNACE_PROXY_FLEET_DRAIN_H_

#include "absl/time/time.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::fleet {

// `next` has taken over the live facts of `former` already. A backend that
// begins to drain gives its sessions the farm's grace and deadline from `now`
// on, one that is gone no grace; a drain that has begun keeps its times; one
// that has ended is forgotten. True when anything has changed.
bool UpdateDrains(const Fleet& former, const Fleet& next, absl::Time now);

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_DRAIN_H_
