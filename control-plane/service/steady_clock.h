// The time by a clock that nobody sets and that stands while the machine does:
// for leases and waits, not for people. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_STEADY_CLOCK_H_
#define PINNACE_CONTROL_PLANE_SERVICE_STEADY_CLOCK_H_

#include <chrono>

#include "absl/time/time.h"

namespace pinnace::service {

inline absl::Time SteadyNow() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_STEADY_CLOCK_H_
