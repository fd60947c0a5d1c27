// The names that only a control plane knows, for the shell's completion: the
// hidden verbs `pinnace ctl __values backends` and so on. Quick, and silent
// when there is nothing to say.
#ifndef PINNACE_CLI_COMPLETION_VALUES_H_
#define PINNACE_CLI_COMPLETION_VALUES_H_

#include <vector>

#include "cli/ctl_invocation.h"

namespace pinnace::cli {

std::vector<CtlVerb> CompletionValueVerbs();

// The verb for a kind of names; "" where no control plane knows them.
absl::string_view CompletionValueVerb(Names names);

inline constexpr char kCompletionValuesNoun[] = "__values";

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_COMPLETION_VALUES_H_
