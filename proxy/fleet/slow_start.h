// A backend that is new or well again gets its full share of sessions only
// after a while, in a line from a tenth. Any thread.
#ifndef PINNACE_PROXY_FLEET_SLOW_START_H_
#define PINNACE_PROXY_FLEET_SLOW_START_H_

#include "absl/time/time.h"
#include "proxy/fleet/farm.h"

namespace pinnace::fleet {

inline constexpr int kFullShare = 1000;
inline constexpr int kLeastShare = 100;

// What part of its full share it is to have now: kLeastShare..kFullShare.
int ShareNow(const Farm& farm, const Backend& backend, absl::Time now);

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_SLOW_START_H_
