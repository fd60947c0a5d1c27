// `pinnace ctl backend ...`.
#ifndef PINNACE_CLI_CTL_BACKEND_H_
#define PINNACE_CLI_CTL_BACKEND_H_

#include "absl/status/statusor.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_invocation.h"

namespace pinnace::cli {

absl::Status RegisterBackend(const CtlInvocation& invocation,
                             CtlConnection& connection);
absl::Status ListBackends(const CtlInvocation& invocation,
                          CtlConnection& connection);
absl::Status ShowBackend(const CtlInvocation& invocation,
                         CtlConnection& connection);
absl::Status DrainBackend(const CtlInvocation& invocation,
                          CtlConnection& connection);
absl::Status ResumeBackend(const CtlInvocation& invocation,
                           CtlConnection& connection);
absl::Status DeregisterBackend(const CtlInvocation& invocation,
                               CtlConnection& connection);

// The flags of `backend register` as a request. INVALID_ARGUMENT names the
// flag.
absl::StatusOr<v1::RegisterBackendRequest> RegisterRequestOf(
    const CtlInvocation& invocation);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_BACKEND_H_
