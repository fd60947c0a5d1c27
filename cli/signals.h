// Signals as something the main thread waits for. Blocked before any other
// thread begins, so that no thread is interrupted. Main thread.
#ifndef PINNACE_CLI_SIGNALS_H_
#define PINNACE_CLI_SIGNALS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::cli {

// kDrain: this process asked for its own end, by RequestDrain().
enum class Signal : uint8_t { kNone, kStop, kDrain, kReload };
constexpr bool EndsProcess(Signal signal) {
  return signal == Signal::kStop || signal == Signal::kDrain;
}

// SIGTERM, SIGINT and SIGHUP wait for NextSignal() from now on, SIGPIPE is
// ignored. Before the first thread is made.
void BlockSignals();

// The next one; kNone when `timeout` has passed.
Signal NextSignal(absl::Duration timeout = absl::InfiniteDuration());

// NextSignal() says kDrain. Any thread.
void RequestDrain();

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_SIGNALS_H_
