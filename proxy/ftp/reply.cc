#include "proxy/ftp/reply.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"

namespace pinnace::ftp {
namespace {

constexpr size_t kCodeBytes = 3;

std::string OneLineOf(absl::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return absl::ascii_iscntrl(c); },
      ' ');
  return clean;
}

// Takes the first line off `rest`; its end stays on it.
absl::string_view TakeLine(absl::string_view* rest) {
  const size_t newline = rest->find('\n');
  const size_t length =
      newline == absl::string_view::npos ? rest->size() : newline + 1;
  const absl::string_view line = rest->substr(0, length);
  rest->remove_prefix(length);
  return line;
}

absl::string_view WithoutLineEnd(absl::string_view line) {
  if (absl::EndsWith(line, "\n")) line.remove_suffix(1);
  if (absl::EndsWith(line, "\r")) line.remove_suffix(1);
  return line;
}

// Without `code` and the space or hyphen behind it, where the line has them.
absl::string_view WithoutCode(absl::string_view line, absl::string_view code) {
  if (!absl::StartsWith(line, code)) return line;
  line.remove_prefix(code.size());
  if (absl::StartsWith(line, " ") || absl::StartsWith(line, "-")) {
    line.remove_prefix(1);
  }
  return line;
}

// Whether a client takes `line` for the end of a reply with `code`.
bool EndsReply(absl::string_view line, absl::string_view code) {
  line = WithoutLineEnd(line);
  return absl::StartsWith(line, code) &&
         (line.size() == kCodeBytes || line[kCodeBytes] == ' ');
}

}  // namespace

Reply Reply::OneLine(ReplyCode code, absl::string_view text) {
  const int number = static_cast<int>(code);
  return Verbatim(number, absl::StrCat(number, " ", OneLineOf(text), "\r\n"));
}

Reply Reply::ManyLines(ReplyCode code, absl::string_view first,
                       const std::vector<std::string>& lines,
                       absl::string_view last) {
  const int number = static_cast<int>(code);
  std::string wire = absl::StrCat(number, "-", OneLineOf(first), "\r\n");
  for (const std::string& line : lines) {
    absl::StrAppend(&wire, " ", OneLineOf(line), "\r\n");
  }
  absl::StrAppend(&wire, number, " ", OneLineOf(last), "\r\n");
  return Verbatim(number, std::move(wire));
}

Reply Reply::Verbatim(int code, std::string wire) {
  PINNACE_CHECK(code >= 100 && code <= 599);
  Reply reply;
  reply.code_ = code;
  reply.wire_ = std::move(wire);
  return reply;
}

absl::string_view Reply::last_text() const {
  absl::string_view line = WithoutLineEnd(wire_);
  // npos + 1 is 0: a single line.
  line.remove_prefix(line.rfind('\n') + 1);
  return WithoutCode(line, absl::StrCat(code_));
}

std::vector<absl::string_view> Reply::Lines() const {
  const std::string code = absl::StrCat(code_);
  std::vector<absl::string_view> lines;
  for (absl::string_view rest = wire_; !rest.empty();) {
    lines.push_back(WithoutCode(WithoutLineEnd(TakeLine(&rest)), code));
  }
  return lines;
}

Reply Reply::WithCode(ReplyCode code) const {
  const std::string old_code = absl::StrCat(code_);
  const std::string new_code = absl::StrCat(static_cast<int>(code));
  std::string wire;
  wire.reserve(wire_.size());
  for (absl::string_view rest = wire_; !rest.empty();) {
    const bool first = wire.empty();
    absl::string_view line = TakeLine(&rest);
    const bool last = rest.empty();
    if ((first || last) && absl::StartsWith(line, old_code)) {
      line.remove_prefix(kCodeBytes);
      wire += new_code;
    } else if (EndsReply(line, new_code)) {
      wire += ' ';  // A line of text must not end the reply under its new code.
    }
    wire.append(line.data(), line.size());
  }
  return Verbatim(static_cast<int>(code), std::move(wire));
}

}  // namespace pinnace::ftp
