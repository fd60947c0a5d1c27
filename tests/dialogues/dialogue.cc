#include "tests/dialogues/dialogue.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace pinnace::dialogues {
namespace {

constexpr size_t kLongestShownLine = 400;

absl::Status ErrorAt(absl::string_view name, int number,
                     absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ":", number, ": ", what));
}

std::optional<LineKind> KindOf(absl::string_view mark) {
  if (mark == "C>") return LineKind::kClientSends;
  if (mark == "C<") return LineKind::kClientReceives;
  if (mark == "B>") return LineKind::kBackendReceives;
  if (mark == "B<") return LineKind::kBackendSends;
  if (mark == "!") return LineKind::kAction;
  if (mark == "*") return LineKind::kEvent;
  if (mark == "?") return LineKind::kQuery;
  return std::nullopt;
}

bool HoldsBytes(LineKind kind) {
  return kind == LineKind::kClientSends || kind == LineKind::kBackendSends ||
         kind == LineKind::kClientReceives ||
         kind == LineKind::kBackendReceives;
}

class Parser {
 public:
  Parser(Dialogue* dialogue, const Dialogue::ReadFile& read)
      : dialogue_(dialogue), read_(read) {}

  absl::Status ParseFile(absl::string_view text, int included_at) {
    int number = 0;
    for (absl::string_view raw : absl::StrSplit(text, '\n')) {
      ++number;
      const int at = included_at > 0 ? included_at : number;
      const absl::Status status =
          ParseLine(absl::StripAsciiWhitespace(raw), at, included_at == 0);
      if (!status.ok()) return status;
    }
    if (times_ > 0) return Error(number, "@times without @end");
    return absl::OkStatus();
  }

 private:
  absl::Status Error(int number, absl::string_view what) const {
    return ErrorAt(dialogue_->name, number, what);
  }

  absl::Status ParseLine(absl::string_view line, int number, bool own) {
    if (line.empty() || line.front() == '#') return absl::OkStatus();
    if (line.front() == '@') return ParseSetting(line.substr(1), number);
    const size_t space = line.find(' ');
    const std::optional<LineKind> kind = KindOf(line.substr(0, space));
    if (!kind.has_value()) return Error(number, "no such mark");
    absl::string_view rest =
        space == absl::string_view::npos ? "" : line.substr(space + 1);
    Line parsed{.kind = *kind, .number = number, .own = own && times_ == 0};
    if (HoldsBytes(*kind)) {
      absl::StatusOr<std::string> bytes = DecodeBytes(rest);
      if (!bytes.ok()) return Error(number, bytes.status().message());
      parsed.text = *std::move(bytes);
    } else {
      rest = absl::StripAsciiWhitespace(rest);
      parsed.text = std::string(rest);
      if (*kind == LineKind::kEvent) SplitName(rest, &parsed);
    }
    Add(std::move(parsed));
    return absl::OkStatus();
  }

  absl::Status ParseSetting(absl::string_view text, int number) {
    Line line{.kind = LineKind::kSetting, .number = number};
    SplitName(text, &line);
    if (line.name == "times") {
      if (times_ > 0 || !absl::SimpleAtoi(line.text, &times_) || times_ <= 0) {
        return Error(number, "@times needs a number, and is never nested");
      }
      return absl::OkStatus();
    }
    if (line.name == "end") {
      for (int i = 0; i < times_; ++i) {
        dialogue_->lines.insert(dialogue_->lines.end(), block_.begin(),
                                block_.end());
      }
      times_ = 0;
      block_.clear();
      return absl::OkStatus();
    }
    const bool login = line.name == "login";
    // Where it stands: from there on.
    if (line.name == "reports" && !dialogue_->lines.empty() &&
        dialogue_->lines.back().kind != LineKind::kSetting) {
      line.kind = LineKind::kEvent;
    }
    if (!login && line.name != "include") {
      dialogue_->lines.push_back(std::move(line));
      return absl::OkStatus();
    }
    const std::string path =
        absl::StrCat("include/", login ? "login" : line.text, ".ftp");
    const std::optional<std::string> included = read_(path);
    if (!included.has_value()) return Error(number, "no file " + path);
    return ParseFile(*included, number);
  }

  static void SplitName(absl::string_view text, Line* line) {
    const size_t space = text.find(' ');
    line->name = std::string(text.substr(0, space));
    line->text =
        space == absl::string_view::npos
            ? ""
            : std::string(absl::StripAsciiWhitespace(text.substr(space + 1)));
  }

  void Add(Line line) {
    (times_ > 0 ? block_ : dialogue_->lines).push_back(std::move(line));
  }

  Dialogue* const dialogue_;
  const Dialogue::ReadFile& read_;
  int times_ = 0;  // of the block being read
  std::vector<Line> block_;
};

}  // namespace

absl::StatusOr<Dialogue> Dialogue::Parse(std::string name,
                                         absl::string_view text,
                                         const ReadFile& read) {
  Dialogue dialogue;
  dialogue.name = std::move(name);
  const absl::Status status = Parser(&dialogue, read).ParseFile(text, 0);
  if (!status.ok()) return status;
  return dialogue;
}

Arguments ParseArguments(absl::string_view text) {
  Arguments arguments;
  while (true) {
    text = absl::StripLeadingAsciiWhitespace(text);
    if (text.empty()) return arguments;
    const size_t key_end = text.find_first_of(" =");
    const std::string key(text.substr(0, key_end));
    text.remove_prefix(std::min(key_end, text.size()));
    std::string value;
    if (absl::ConsumePrefix(&text, "=\"")) {
      const size_t quote = text.find('"');
      value = std::string(text.substr(0, quote));
      text.remove_prefix(std::min(quote, text.size()));
      absl::ConsumePrefix(&text, "\"");
    } else if (absl::ConsumePrefix(&text, "=")) {
      const size_t space = text.find(' ');
      value = std::string(text.substr(0, space));
      text.remove_prefix(std::min(space, text.size()));
    }
    arguments[key] = value;
  }
}

absl::StatusOr<std::string> DecodeBytes(absl::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError("a wrong \\ sequence");
  const bool has_line_end = !absl::ConsumeSuffix(&text, "\\-");
  std::string bytes;
  while (!text.empty()) {
    if (!absl::ConsumePrefix(&text, "\\")) {
      bytes += text.front();
      text.remove_prefix(1);
    } else if (absl::ConsumePrefix(&text, "r")) {
      bytes += '\r';
    } else if (absl::ConsumePrefix(&text, "n")) {
      bytes += '\n';
    } else if (absl::ConsumePrefix(&text, "t")) {
      bytes += '\t';
    } else if (absl::ConsumePrefix(&text, "\\")) {
      bytes += '\\';
    } else if (absl::ConsumePrefix(&text, "x") && text.size() >= 2) {
      bytes += absl::HexStringToBytes(text.substr(0, 2));
      text.remove_prefix(2);
    } else if (absl::ConsumePrefix(&text, "{")) {
      const size_t colon = text.find(':');
      const size_t end = text.find('}');
      int times = 0;
      if (end == absl::string_view::npos || colon > end ||
          !absl::SimpleAtoi(text.substr(0, colon), &times)) {
        return wrong;
      }
      absl::StatusOr<std::string> part = DecodeBytes(
          absl::StrCat(text.substr(colon + 1, end - colon - 1), "\\-"));
      if (!part.ok()) return part;
      for (int i = 0; i < times; ++i) bytes += *part;
      text.remove_prefix(end + 1);
    } else {
      return wrong;
    }
  }
  if (has_line_end) bytes += "\r\n";
  return bytes;
}

std::string EncodeBytes(absl::string_view bytes) {
  const bool has_line_end = absl::ConsumeSuffix(&bytes, "\r\n");
  std::string text;
  for (const char c : bytes) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (!absl::ascii_isprint(static_cast<unsigned char>(c))) {
      absl::StrAppend(&text, "\\x",
                      absl::BytesToHexString(absl::string_view(&c, 1)));
    } else {
      text += c;
    }
  }
  if (absl::EndsWith(text, " ")) {
    text.pop_back();
    text += "\\x20";
  }
  if (text.size() > kLongestShownLine) {
    text = absl::StrCat(text.substr(0, kLongestShownLine / 2), " ...",
                        text.size() - kLongestShownLine, " more... ",
                        text.substr(text.size() - kLongestShownLine / 2));
  }
  if (!has_line_end) text += "\\-";
  return text;
}

}  // namespace pinnace::dialogues
