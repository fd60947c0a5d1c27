// `pinnace ctl snapshot` and `pinnace ctl audit`: the registry as a whole.
#ifndef PINNACE_CLI_CTL_REGISTRY_H_
#define PINNACE_CLI_CTL_REGISTRY_H_

#include <vector>

#include "cli/ctl_invocation.h"

namespace pinnace::cli {

std::vector<CtlVerb> RegistryVerbs();

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_REGISTRY_H_
