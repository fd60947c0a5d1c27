// `pinnace ctl farm ...` and `pinnace ctl snapshot`.
#ifndef PINNACE_CLI_CTL_FARM_H_
#define PINNACE_CLI_CTL_FARM_H_

#include "absl/status/statusor.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_invocation.h"

namespace pinnace::cli {

absl::Status ListFarms(const CtlInvocation& invocation,
                       CtlConnection& connection);
absl::Status SetFarm(const CtlInvocation& invocation,
                     CtlConnection& connection);
absl::Status DeleteFarm(const CtlInvocation& invocation,
                        CtlConnection& connection);
absl::Status ShowSnapshot(const CtlInvocation& invocation,
                          CtlConnection& connection);

// The flags of `farm set` laid over the farm as it is now.
absl::StatusOr<v1::Farm> FarmOf(const CtlInvocation& invocation, v1::Farm farm);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_FARM_H_
