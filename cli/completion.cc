#include "cli/completion.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

bool IsFlag(absl::string_view word) { return absl::StartsWith(word, "-"); }

// Of "--name" or "--name=value".
const CtlFlag* FlagOf(absl::Span<const CtlFlag> flags, absl::string_view word) {
  const absl::string_view name = word.substr(0, word.find('='));
  for (const CtlFlag& flag : flags) {
    if (name == absl::StrCat("--", flag.name)) return &flag;
  }
  return nullptr;
}

bool HasValue(absl::string_view word) {
  return word.find('=') != absl::string_view::npos;
}

Candidates ValuesOf(const CtlFlag& flag, const CtlVerb* verb) {
  Candidates candidates = {.names = flag.names};
  if (flag.type == FlagType::kField) {
    candidates.words =
        FieldWords(FieldAt(*verb->message->GetDescriptor(), flag.field));
  }
  return candidates;
}

void AddFlags(absl::Span<const CtlFlag> flags, Candidates& candidates) {
  for (const CtlFlag& flag : flags) {
    candidates.words.push_back(absl::StrCat("--", flag.name));
  }
}

// A line of `ctl`, walked word by word up to the cursor.
class CtlLine {
 public:
  explicit CtlLine(absl::Span<const CtlVerb> verbs) : verbs_(verbs) {}

  void Pass(const std::string& word) {
    if (waits_for_value_ != nullptr) {
      waits_for_value_ = nullptr;
      return;
    }
    if (IsFlag(word)) {
      const CtlFlag* flag = Find(word);
      if (flag != nullptr && flag->type != FlagType::kPlain && !HasValue(word))
        waits_for_value_ = flag;
      return;
    }
    if (noun_.empty()) {
      noun_ = word;
      FindVerb("");
    } else if (verb_ == nullptr) {
      FindVerb(word);
    } else {
      has_argument_ = true;
    }
  }

  Candidates At(const std::string& word) const {
    if (waits_for_value_ != nullptr) return ValuesOf(*waits_for_value_, verb_);
    if (IsFlag(word) && HasValue(word)) {
      const CtlFlag* flag = Find(word);
      return flag == nullptr ? Candidates() : ValuesOf(*flag, verb_);
    }
    if (IsFlag(word)) return Flags();
    if (verb_ == nullptr) return NounsOrVerbs();
    if (verb_->argument.name[0] == '\0' || has_argument_) return Flags();
    return {.names = verb_->argument.names};
  }

 private:
  const CtlFlag* Find(absl::string_view word) const {
    const CtlFlag* flag = FlagOf(EveryVerbsFlags(), word);
    return flag != nullptr || verb_ == nullptr ? flag
                                               : FlagOf(verb_->flags, word);
  }

  void FindVerb(absl::string_view word) {
    for (const CtlVerb& verb : verbs_) {
      if (noun_ == verb.noun && word == verb.verb) verb_ = &verb;
    }
  }

  Candidates Flags() const {
    Candidates candidates;
    if (verb_ != nullptr) AddFlags(verb_->flags, candidates);
    AddFlags(EveryVerbsFlags(), candidates);
    return candidates;
  }

  Candidates NounsOrVerbs() const {
    Candidates candidates;
    std::vector<std::string>& words = candidates.words;
    for (const CtlVerb& verb : verbs_) {
      if (verb.hidden()) continue;
      if (noun_ == verb.noun) words.push_back(verb.verb);
      if (noun_.empty() && (words.empty() || words.back() != verb.noun))
        words.push_back(verb.noun);
    }
    return candidates;
  }

  const absl::Span<const CtlVerb> verbs_;
  std::string noun_;
  const CtlVerb* verb_ = nullptr;
  const CtlFlag* waits_for_value_ = nullptr;
  bool has_argument_ = false;
};

Candidates CandidatesOf(const Subcommand& subcommand,
                        const std::vector<std::string>& line) {
  const std::string& current = line.back();
  const std::string& before = line[line.size() - 2];
  Candidates candidates;
  if (subcommand.file_behind != nullptr &&
      (subcommand.file_behind == before ||
       absl::StartsWith(current, absl::StrCat(subcommand.file_behind, "=")) ||
       (subcommand.file_behind[0] == '\0' && !IsFlag(current)))) {
    candidates.names = Names::kFiles;
    return candidates;
  }
  candidates.words.assign(subcommand.words.begin(), subcommand.words.end());
  return candidates;
}

}  // namespace

Candidates CandidatesFor(absl::Span<const Subcommand> subcommands,
                         absl::Span<const CtlVerb> verbs,
                         const std::vector<std::string>& line) {
  Candidates candidates;
  if (line.empty()) return candidates;
  if (line.size() == 1) {
    for (const Subcommand& subcommand : subcommands) {
      candidates.words.push_back(std::string(subcommand.name));
    }
    candidates.words.insert(candidates.words.end(), {"--help", "--version"});
    return candidates;
  }
  if (line[0] == "ctl") {
    CtlLine ctl(verbs);
    std::for_each(line.begin() + 1, line.end() - 1,
                  [&](const std::string& word) { ctl.Pass(word); });
    return ctl.At(line.back());
  }
  for (const Subcommand& subcommand : subcommands) {
    if (subcommand.name == line[0]) return CandidatesOf(subcommand, line);
  }
  return candidates;
}

std::vector<std::string> EveryVerbsFlagsIn(
    const std::vector<std::string>& line) {
  std::vector<std::string> words;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const CtlFlag* flag = FlagOf(EveryVerbsFlags(), line[i]);
    if (flag == nullptr || flag->type == FlagType::kPlain) continue;
    words.push_back(line[i]);
    // Not the word at the cursor, which is not whole yet.
    if (HasValue(line[i])) continue;
    if (i + 2 < line.size()) {
      words.push_back(line[++i]);
    } else {
      words.pop_back();
    }
  }
  return words;
}

}  // namespace pinnace::cli
