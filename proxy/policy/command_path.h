// Which path of the backend's a command names, as its client wrote it. What
// servers could take for another path than the one that stands there is said to
// be unclear. Pure. Any thread.
#ifndef PINNACE_PROXY_POLICY_COMMAND_PATH_H_
#define PINNACE_PROXY_POLICY_COMMAND_PATH_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "proxy/ftp/command.h"

namespace pinnace::policy {

enum class PathUse : uint8_t {
  kNone,        // the command names none
  kThing,       // a file or directory
  kLookedInto,  // a directory whose content it is about, or may be
  kUnclear,     // perhaps one, and it cannot be told which
};

struct CommandPath {
  PathUse use = PathUse::kNone;
  absl::string_view text;  // "": the working directory; into the command
};

CommandPath PathOf(const ftp::Command& command);

// Behind SITE: "CHMOD", in the client's letter case; "" when there is none.
absl::string_view SiteWord(absl::string_view argument);

// MDTM with a time in front of the path sets the time, on many servers.
bool SetsTime(const ftp::Command& command);

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_COMMAND_PATH_H_
