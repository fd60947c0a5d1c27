// One command line as verb and argument. Reading never fails: what is not a
// verb is Verb::kOther, and an empty line has an empty verb text. Any thread.
#ifndef PINNACE_PROXY_FTP_COMMAND_H_
#define PINNACE_PROXY_FTP_COMMAND_H_

#include <string>

#include "absl/strings/string_view.h"
#include "proxy/ftp/verb.h"

namespace pinnace::ftp {

struct Command {
  Verb verb = Verb::kOther;
  std::string verb_text;  // as the client wrote it
  // Behind exactly one space, verbatim: a path may begin or end with spaces.
  std::string argument;

  // `line` without its CRLF; its memory becomes the argument's.
  static Command FromLine(std::string line);

  // A verb is one to eight ASCII letters or digits; anything else is a 500.
  bool HasWellFormedVerb() const;
  bool has_argument() const { return !argument.empty(); }

  // The line to send, with CRLF; bytes 255 doubled (RFC 854). CR, LF and NUL in
  // the fields become spaces: a command of ours is never split.
  std::string ToWire() const;
  void AppendTo(std::string* wire) const;

  // For a log line: printable, and the argument of PASS, ACCT, ADAT, MIC, CONF,
  // ENC and of SITE PSWD-like subcommands masked as "****"; the whole line when
  // it has no well-formed verb.
  std::string ForLog() const;
};

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_COMMAND_H_
