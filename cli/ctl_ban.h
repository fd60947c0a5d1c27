// `pinnace ctl ban list|add|delete`. Main thread.
#ifndef PINNACE_CLI_CTL_BAN_H_
#define PINNACE_CLI_CTL_BAN_H_

#include <vector>

#include "cli/ctl_invocation.h"

namespace pinnace::cli {

std::vector<CtlVerb> BanVerbs();

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_BAN_H_
