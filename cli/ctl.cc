#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/ctl_connection.h"
#include "cli/ctl_help.h"
#include "cli/ctl_invocation.h"
#include "cli/ctl_target.h"
#include "cli/ctl_verbs.h"
#include "cli/signals.h"
#include "cli/subcommand.h"

namespace pinnace::cli {
namespace {

// As much as the words say what it is about.
std::string HelpFor(const std::vector<std::string>& words) {
  for (const CtlVerb& verb : CtlVerbs()) {
    if (words[0] == verb.noun) return CtlUsage(CtlVerbs(), verb.noun);
  }
  return CtlUsage(CtlVerbs());
}

}  // namespace

int Ctl(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::fputs(CtlUsage(CtlVerbs()).c_str(), stderr);
    return kExitUsage;
  }
  absl::StatusOr<CtlInvocation> invocation = ParseCtl(CtlVerbs(), words);
  const bool help = std::any_of(
      words.begin(), words.end(),
      [](const std::string& word) { return word == "--help" || word == "-h"; });
  if (!invocation.ok() && help) {
    std::fputs(HelpFor(words).c_str(), stdout);
    return kExitOk;
  }
  if (!invocation.ok()) {
    std::fprintf(stderr, "pinnace ctl: %s\n",
                 std::string(invocation.status().message()).c_str());
    return kExitUsage;
  }
  if (invocation->help) {
    std::fputs(CtlUsageOf(*invocation->verb).c_str(), stdout);
    return kExitOk;
  }
  // Before the connection makes threads.
  if (invocation->Has("hold")) BlockSignals();
  const CtlTarget target = TargetOf(*invocation, &std::getenv);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = ChannelTo(target);
  if (!channel.ok()) {
    std::fprintf(stderr, "pinnace ctl: %s\n",
                 std::string(channel.status().message()).c_str());
    return kExitUsage;
  }
  CtlConnection connection(*std::move(channel), target.server);
  const absl::Status status = invocation->verb->run(*invocation, connection);
  if (status.ok()) return kExitOk;
  std::fprintf(stderr, "pinnace ctl: %s\n", status.ToString().c_str());
  return kExitRefused;
}

}  // namespace pinnace::cli
