#include "cli/ctl_help.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

constexpr char kEveryVerb[] = "Every verb takes:\n";
constexpr char kExitStatus[] = "Exit status: 0 ok, 1 refused, 2 usage.\n";
constexpr int kFlagWidth = 34;

std::string Value(const CtlFlag& flag, const CtlVerb* verb) {
  if (flag.type == FlagType::kPlain) return "";
  if (flag.value[0] != '\0') return absl::StrCat(" ", flag.value);
  return absl::StrCat(" ", FieldPlaceholder(FieldAt(
                               *verb->message->GetDescriptor(), flag.field)));
}

std::string FlagLine(const CtlFlag& flag, const CtlVerb* verb) {
  const std::string name = absl::StrCat("--", flag.name, Value(flag, verb));
  const std::string help =
      flag.otherwise[0] == '\0'
          ? flag.help
          : absl::StrCat(flag.help, " (default: ", flag.otherwise, ")");
  if (name.size() < kFlagWidth) {
    return absl::StrFormat("  %-*s%s\n", kFlagWidth, name, help);
  }
  return absl::StrFormat("  %s\n  %*s%s\n", name, kFlagWidth, "", help);
}

// "backend register --farm FARM --id ID --address HOST:PORT [FLAGS]".
std::string Synopsis(const CtlVerb& verb) {
  std::string synopsis = verb.name();
  if (verb.argument.name[0] != '\0') {
    absl::StrAppend(&synopsis, " ", verb.argument.name);
  }
  bool has_more = false;
  for (const CtlFlag& flag : verb.flags) {
    if (flag.needed == Needed::kYes) {
      absl::StrAppend(&synopsis, " --", flag.name, Value(flag, &verb));
    } else {
      has_more = true;
    }
  }
  return has_more ? synopsis + " [FLAGS]" : synopsis;
}

std::string EveryVerb() {
  std::string text = kEveryVerb;
  for (const CtlFlag& flag : EveryVerbsFlags()) {
    text += FlagLine(flag, nullptr);
  }
  return absl::StrCat(text, "\n", kExitStatus);
}

}  // namespace

std::string CtlUsage(absl::Span<const CtlVerb> verbs, absl::string_view noun) {
  std::string usage =
      absl::StrCat("usage: pinnace ctl ", noun.empty() ? "NOUN" : noun,
                   " VERB [FLAGS] [ARGUMENT]\n\n");
  for (const CtlVerb& verb : verbs) {
    if (verb.hidden() || (!noun.empty() && noun != verb.noun)) continue;
    absl::StrAppend(&usage, "  ", Synopsis(verb), "\n");
  }
  absl::StrAppend(&usage, "\n", EveryVerb(),
                  "pinnace ctl NOUN VERB --help says more.\n\nexamples:\n");
  for (const CtlVerb& verb : verbs) {
    if (verb.hidden() || (!noun.empty() && noun != verb.noun)) continue;
    absl::StrAppend(&usage, "  ", verb.examples.front(), "\n");
  }
  return usage;
}

std::string CtlUsageOf(const CtlVerb& verb) {
  std::string usage = absl::StrCat("usage: pinnace ctl ", Synopsis(verb),
                                   "\n\n", verb.help, "\n\n");
  for (const CtlFlag& flag : verb.flags) usage += FlagLine(flag, &verb);
  if (!verb.flags.empty()) usage += "\n";
  absl::StrAppend(&usage, EveryVerb(), "\nexamples:\n");
  for (const char* example : verb.examples) {
    absl::StrAppend(&usage, "  ", example, "\n");
  }
  return usage;
}

}  // namespace pinnace::cli
