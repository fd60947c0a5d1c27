// `pinnace ctl session|pin|port|gateway ...`: what happens on the gateways.
#ifndef PINNACE_CLI_CTL_SESSION_H_
#define PINNACE_CLI_CTL_SESSION_H_

#include "absl/status/status.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_invocation.h"

namespace pinnace::cli {

absl::Status ListSessions(const CtlInvocation& invocation,
                          CtlConnection& connection);
absl::Status ShowSession(const CtlInvocation& invocation,
                         CtlConnection& connection);
absl::Status KillSession(const CtlInvocation& invocation,
                         CtlConnection& connection);
absl::Status ListPins(const CtlInvocation& invocation,
                      CtlConnection& connection);
absl::Status DeletePin(const CtlInvocation& invocation,
                       CtlConnection& connection);
absl::Status ListPorts(const CtlInvocation& invocation,
                       CtlConnection& connection);
absl::Status ListGateways(const CtlInvocation& invocation,
                          CtlConnection& connection);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_SESSION_H_
