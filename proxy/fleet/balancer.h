// Which backend a new session goes to: a pure choice over one farm. Any thread.
#ifndef PINNACE_PROXY_FLEET_BALANCER_H_
#define PINNACE_PROXY_FLEET_BALANCER_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::fleet {

struct PickRequest {
  absl::Time now;
  // Tried already by this login; never picked again.
  absl::Span<const BackendId> tried;
  // Of maglev, by the farm's `hash_on`.
  const IpAddress& client;
  absl::string_view user;
};

// Among the backends that are up and not unhealthy, and not ejected if any such
// is left; by the farm's policy. Null when every backend is draining, unhealthy
// or tried.
const Backend* Pick(const Farm& farm, const PickRequest& request);

// Why Pick() has found nobody.
enum class Nobody : uint8_t {
  kNoBackends,
  kAllOut,   // draining, unhealthy or tried
  kAllFull,  // those that are left are at their max_sessions
};
Nobody WhyNobody(const Farm& farm, const PickRequest& request);

// Pick() has somebody to try.
bool HasCandidate(const Farm& farm);

// May take a new session: up, and neither unhealthy nor ejected.
bool IsUsable(const Backend& backend, absl::Time now);

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_BALANCER_H_
