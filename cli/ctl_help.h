// What `pinnace ctl ... --help` says, made of the verbs' rows. Any thread.
#ifndef PINNACE_CLI_CTL_HELP_H_
#define PINNACE_CLI_CTL_HELP_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cli/ctl_invocation.h"

namespace pinnace::cli {

// Every verb, or those of one noun.
std::string CtlUsage(absl::Span<const CtlVerb> verbs,
                     absl::string_view noun = "");
std::string CtlUsageOf(const CtlVerb& verb);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_HELP_H_
