// One command line of `pinnace ctl`, taken apart: which verb of which noun, its
// flags and its arguments. Main thread.
#ifndef PINNACE_CLI_CTL_INVOCATION_H_
#define PINNACE_CLI_CTL_INVOCATION_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace pinnace::cli {

class CtlConnection;
struct CtlInvocation;

// One verb of one noun: "backend register".
struct CtlVerb {
  const char* noun;
  const char* verb;  // "": the noun alone
  const char* arguments;
  const char* help;
  // Flags with a value, then flags without, beside those every verb has.
  std::vector<std::string> valued;
  std::vector<std::string> plain;
  size_t min_arguments;
  size_t max_arguments;
  absl::Status (*run)(const CtlInvocation& invocation,
                      CtlConnection& connection);
};

struct CtlInvocation {
  const CtlVerb* verb = nullptr;
  std::map<std::string, std::vector<std::string>> flags;
  std::vector<std::string> arguments;
  std::string server = "127.0.0.1:9021";
  bool json = false;
  bool help = false;

  bool Has(absl::string_view flag) const;
  // The last one given, or "".
  std::string Flag(absl::string_view flag) const;
};

// `words` are what stands behind "ctl". INVALID_ARGUMENT in one line.
absl::StatusOr<CtlInvocation> ParseCtl(absl::Span<const CtlVerb> verbs,
                                       const std::vector<std::string>& words);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_INVOCATION_H_
