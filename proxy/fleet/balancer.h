// Which backend a new session goes to: a choice over one farm, by its policy.
// It allocates nothing in a prepared farm. Any thread: workers pick at once.
#ifndef PINNACE_PROXY_FLEET_BALANCER_H_
#define PINNACE_PROXY_FLEET_BALANCER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/fleet/farm.h"

namespace pinnace::fleet {

struct PickRequest {
  absl::Time now;
  // Tried already by this login; never picked again.
  absl::Span<const BackendId> tried;
  const IpAddress& client;
  absl::string_view user;
};

// Up and not unhealthy. It may be ejected, or full.
bool IsCandidate(const Backend& backend);

// Among the backends that are up, neither unhealthy, ejected nor full, and not
// tried: in the gateway's zone first if the farm prefers it, then in all. Those
// that are ejected if no other is left. Null: nobody.
const Backend* Pick(const Farm& farm, const PickRequest& request);

enum class Nobody : uint8_t {
  kNoBackends,
  kAllOut,   // draining, unhealthy or tried
  kAllFull,  // those that are left have their `max_sessions`
};
// Of a request for which Pick() found nobody.
Nobody WhyNobody(const Farm& farm, const PickRequest& request);

// Somebody is up and not unhealthy.
bool HasCandidate(const Farm& farm);

// Up, and neither unhealthy nor ejected. Whether it is full is apart:
// BackendStatus::IsFull().
bool IsUsable(const Backend& backend, absl::Time now);

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_BALANCER_H_
