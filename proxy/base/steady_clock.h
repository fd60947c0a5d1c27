// The one clock of a process: the wall clock as it was at the first look, and
// monotonic from there. A step of the wall clock moves no deadline, and times
// that different threads took compare. Not for telling the time of day. Any
// thread.
#ifndef PINNACE_PROXY_BASE_STEADY_CLOCK_H_
#define PINNACE_PROXY_BASE_STEADY_CLOCK_H_

#include "absl/time/time.h"

namespace pinnace {

absl::Time SteadyNow();

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_STEADY_CLOCK_H_
