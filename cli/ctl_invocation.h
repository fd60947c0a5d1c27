// One command line of `pinnace ctl`, taken apart: which verb of which noun, its
// flags and its argument. What a verb takes is said once, in its row: parsing,
// --help and completion read it there. Main thread.
#ifndef PINNACE_CLI_CTL_INVOCATION_H_
#define PINNACE_CLI_CTL_INVOCATION_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"

namespace pinnace::cli {

class CtlConnection;
struct CtlInvocation;

// What a value names, for completion.
enum class Names {
  kNothing,
  kFiles,
  kBackends,
  kFarms,
  kRoutes,
  kPolicies,
  kGateways,
  kSessions,
  kPins,
  kBans,
};

enum class FlagType { kField, kText, kDuration, kPlain };
enum class Needed { kNo, kYes };

struct CtlFlag {
  const char* name;
  const char* help;
  // Of the verb's message, where `type` is kField: "backend.weight".
  const char* field = "";
  const char* value = "";      // its place holder; "": what the field says
  const char* otherwise = "";  // what it is when not given; "": nothing
  FlagType type = FlagType::kField;
  Names names = Names::kNothing;
  Needed needed = Needed::kNo;
};

struct CtlArgument {
  const char* name = "";   // "": the verb takes none
  const char* field = "";  // of the verb's message
  Names names = Names::kNothing;
};

// One verb of one noun: "backend register".
struct CtlVerb {
  const char* noun;  // a hidden one begins with '_'
  const char* verb;  // "": the noun alone
  const char* help;
  // Whose fields the flags and the argument are; null: they are no fields.
  const google::protobuf::Message* message = nullptr;
  CtlArgument argument = {};
  std::vector<CtlFlag> flags = {};
  std::vector<const char*> examples = {};  // each is run by a test
  absl::Status (*run)(const CtlInvocation& invocation,
                      CtlConnection& connection);

  bool hidden() const { return noun[0] == '_'; }
  std::string name() const;  // "backend register"
};

// What every verb takes.
absl::Span<const CtlFlag> EveryVerbsFlags();

struct CtlInvocation {
  const CtlVerb* verb = nullptr;
  std::map<std::string, std::vector<std::string>> flags;
  std::string argument;
  std::string server = "127.0.0.1:9021";
  bool json = false;
  bool help = false;

  bool Has(absl::string_view flag) const;
  // The last one given, or "".
  std::string Flag(absl::string_view flag) const;

  // Lays the flags that are given, and the argument, over a message of the
  // verb's type. INVALID_ARGUMENT names the flag.
  absl::Status LayOver(google::protobuf::Message& message) const;
  // As a message of their own; ParseCtl() has seen that it can be made.
  template <typename Message>
  Message As() const {
    Message message;
    LayOver(message).IgnoreError();
    return message;
  }
};

// `words` are what stands behind "ctl". INVALID_ARGUMENT in one line.
absl::StatusOr<CtlInvocation> ParseCtl(absl::Span<const CtlVerb> verbs,
                                       const std::vector<std::string>& words);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_INVOCATION_H_
