// Every verb of `pinnace ctl`, one row each.
#ifndef PINNACE_CLI_CTL_VERBS_H_
#define PINNACE_CLI_CTL_VERBS_H_

#include "absl/types/span.h"
#include "cli/ctl_invocation.h"

namespace pinnace::cli {

absl::Span<const CtlVerb> CtlVerbs();

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_VERBS_H_
