// `pinnace ctl backend register --hold`: carries out what BackendHold decides.
// Main thread, signals blocked.
#ifndef PINNACE_CLI_CTL_HOLD_H_
#define PINNACE_CLI_CTL_HOLD_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/ctl_connection.h"

namespace pinnace::cli {

struct HoldOptions {
  v1::RegisterBackendRequest request;  // with a TTL
  absl::Duration drain_deadline = absl::Minutes(10);
  std::function<void(const v1::BackendRecord&)> show;  // once, when registered
};

// Returns after a signal, or when the control plane refuses the backend.
absl::Status HoldBackend(const HoldOptions& options, CtlConnection& connection);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_HOLD_H_
