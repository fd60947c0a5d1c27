#include "proxy/policy/command_path.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace pinnace::policy {
namespace {

using ftp::Command;
using ftp::Verb;

constexpr size_t kTimeDigits = 14;  // YYYYMMDDHHMMSS, RFC 3659 §2.3

// Behind the first word and the blank.
absl::string_view BehindWord(absl::string_view text) {
  const size_t blank = text.find_first_of(" \t");
  return blank == absl::string_view::npos ? absl::string_view()
                                          : text.substr(blank + 1);
}

// Servers differ in blanks at the ends, quotes, '~' and '\': they would go
// somewhere else than the letters say.
bool IsPlain(absl::string_view path) {
  return path.empty() ||
         (!absl::ascii_isspace(path.front()) &&
          !absl::ascii_isspace(path.back()) && path.front() != '~' &&
          path.front() != '"' && path.front() != '\'' &&
          !absl::StrContains(path, '\\'));
}

CommandPath Plain(PathUse use, absl::string_view path) {
  return {IsPlain(path) ? use : PathUse::kUnclear, path};
}

// A file or directory; without an argument the backend says what is missing.
CommandPath Thing(absl::string_view path) {
  if (path.empty()) return {};
  return Plain(PathUse::kThing, path);
}

// Of CWD and its like: what "nothing" means is the server's to choose.
CommandPath Target(absl::string_view path) {
  if (path.empty()) return {PathUse::kUnclear, path};
  return Plain(PathUse::kLookedInto, path);
}

// LIST may begin with options. One that goes down into directories, and
// patterns, name more than they say.
CommandPath Listing(absl::string_view argument) {
  while (absl::StartsWith(argument, "-")) {
    const size_t blank = argument.find_first_of(" \t");
    const absl::string_view option = argument.substr(0, blank);
    if (absl::StrContains(option, 'R')) return {PathUse::kUnclear, argument};
    argument = BehindWord(argument);
    while (!argument.empty() && absl::ascii_isspace(argument.front())) {
      argument.remove_prefix(1);
    }
  }
  if (argument.find_first_of("*?[{") != absl::string_view::npos) {
    return {PathUse::kUnclear, argument};
  }
  return Plain(PathUse::kLookedInto, argument);
}

CommandPath Site(absl::string_view argument) {
  const absl::string_view words = absl::StripLeadingAsciiWhitespace(argument);
  const absl::string_view rest = BehindWord(words);
  if (rest.empty()) return {};
  if (!absl::EqualsIgnoreCase(SiteWord(argument), "CHMOD")) {
    return {PathUse::kUnclear, rest};
  }
  const absl::string_view path = BehindWord(rest);
  if (path.empty()) return {PathUse::kUnclear, rest};
  return Plain(PathUse::kThing, path);
}

}  // namespace

absl::string_view SiteWord(absl::string_view argument) {
  const absl::string_view words = absl::StripLeadingAsciiWhitespace(argument);
  return words.substr(0, words.find_first_of(" \t"));
}

bool SetsTime(const Command& command) {
  if (command.verb != Verb::kMdtm) return false;
  // vsftpd takes shorter ones, and ones that are none, for times too.
  const absl::string_view argument =
      absl::StripLeadingAsciiWhitespace(command.argument);
  return !argument.empty() && absl::ascii_isdigit(argument.front()) &&
         !BehindWord(argument).empty();
}

namespace {

// As all servers read it: "20260101000000 path", with parts of a second or not.
bool IsWholeTime(absl::string_view argument) {
  const absl::string_view time = argument.substr(0, argument.find(' '));
  const absl::string_view rest =
      time.substr(std::min(kTimeDigits, time.size()));
  return time.size() >= kTimeDigits &&
         std::all_of(time.begin(), time.begin() + kTimeDigits,
                     absl::ascii_isdigit) &&
         (rest.empty() || rest.front() == '.');
}

}  // namespace

CommandPath PathOf(const Command& command) {
  const absl::string_view argument = command.argument;
  switch (command.verb) {
    case Verb::kRetr:
    case Verb::kStor:
    case Verb::kAppe:
    case Verb::kRnfr:
    case Verb::kRnto:
    case Verb::kDele:
    case Verb::kRmd:
    case Verb::kXrmd:
    case Verb::kMkd:
    case Verb::kXmkd:
    case Verb::kSize:
    case Verb::kHash:
      return Thing(argument);
    case Verb::kStou:
      // Without a name the new file is somewhere in the working directory.
      return argument.empty() ? CommandPath{PathUse::kLookedInto, ""}
                              : Thing(argument);
    case Verb::kMdtm:
      if (!SetsTime(command)) return Thing(argument);
      if (!IsWholeTime(argument)) return {PathUse::kUnclear, argument};
      return Thing(BehindWord(argument));
    case Verb::kMfmt:
    case Verb::kMff:
    case Verb::kMfct:
      return Thing(BehindWord(argument));
    case Verb::kCwd:
    case Verb::kXcwd:
    case Verb::kSmnt:
      return Target(argument);
    case Verb::kCdup:
    case Verb::kXcup:
      return {PathUse::kLookedInto, ".."};
    case Verb::kMlsd:
    case Verb::kMlst:
      // RFC 3659 §7.2: no options, no patterns.
      return Plain(PathUse::kLookedInto, argument);
    case Verb::kList:
    case Verb::kNlst:
      return Listing(argument);
    case Verb::kStat:
      // Alone it is about the session.
      return argument.empty() ? CommandPath() : Listing(argument);
    case Verb::kSite:
      return Site(argument);
    case Verb::kOther:
      return argument.empty() ? CommandPath()
                              : CommandPath{PathUse::kUnclear, argument};
    case Verb::kUser:
    case Verb::kPass:
    case Verb::kAcct:
    case Verb::kRein:
    case Verb::kQuit:
    case Verb::kPort:
    case Verb::kPasv:
    case Verb::kType:
    case Verb::kStru:
    case Verb::kMode:
    case Verb::kAllo:
    case Verb::kRest:
    case Verb::kAbor:
    case Verb::kPwd:
    case Verb::kSyst:
    case Verb::kHelp:
    case Verb::kNoop:
    case Verb::kXpwd:
    case Verb::kAuth:
    case Verb::kAdat:
    case Verb::kPbsz:
    case Verb::kProt:
    case Verb::kCcc:
    case Verb::kMic:
    case Verb::kConf:
    case Verb::kEnc:
    case Verb::kFeat:
    case Verb::kOpts:
    case Verb::kEprt:
    case Verb::kEpsv:
    case Verb::kLang:
    case Verb::kHost:
    case Verb::kClnt:
    case Verb::kCpsv:
    case Verb::kSscn:
    case Verb::kPret:
    case Verb::kSpsv:
    case Verb::kLprt:
    case Verb::kLpsv:
      return {};
  }
  return {};
}

}  // namespace pinnace::policy
