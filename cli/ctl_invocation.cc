#include "cli/ctl_invocation.h"

#include <getopt.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

absl::StatusOr<const CtlVerb*> FindVerb(absl::Span<const CtlVerb> verbs,
                                        const std::vector<std::string>& words) {
  std::vector<std::string> of_noun;
  std::vector<std::string> nouns;
  for (const CtlVerb& verb : verbs) {
    if (!verb.hidden() && (nouns.empty() || nouns.back() != verb.noun)) {
      nouns.push_back(verb.noun);
    }
    if (words.empty() || words[0] != verb.noun) continue;
    const bool alone = verb.verb[0] == '\0';
    if (alone || (words.size() > 1 && words[1] == verb.verb)) return &verb;
    of_noun.push_back(verb.verb);
  }
  if (!of_noun.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        words[0], " what? one of: ", absl::StrJoin(of_noun, ", ")));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      words.empty() ? "what?" : absl::StrCat("no \"", words[0], "\";"),
      " one of: ", absl::StrJoin(nouns, ", ")));
}

std::vector<CtlFlag> FlagsOf(const CtlVerb& verb) {
  std::vector<CtlFlag> flags(EveryVerbsFlags().begin(),
                             EveryVerbsFlags().end());
  flags.insert(flags.end(), verb.flags.begin(), verb.flags.end());
  return flags;
}

// For getopt_long: each flag's index, from 1, as its value.
std::vector<option> OptionsOf(const std::vector<CtlFlag>& flags) {
  std::vector<option> options;
  for (const CtlFlag& flag : flags) {
    const bool plain = flag.type == FlagType::kPlain;
    options.push_back({flag.name, plain ? no_argument : required_argument,
                       nullptr, static_cast<int>(options.size()) + 1});
  }
  options.push_back({nullptr, 0, nullptr, 0});
  return options;
}

bool TakesNextWord(absl::string_view word) {
  for (const CtlFlag& flag : EveryVerbsFlags()) {
    if (word == absl::StrCat("--", flag.name)) {
      return flag.type != FlagType::kPlain;
    }
  }
  return false;
}

// `ctl --server HOST:PORT session list` as `ctl session list --server
// HOST:PORT`: the flags of every verb may also stand in front.
std::vector<std::string> FlagsBehindVerb(
    const std::vector<std::string>& words) {
  auto verb = words.begin();
  while (verb != words.end() && absl::StartsWith(*verb, "--")) {
    const bool takes_next = TakesNextWord(*verb);
    ++verb;
    if (takes_next && verb != words.end()) ++verb;
  }
  std::vector<std::string> reordered(verb, words.end());
  reordered.insert(reordered.end(), words.begin(), verb);
  return reordered;
}

absl::Status OfFlag(absl::string_view flag, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("--", flag, " ", status.message()));
}

// Whether all that must be there is, and has a form that can be sent.
absl::Status Checked(const CtlInvocation& invocation) {
  const CtlVerb& verb = *invocation.verb;
  for (const CtlFlag& flag : verb.flags) {
    const bool given = invocation.Has(flag.name);
    if (flag.needed == Needed::kYes && !given) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag.name, " is missing"));
    }
    if (flag.type == FlagType::kDuration && given) {
      absl::StatusOr<absl::Duration> duration =
          ParsedDuration(invocation.Flag(flag.name));
      if (!duration.ok()) return OfFlag(flag.name, duration.status());
    }
  }
  if (verb.message == nullptr) return absl::OkStatus();
  const std::unique_ptr<google::protobuf::Message> message(verb.message->New());
  return invocation.LayOver(*message);
}

}  // namespace

std::string CtlVerb::name() const {
  return verb[0] == '\0' ? noun : absl::StrCat(noun, " ", verb);
}

absl::Span<const CtlFlag> EveryVerbsFlags() {
  static constexpr CtlFlag kFlags[] = {
      {.name = "server",
       .help = "of the control plane",
       .value = "HOST:PORT",
       .otherwise = "$PINNACE_SERVER or 127.0.0.1:9021",
       .type = FlagType::kText},
      {.name = "token-file",
       .help = "its first line says who you are",
       .value = "FILE",
       .otherwise = "$PINNACE_TOKEN_FILE",
       .type = FlagType::kText,
       .names = Names::kFiles},
      {.name = "ca",
       .help = "who signs the control plane's certificate; none: no TLS",
       .value = "FILE",
       .otherwise = "$PINNACE_CA",
       .type = FlagType::kText,
       .names = Names::kFiles},
      {.name = "cert",
       .help = "a client certificate",
       .value = "FILE",
       .otherwise = "$PINNACE_CERT",
       .type = FlagType::kText,
       .names = Names::kFiles},
      {.name = "key",
       .help = "its private key",
       .value = "FILE",
       .otherwise = "$PINNACE_KEY",
       .type = FlagType::kText,
       .names = Names::kFiles},
      {.name = "json",
       .help = "protobuf's canonical JSON in the place of a table",
       .type = FlagType::kPlain},
      {.name = "help", .help = "this text", .type = FlagType::kPlain},
  };
  return kFlags;
}

bool CtlInvocation::Has(absl::string_view flag) const {
  return flags.count(std::string(flag)) != 0;
}

std::string CtlInvocation::Flag(absl::string_view flag) const {
  auto found = flags.find(std::string(flag));
  return found == flags.end() ? "" : found->second.back();
}

absl::Status CtlInvocation::LayOver(google::protobuf::Message& message) const {
  for (const CtlFlag& flag : verb->flags) {
    auto given = flags.find(flag.name);
    if (flag.type != FlagType::kField || given == flags.end()) continue;
    const google::protobuf::FieldDescriptor& field =
        FieldAt(*message.GetDescriptor(), flag.field);
    // What is named of a list stands in the place of all there was.
    if (field.is_repeated() && !field.is_map()) ClearField(message, flag.field);
    for (const std::string& value : given->second) {
      absl::Status status = SetField(message, flag.field, value);
      if (!status.ok()) return OfFlag(flag.name, status);
    }
  }
  if (verb->argument.field[0] == '\0') return absl::OkStatus();
  absl::Status status = SetField(message, verb->argument.field, argument);
  return status.ok() ? status
                     : absl::InvalidArgumentError(absl::StrCat(
                           verb->argument.name, " ", status.message()));
}

absl::StatusOr<CtlInvocation> ParseCtl(absl::Span<const CtlVerb> verbs,
                                       const std::vector<std::string>& given) {
  const std::vector<std::string> words = FlagsBehindVerb(given);
  absl::StatusOr<const CtlVerb*> verb = FindVerb(verbs, words);
  if (!verb.ok()) return verb.status();
  CtlInvocation invocation;
  invocation.verb = *verb;
  std::string name = (*verb)->name();
  const size_t named = (*verb)->verb[0] == '\0' ? 1 : 2;
  std::vector<std::string> copies(words.begin() + named, words.end());
  std::vector<char*> argv = {name.data()};
  for (std::string& copy : copies) argv.push_back(copy.data());
  const std::vector<CtlFlag> flags = FlagsOf(**verb);
  const std::vector<option> options = OptionsOf(flags);
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  optind = 0;
  opterr = 0;
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", what, "; see pinnace ctl ", name, " --help"));
  };
  int c = 0;
  while ((c = getopt_long(argc, argv.data(), ":", options.data(), nullptr)) !=
         -1) {
    if (c == ':') {
      return wrong(absl::StrCat(argv[optind - 1], " needs a value"));
    }
    if (c == '?') {
      return wrong(absl::StrCat("no flag ", argv[optind - 1]));
    }
    invocation.flags[flags[c - 1].name].push_back(optarg == nullptr ? ""
                                                                    : optarg);
  }
  const std::vector<std::string> arguments(argv.begin() + optind,
                                           argv.begin() + argc);
  invocation.json = invocation.Has("json");
  invocation.help = invocation.Has("help");
  if (invocation.Has("server")) invocation.server = invocation.Flag("server");
  if (invocation.help) return invocation;
  const size_t wanted = (*verb)->argument.name[0] == '\0' ? 0 : 1;
  if (arguments.size() < wanted) {
    return wrong(absl::StrCat("needs ", (*verb)->argument.name));
  }
  if (arguments.size() > wanted) {
    return wrong(
        absl::StrCat("unexpected argument \"", arguments.back(), "\""));
  }
  if (wanted == 1) invocation.argument = arguments[0];
  absl::Status checked = Checked(invocation);
  if (!checked.ok()) return wrong(checked.message());
  return invocation;
}

}  // namespace pinnace::cli
