#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_invocation.h"
#include "cli/ctl_verbs.h"
#include "cli/signals.h"
#include "cli/subcommand.h"

namespace pinnace::cli {
namespace {

constexpr char kEveryVerb[] =
    "Every verb takes --server HOST:PORT (127.0.0.1:9021) and --json. Exit "
    "status: 0 ok,\n1 refused, 2 usage.\n";

std::string Usage() {
  std::string usage = "usage: pinnace ctl NOUN VERB [FLAGS] [ARGUMENTS]\n\n";
  for (const CtlVerb& verb : CtlVerbs()) {
    absl::StrAppend(&usage, "  ", verb.noun, verb.verb[0] == '\0' ? "" : " ",
                    verb.verb, verb.arguments[0] == '\0' ? "" : " ",
                    verb.arguments, "\n");
  }
  absl::StrAppend(&usage, "\n", kEveryVerb,
                  "pinnace ctl NOUN VERB --help says more.\n");
  return usage;
}

std::string UsageOf(const CtlVerb& verb) {
  return absl::StrCat("usage: pinnace ctl ", verb.noun,
                      verb.verb[0] == '\0' ? "" : " ", verb.verb,
                      verb.arguments[0] == '\0' ? "" : " ", verb.arguments,
                      "\n\n", verb.help, "\n\n", kEveryVerb);
}

}  // namespace

int Ctl(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    std::fputs(Usage().c_str(), stdout);
    return kExitOk;
  }
  if (words.empty()) {
    std::fputs(Usage().c_str(), stderr);
    return kExitUsage;
  }
  absl::StatusOr<CtlInvocation> invocation = ParseCtl(CtlVerbs(), words);
  const bool help =
      std::find(words.begin(), words.end(), "--help") != words.end();
  if (!invocation.ok() && help) {
    std::fputs(Usage().c_str(), stdout);
    return kExitOk;
  }
  if (!invocation.ok()) {
    std::fprintf(stderr, "pinnace ctl: %s\n",
                 std::string(invocation.status().message()).c_str());
    return kExitUsage;
  }
  if (invocation->help) {
    std::fputs(UsageOf(*invocation->verb).c_str(), stdout);
    return kExitOk;
  }
  // Before the connection makes threads.
  if (invocation->Has("hold")) BlockSignals();
  CtlConnection connection(invocation->server);
  const absl::Status status = invocation->verb->run(*invocation, connection);
  if (status.ok()) return kExitOk;
  std::fprintf(stderr, "pinnace ctl: %s\n", status.ToString().c_str());
  return kExitRefused;
}

}  // namespace pinnace::cli
