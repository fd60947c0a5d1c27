#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/completion.h"
#include "cli/completion_scripts.h"
#include "cli/completion_values.h"
#include "cli/ctl_verbs.h"
#include "cli/subcommand.h"

namespace pinnace::cli {
namespace {

constexpr char kUsage[] =
    "usage: pinnace completion bash|zsh\n\n"
    "Prints what the shell needs to complete subcommands, verbs, flags, their "
    "values, and\nthe names of backends, farms, routes, policies, gateways, "
    "sessions "
    "and pins that the\ncontrol plane of the line knows.\n\n"
    "examples:\n"
    "  source <(pinnace completion bash)\n"
    "  pinnace completion bash "
    ">/usr/share/bash-completion/completions/pinnace\n"
    "  pinnace completion zsh >/usr/share/zsh/vendor-completions/_pinnace\n";

// One per line. Never an error: there is just nothing to offer.
int PrintCandidates(const std::vector<std::string>& line) {
  const Candidates candidates = CandidatesFor(Subcommands(), CtlVerbs(), line);
  if (candidates.names == Names::kFiles) {
    std::printf("%s\n", kFilesMark);
    return kExitOk;
  }
  for (const std::string& word : candidates.words) {
    std::printf("%s\n", word.c_str());
  }
  std::string verb(CompletionValueVerb(candidates.names));
  if (verb.empty()) return kExitOk;
  std::vector<std::string> words = {"ctl", kCompletionValuesNoun, verb};
  for (const std::string& word : EveryVerbsFlagsIn(line)) {
    words.push_back(word);
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  Ctl(static_cast<int>(argv.size()), argv.data());
  return kExitOk;
}

}  // namespace

int Completion(int argc, char** argv) {
  const absl::string_view what = argc > 1 ? argv[1] : "";
  if (what == "--help" || what == "-h") {
    std::fputs(kUsage, stdout);
    return kExitOk;
  }
  if (what == "words" && argc > 2 && absl::string_view(argv[2]) == "--") {
    return PrintCandidates({argv + 3, argv + argc});
  }
  if (argc == 2 && (what == "bash" || what == "zsh")) {
    std::fputs(what == "bash" ? kBashCompletion : kZshCompletion, stdout);
    return kExitOk;
  }
  std::fputs(kUsage, stderr);
  return kExitUsage;
}

}  // namespace pinnace::cli
