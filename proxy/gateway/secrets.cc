#include "proxy/gateway/secrets.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/ftp/verb.h"

namespace pinnace::gateway {
namespace {

using ftp::Verb;

// Those of SITE whose arguments are no secret: of others it is not known.
constexpr absl::string_view kPlainSiteCommands[] = {
    "CHMOD", "UMASK", "UTIME", "HELP",  "IDLE",    "CPFR",
    "CPTO",  "CHGRP", "MKDIR", "RMDIR", "SYMLINK", "QUOTA"};

// "XCRC" may well be one of a server's own; "hunter2" is none.
bool LooksLikeVerb(absl::string_view word) {
  return word.size() >= 3 && word.size() <= 4 &&
         std::all_of(word.begin(), word.end(), absl::ascii_isalpha);
}

std::string Masked(absl::string_view shown, absl::string_view secret) {
  return secret.empty() ? std::string(shown) : absl::StrCat(shown, " ", kMask);
}

absl::string_view FirstWord(absl::string_view text) {
  return text.substr(0, text.find(' '));
}

absl::string_view BehindWord(absl::string_view text, absl::string_view word) {
  text.remove_prefix(word.size());
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

ShownCommand ShowSite(absl::string_view verb, absl::string_view rest) {
  const absl::string_view word = FirstWord(rest);
  const absl::string_view argument = BehindWord(rest, word);
  const bool is_plain =
      std::any_of(std::begin(kPlainSiteCommands), std::end(kPlainSiteCommands),
                  [word](absl::string_view plain) {
                    return absl::EqualsIgnoreCase(plain, word);
                  });
  if (is_plain) {
    return {.instead = absl::StrCat(verb, " ", WithoutUrlSecrets(rest)),
            .secret = {}};
  }
  return {.instead = Masked(absl::StrCat(verb, " ", word), argument),
          .secret = argument};
}

}  // namespace

ShownCommand ShowCommand(absl::string_view line, LoggedIn logged_in) {
  const absl::string_view word = FirstWord(line);
  const absl::string_view rest = BehindWord(line, word);
  switch (ftp::VerbFromText(word)) {
    case Verb::kPass:
    case Verb::kAcct:
    case Verb::kAdat:
    case Verb::kMic:
    case Verb::kConf:
    case Verb::kEnc:
      return {.instead = Masked(word, rest), .secret = rest};
    case Verb::kSite:
      if (!rest.empty()) return ShowSite(word, rest);
      break;
    case Verb::kOther:
      if (logged_in == LoggedIn::kNo || !LooksLikeVerb(word)) {
        return {.instead = absl::StrCat("(", line.size(),
                                        " bytes that are no command)"),
                .secret = line};
      }
      break;
    default:
      break;
  }
  if (!HasUrl(line)) return {.instead = std::nullopt, .secret = {}};
  return {.instead = WithoutUrlSecrets(line), .secret = {}};
}

std::string WithoutUrlSecrets(absl::string_view text) {
  constexpr absl::string_view kScheme = "://";
  std::string shown;
  while (true) {
    const size_t scheme = text.find(kScheme);
    if (scheme == absl::string_view::npos) break;
    const size_t begin = scheme + kScheme.size();
    shown.append(text.data(), begin);
    text.remove_prefix(begin);
    const absl::string_view authority =
        text.substr(0, text.find_first_of("/ \r\n"));
    // The last one: a password may hold one, too.
    const size_t at = authority.rfind('@');
    const size_t colon = authority.find(':');
    if (at == absl::string_view::npos || colon > at) continue;
    absl::StrAppend(&shown, text.substr(0, colon + 1), kMask);
    text.remove_prefix(at);
  }
  shown.append(text.data(), text.size());
  return shown;
}

}  // namespace pinnace::gateway
