// `pinnace ctl backend ...`.
#ifndef PINNACE_CLI_CTL_BACKEND_H_
#define PINNACE_CLI_CTL_BACKEND_H_

#include <vector>

#include "cli/ctl_invocation.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::cli {

std::vector<CtlVerb> BackendVerbs();

// The flags of `backend register`, with a TTL for `--hold` that has none.
v1::RegisterBackendRequest RegisterRequestOf(const CtlInvocation& invocation);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_BACKEND_H_
