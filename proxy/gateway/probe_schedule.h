// Probe results of one backend to its health, and the pause until the next
// probe. Pure. One thread.
#ifndef PINNACE_PROXY_GATEWAY_PROBE_SCHEDULE_H_
#define PINNACE_PROXY_GATEWAY_PROBE_SCHEDULE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::gateway {

enum class ProbeOutcome : uint8_t {
  kWell,
  kFailed,
  kInconclusive,  // the gateway could not ask
};

class ProbeSchedule {
 public:
  // The health after one more result. The first one decides by itself; then it
  // takes `rise` good ones or `fall` bad ones in a row.
  fleet::Health Add(fleet::Health before, ProbeOutcome outcome,
                    const fleet::HealthCheck& check);
  // `interval`; shorter for a backend that is not well, or in doubt: it should
  // be known soon, and be back at once.
  absl::Duration Pause(fleet::Health health, absl::Duration interval) const;

 private:
  int in_row_ = 0;  // of results against the present health
};

// `pause`, by up to a twentieth shorter or longer: the backends of a farm, and
// the gateways, do not stay in step. `chance` is 0 to 1.
absl::Duration Spread(absl::Duration pause, double chance);

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBE_SCHEDULE_H_
