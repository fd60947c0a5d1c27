#include "proxy/ftp/command.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/ftp/telnet.h"

namespace pinnace::ftp {
namespace {

constexpr size_t kMaxVerbBytes = 8;
constexpr absl::string_view kMask = "****";

// A command is one line, whoever filled its argument.
void AppendText(absl::string_view text, std::string* wire) {
  while (true) {
    const size_t run = OrdinaryRun(text);
    wire->append(text.data(), run);
    if (run == text.size()) return;
    *wire += text[run] == '\xff' ? "\xff\xff" : " ";
    text.remove_prefix(run + 1);
  }
}

bool VerbHidesArgument(Verb verb) {
  // MIC, CONF and ENC carry whole commands, PASS among them (RFC 2228 §3).
  return verb == Verb::kPass || verb == Verb::kAcct || verb == Verb::kAdat ||
         verb == Verb::kMic || verb == Verb::kConf || verb == Verb::kEnc;
}

// SITE PSWD, CHPASS, PASSWD, CPWD, ADDUSER, GADDUSER and their like.
bool SubcommandTakesPassword(absl::string_view subcommand) {
  const std::string upper = absl::AsciiStrToUpper(subcommand);
  return absl::StrContains(upper, "PASS") || absl::StrContains(upper, "PSW") ||
         absl::StrContains(upper, "PWD") || absl::StrContains(upper, "ADDUSER");
}

}  // namespace

Command Command::FromLine(std::string line) {
  const size_t space = line.find(' ');
  Command command;
  command.verb_text.assign(line, 0, space);
  command.verb = VerbFromText(command.verb_text);
  if (space != std::string::npos) {
    line.erase(0, space + 1);
    command.argument = std::move(line);
  }
  return command;
}

bool Command::HasWellFormedVerb() const {
  return !verb_text.empty() && verb_text.size() <= kMaxVerbBytes &&
         std::all_of(verb_text.begin(), verb_text.end(),
                     [](char c) { return absl::ascii_isalnum(c); });
}

std::string Command::ToWire() const {
  std::string wire;
  wire.reserve(verb_text.size() + argument.size() + 3);
  AppendTo(&wire);
  return wire;
}

void Command::AppendTo(std::string* wire) const {
  AppendText(verb_text, wire);
  if (has_argument()) {
    *wire += ' ';
    AppendText(argument, wire);
  }
  *wire += "\r\n";
}

std::string Command::ForLog() const {
  // " PASS secret" and "PASS\tsecret" have no verb, but a password.
  if (!HasWellFormedVerb()) return std::string(kMask);
  if (!has_argument()) return verb_text;
  if (VerbHidesArgument(verb)) return absl::StrCat(verb_text, " ", kMask);
  if (verb == Verb::kSite) {
    const absl::string_view words = absl::StripLeadingAsciiWhitespace(argument);
    const absl::string_view first = words.substr(0, words.find_first_of(" \t"));
    if (SubcommandTakesPassword(first)) {
      return absl::StrCat(verb_text, " ", Printable(first), " ", kMask);
    }
  }
  return absl::StrCat(verb_text, " ", Printable(argument));
}

}  // namespace pinnace::ftp
