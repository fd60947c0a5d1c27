#include "proxy/policy/restrictions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/ftp/remote_path.h"
#include "proxy/policy/command_path.h"
#include "proxy/policy/glob.h"

namespace pinnace::policy {
namespace {

using ftp::Command;
using ftp::ReplyCode;
using ftp::Verb;

constexpr size_t kShownBytes = 256;

// Verbs that servers have, that no RFC has, and that change no file.
constexpr absl::string_view kReading[] = {
    "AVBL", "CSID", "DSIZ", "MD5",   "MMD5",    "RANG",   "THMB",
    "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"};

bool MayWrite(absl::string_view unknown_verb) {
  return std::none_of(std::begin(kReading), std::end(kReading),
                      [unknown_verb](absl::string_view verb) {
                        return absl::EqualsIgnoreCase(verb, unknown_verb);
                      });
}

Refusal NotAllowed(absl::string_view what) {
  return {ReplyCode::kFileUnavailable,
          absl::StrCat(what, " is not allowed here.")};
}

bool MatchesAny(const std::vector<std::string>& globs, absl::string_view path) {
  return std::any_of(globs.begin(), globs.end(), [path](const auto& glob) {
    return PathGlobMatches(glob, path);
  });
}

// "/pub/**" is also about looking into /pub, and nobody may do anything to a
// directory whose whole content is denied.
bool RefusesPath(const GlobLists& paths, absl::string_view path, PathUse use) {
  const std::string as_directory =
      path == "/" ? std::string(path) : absl::StrCat(path, "/");
  if (MatchesAny(paths.deny, path) || MatchesAny(paths.deny, as_directory)) {
    return true;
  }
  return !paths.allow.empty() && !MatchesAny(paths.allow, path) &&
         (use != PathUse::kLookedInto ||
          !MatchesAny(paths.allow, as_directory));
}

bool RefusesName(const GlobLists& names, const std::string& name) {
  const auto matches = [&name](const std::string& glob) {
    return GlobMatches(glob, name);
  };
  return (!names.allow.empty() &&
          std::none_of(names.allow.begin(), names.allow.end(), matches)) ||
         std::any_of(names.deny.begin(), names.deny.end(), matches);
}

}  // namespace

Restrictions::Restrictions(std::shared_ptr<const PolicySet> set,
                           const PolicyRequest& request)
    : set_(std::move(set)) {
  if (set_ == nullptr) return;
  for (const Policy& policy : set_->policies()) {
    if (!policy.HoldsFor(request)) continue;
    policies_.push_back(&policy);
    refused_ |= policy.refused_verbs;
    has_paths_ = has_paths_ || !policy.paths.empty();
    has_upload_names_ = has_upload_names_ || !policy.upload_names.empty();
    if (policy.max_upload_bytes != 0 &&
        (max_upload_bytes_ == 0 ||
         policy.max_upload_bytes < max_upload_bytes_)) {
      max_upload_bytes_ = policy.max_upload_bytes;
    }
  }
}

bool Restrictions::RefusesVerb(const Command& command) const {
  if (command.verb != Verb::kOther) {
    return refused_[static_cast<size_t>(command.verb)];
  }
  return std::any_of(
      policies_.begin(), policies_.end(), [&command](const Policy* policy) {
        const WordLists& verbs = policy->commands;
        return (policy->read_only && MayWrite(command.verb_text) &&
                !verbs.Names(command.verb_text)) ||
               verbs.Refuses(command.verb_text);
      });
}

std::optional<Refusal> Restrictions::Check(const Command& command,
                                           absl::string_view directory) const {
  if (policies_.empty() || IsAlwaysAllowed(command.verb)) return std::nullopt;
  if (RefusesVerb(command)) {
    return NotAllowed(absl::AsciiStrToUpper(command.verb_text));
  }
  std::optional<Refusal> refusal;
  switch (command.verb) {
    case Verb::kSite:
      refusal = CheckSite(command.argument);
      break;
    case Verb::kAllo:
      refusal = CheckSize(command);
      break;
    case Verb::kStou:
      // The server's own choice of a name is no name to check.
      if (command.argument.empty()) break;
      [[fallthrough]];
    case Verb::kStor:
    case Verb::kAppe:
    case Verb::kRnto:
      if (has_upload_names_) refusal = CheckUploadName(command);
      break;
    case Verb::kMdtm:
      if (SetsTime(command) &&
          std::any_of(policies_.begin(), policies_.end(),
                      [](const Policy* policy) { return policy->read_only; })) {
        refusal = NotAllowed("MDTM with a time");
      }
      break;
    default:  // Only its path.
      break;
  }
  if (!refusal.has_value() && has_paths_) {
    refusal = CheckPath(command, directory);
  }
  return refusal;
}

std::optional<Refusal> Restrictions::CheckSite(
    absl::string_view argument) const {
  const absl::string_view word = SiteWord(argument);
  const bool refused = std::any_of(
      policies_.begin(), policies_.end(),
      [word](const Policy* policy) { return policy->site.Refuses(word); });
  if (!refused) return std::nullopt;
  return NotAllowed(
      word.empty()
          ? "SITE"
          : absl::StrCat("SITE ", absl::AsciiStrToUpper(Printable(word, 64))));
}

// RFC 959 §4.1.3: the bytes, and perhaps " R " and the bytes of a record.
std::optional<Refusal> Restrictions::CheckSize(const Command& allo) const {
  const absl::string_view text = allo.argument;
  const absl::string_view digits = text.substr(0, text.find(' '));
  uint64_t bytes = 0;
  if (max_upload_bytes_ == 0 || digits.empty() ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  // What does not fit into the number is more.
  if (absl::SimpleAtoi(digits, &bytes) && bytes <= max_upload_bytes_) {
    return std::nullopt;
  }
  return Refusal{ReplyCode::kStorageExceeded,
                 absl::StrCat("A file may have at most ", max_upload_bytes_,
                              " bytes here.")};
}

std::optional<Refusal> Restrictions::CheckUploadName(
    const Command& command) const {
  const std::string name(ftp::LastPart(command.argument));
  const bool refused = std::any_of(
      policies_.begin(), policies_.end(), [&name](const Policy* policy) {
        return RefusesName(policy->upload_names, name);
      });
  if (!refused) return std::nullopt;
  return Refusal{ReplyCode::kFileNameNotAllowed,
                 absl::StrCat("The file name ", Printable(name, kShownBytes),
                              " is not allowed here.")};
}

std::optional<Refusal> Restrictions::CheckPath(
    const Command& command, absl::string_view directory) const {
  const CommandPath named = PathOf(command);
  if (named.use == PathUse::kNone) return std::nullopt;
  if (named.use == PathUse::kUnclear) {
    if (AllowsByName(command)) return std::nullopt;
    return NotAllowed(absl::StrCat(absl::AsciiStrToUpper(command.verb_text),
                                   " with what may lead elsewhere"));
  }
  if (directory.empty() && !ftp::IsWholePath(named.text)) {
    return Refusal{ReplyCode::kFileUnavailable,
                   "The working directory is not known: name the path from "
                   "'/' on."};
  }
  const std::string path = ftp::JoinPath(directory, named.text);
  for (const Policy* policy : policies_) {
    if (RefusesPath(policy->paths, path, named.use)) {
      return NotAllowed(Printable(path, kShownBytes));
    }
  }
  return std::nullopt;
}

// An operator who lists a verb that the gateway does not know, or a word of
// SITE, vouches for what it does.
bool Restrictions::AllowsByName(const Command& command) const {
  if (command.verb != Verb::kOther && command.verb != Verb::kSite) return false;
  return std::any_of(
      policies_.begin(), policies_.end(), [&command](const Policy* policy) {
        return command.verb == Verb::kSite
                   ? policy->site.Names(SiteWord(command.argument))
                   : policy->commands.Names(command.verb_text);
      });
}

}  // namespace pinnace::policy
