#include "proxy/gateway/probe_schedule.h"

#include <algorithm>

#include "proxy/base/limits.h"

namespace pinnace::gateway {

fleet::Health ProbeSchedule::Add(fleet::Health before, ProbeOutcome outcome,
                                 const fleet::HealthCheck& check) {
  if (outcome == ProbeOutcome::kInconclusive) return before;
  const fleet::Health seen = outcome == ProbeOutcome::kWell
                                 ? fleet::Health::kHealthy
                                 : fleet::Health::kUnhealthy;
  if (seen == before) {
    in_row_ = 0;
    return before;
  }
  ++in_row_;
  const int wanted = outcome == ProbeOutcome::kWell ? check.rise : check.fall;
  if (before != fleet::Health::kUnknown && in_row_ < wanted) return before;
  in_row_ = 0;
  return seen;
}

absl::Duration ProbeSchedule::Pause(fleet::Health health,
                                    absl::Duration interval) const {
  if (health == fleet::Health::kHealthy && in_row_ == 0) return interval;
  return std::min(interval, limits::kProbeRetry);
}

absl::Duration Spread(absl::Duration pause, double chance) {
  return pause * (0.95 + 0.1 * chance);
}

}  // namespace pinnace::gateway
