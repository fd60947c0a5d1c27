#include "proxy/ftp/reply.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"

namespace pinnace::ftp {
namespace {

constexpr size_t kCodeBytes = 3;

// A line of ours: what comes before the text, the text made one line, CRLF.
void AppendLine(absl::string_view before, absl::string_view text,
                std::string* wire) {
  absl::StrAppend(wire, before, text, "\r\n");
  const auto text_end = wire->end() - 2;
  std::replace_if(
      text_end - text.size(), text_end,
      [](char c) { return absl::ascii_iscntrl(c); }, ' ');
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
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Whether `line` begins with the three digits of `code`.
bool HasCode(absl::string_view line, int code) {
  return line.size() >= kCodeBytes && line[0] - '0' == code / 100 &&
         line[1] - '0' == code / 10 % 10 && line[2] - '0' == code % 10;
}

// Without `code` and the space or hyphen behind it, where the line has them.
absl::string_view WithoutCode(absl::string_view line, int code) {
  if (!HasCode(line, code)) return line;
  line.remove_prefix(kCodeBytes);
  if (!line.empty() && (line[0] == ' ' || line[0] == '-')) {
    line.remove_prefix(1);
  }
  return line;
}

// Whether a client takes `line` for the end of a reply with `code`.
bool EndsReply(absl::string_view line, int code) {
  line = WithoutLineEnd(line);
  return HasCode(line, code) &&
         (line.size() == kCodeBytes || line[kCodeBytes] == ' ');
}

}  // namespace

Reply Reply::OneLine(ReplyCode code, absl::string_view text) {
  std::string wire;
  AppendOneLine(code, text, &wire);
  return Verbatim(static_cast<int>(code), std::move(wire));
}

void Reply::AppendOneLine(ReplyCode code, absl::string_view text,
                          std::string* wire) {
  absl::StrAppend(wire, static_cast<int>(code));
  AppendLine(" ", text, wire);
}

Reply Reply::ManyLines(ReplyCode code, absl::string_view first,
                       const std::vector<std::string>& lines,
                       absl::string_view last) {
  const int number = static_cast<int>(code);
  std::string wire = absl::StrCat(number);
  AppendLine("-", first, &wire);
  for (const std::string& line : lines) AppendLine(" ", line, &wire);
  AppendOneLine(code, last, &wire);
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
  return WithoutCode(line, code_);
}

std::vector<absl::string_view> Reply::Lines() const {
  std::vector<absl::string_view> lines;
  for (absl::string_view rest = wire_; !rest.empty();) {
    lines.push_back(WithoutCode(WithoutLineEnd(TakeLine(&rest)), code_));
  }
  return lines;
}

Reply Reply::WithCode(ReplyCode code) const {
  const int new_code = static_cast<int>(code);
  std::string wire;
  wire.reserve(wire_.size());
  for (absl::string_view rest = wire_; !rest.empty();) {
    const bool first = wire.empty();
    absl::string_view line = TakeLine(&rest);
    const bool last = rest.empty();
    if ((first || last) && HasCode(line, code_)) {
      line.remove_prefix(kCodeBytes);
      absl::StrAppend(&wire, new_code);
    } else if (EndsReply(line, new_code)) {
      wire += ' ';  // A line of text must not end the reply under its new code.
    }
    wire.append(line.data(), line.size());
  }
  return Verbatim(new_code, std::move(wire));
}

}  // namespace pinnace::ftp
