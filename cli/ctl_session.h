// `pinnace ctl session ...`: what happens on the gateways.
#ifndef PINNACE_CLI_CTL_SESSION_H_
#define PINNACE_CLI_CTL_SESSION_H_

#include <vector>

#include "cli/ctl_invocation.h"

namespace pinnace::cli {

std::vector<CtlVerb> SessionVerbs();

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_SESSION_H_
