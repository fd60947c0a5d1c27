// What tells the time, and the clock for leases and waits: nobody sets it, it
// stands while the machine does, and says nothing to people. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_STEADY_CLOCK_H_
#define PINNACE_CONTROL_PLANE_SERVICE_STEADY_CLOCK_H_

#include <chrono>
#include <functional>

#include "absl/time/time.h"

namespace pinnace::service {

using Clock = std::function<absl::Time()>;

inline absl::Time SteadyNow() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_STEADY_CLOCK_H_
