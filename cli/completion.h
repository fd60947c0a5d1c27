// What may stand where the cursor is: of the subcommands and the verbs' rows.
// Pure. Any thread.
#ifndef PINNACE_CLI_COMPLETION_H_
#define PINNACE_CLI_COMPLETION_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "cli/ctl_invocation.h"
#include "cli/subcommand.h"

namespace pinnace::cli {

struct Candidates {
  std::vector<std::string> words;  // whatever has been typed of them
  Names names = Names::kNothing;   // and what only others know
};

// `line` is what stands behind "pinnace", the word at the cursor last, "" where
// none has begun. Of "--flag=..." the candidates are values.
Candidates CandidatesFor(absl::Span<const Subcommand> subcommands,
                         absl::Span<const CtlVerb> verbs,
                         const std::vector<std::string>& line);

// The flags of every verb that the line gives, as words: whom to ask, and how.
std::vector<std::string> EveryVerbsFlagsIn(
    const std::vector<std::string>& line);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_COMPLETION_H_
