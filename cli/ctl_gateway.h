// `pinnace ctl gateway|port|pin ...`: the gateways, their public ports and whom
// they keep on which backend.
#ifndef PINNACE_CLI_CTL_GATEWAY_H_
#define PINNACE_CLI_CTL_GATEWAY_H_

#include <vector>

#include "cli/ctl_invocation.h"

namespace pinnace::cli {

std::vector<CtlVerb> PinVerbs();
std::vector<CtlVerb> PortVerbs();
std::vector<CtlVerb> GatewayVerbs();

// "--gateway NAME" of a message with a field `gateway`.
inline constexpr CtlFlag kGatewayFlag = {.name = "gateway",
                                         .help = "only on this gateway",
                                         .field = "gateway",
                                         .value = "NAME",
                                         .names = Names::kGateways};

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_GATEWAY_H_
