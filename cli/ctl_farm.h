// `pinnace ctl farm ...`: a flag for every setting of v1::Farm.
#ifndef PINNACE_CLI_CTL_FARM_H_
#define PINNACE_CLI_CTL_FARM_H_

#include <vector>

#include "cli/ctl_invocation.h"
#include "protos/pinnace/v1/farm.pb.h"

namespace pinnace::cli {

std::vector<CtlVerb> FarmVerbs();

// The flags of `farm set` laid over the farm as it is now.
v1::Farm FarmOf(const CtlInvocation& invocation, v1::Farm farm);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_FARM_H_
