// Signals as something the main thread waits for. Blocked before any other
// thread begins, so that no thread is interrupted. Main thread.
#ifndef PINNACE_CLI_SIGNALS_H_
#define PINNACE_CLI_SIGNALS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::cli {

enum class Signal : uint8_t { kNone, kStop, kReload };

// SIGTERM, SIGINT and SIGHUP wait for NextSignal() from now on, SIGPIPE is
// ignored. Before the first thread is made.
void BlockSignals();

// The next one; kNone when `timeout` has passed.
Signal NextSignal(absl::Duration timeout = absl::InfiniteDuration());

// As if somebody had sent a SIGTERM. Any thread.
void RequestStop();

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_SIGNALS_H_
