#include "cli/ctl_invocation.h"

#include <getopt.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace pinnace::cli {
namespace {

absl::StatusOr<const CtlVerb*> FindVerb(absl::Span<const CtlVerb> verbs,
                                        const std::vector<std::string>& words) {
  std::vector<std::string> of_noun;
  std::set<std::string> nouns;
  for (const CtlVerb& verb : verbs) {
    nouns.insert(verb.noun);
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

// For getopt_long: every flag of the verb, its index in `names` as its value.
std::vector<option> OptionsOf(const CtlVerb& verb,
                              std::vector<std::string>& names) {
  names = {"server", "json", "help"};
  names.insert(names.end(), verb.valued.begin(), verb.valued.end());
  const size_t first_plain = names.size();
  names.insert(names.end(), verb.plain.begin(), verb.plain.end());
  std::vector<option> options;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool plain = i == 1 || i == 2 || i >= first_plain;
    options.push_back({names[i].c_str(),
                       plain ? no_argument : required_argument, nullptr,
                       static_cast<int>(i) + 1});
  }
  options.push_back({nullptr, 0, nullptr, 0});
  return options;
}

// `ctl --server HOST:PORT session list` as `ctl session list --server
// HOST:PORT`: the flags of every verb may also stand in front.
std::vector<std::string> FlagsBehindVerb(
    const std::vector<std::string>& words) {
  auto verb = words.begin();
  while (verb != words.end() && absl::StartsWith(*verb, "--")) {
    const bool takes_next = *verb == "--server";
    ++verb;
    if (takes_next && verb != words.end()) ++verb;
  }
  std::vector<std::string> reordered(verb, words.end());
  reordered.insert(reordered.end(), words.begin(), verb);
  return reordered;
}

}  // namespace

bool CtlInvocation::Has(absl::string_view flag) const {
  return flags.count(std::string(flag)) != 0;
}

std::string CtlInvocation::Flag(absl::string_view flag) const {
  auto found = flags.find(std::string(flag));
  return found == flags.end() ? "" : found->second.back();
}

absl::StatusOr<CtlInvocation> ParseCtl(absl::Span<const CtlVerb> verbs,
                                       const std::vector<std::string>& given) {
  const std::vector<std::string> words = FlagsBehindVerb(given);
  absl::StatusOr<const CtlVerb*> verb = FindVerb(verbs, words);
  if (!verb.ok()) return verb.status();
  CtlInvocation invocation;
  invocation.verb = *verb;
  const size_t named = (*verb)->verb[0] == '\0' ? 1 : 2;
  std::string name = absl::StrJoin(words.begin(), words.begin() + named, " ");
  std::vector<std::string> copies(words.begin() + named, words.end());
  std::vector<char*> argv = {name.data()};
  for (std::string& copy : copies) argv.push_back(copy.data());
  std::vector<std::string> names;
  const std::vector<option> options = OptionsOf(**verb, names);
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
    const std::string& flag = names[c - 1];
    invocation.flags[flag].push_back(optarg == nullptr ? "" : optarg);
  }
  for (int i = optind; i < argc; ++i) invocation.arguments.push_back(argv[i]);
  invocation.json = invocation.Has("json");
  invocation.help = invocation.Has("help");
  if (invocation.Has("server")) invocation.server = invocation.Flag("server");
  if (invocation.help) return invocation;
  const size_t count = invocation.arguments.size();
  if (count < (*verb)->min_arguments) {
    return wrong(absl::StrCat("needs ", (*verb)->arguments));
  }
  if (count > (*verb)->max_arguments) {
    return wrong(absl::StrCat("unexpected argument \"",
                              invocation.arguments.back(), "\""));
  }
  return invocation;
}

}  // namespace pinnace::cli
