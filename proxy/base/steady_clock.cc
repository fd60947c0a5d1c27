#include "proxy/base/steady_clock.h"

#include <time.h>

#include "absl/time/clock.h"

namespace pinnace {
namespace {

absl::Duration SinceBoot() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return absl::DurationFromTimespec(time);
}

}  // namespace

absl::Time SteadyNow() {
  static const absl::Time boot = absl::Now() - SinceBoot();
  return boot + SinceBoot();
}

}  // namespace pinnace
