#include "proxy/admin/route_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace pinnace::admin {
namespace {

struct Pattern {
  absl::string_view before;
  absl::string_view name;  // "": it takes none
  absl::string_view behind;
  bool takes_slashes = false;
};

Pattern Taken(absl::string_view text) {
  const size_t open = text.find('{');
  if (open == absl::string_view::npos) {
    return {.before = text, .name = {}, .behind = {}};
  }
  const size_t close = text.find('}');
  Pattern pattern{.before = text.substr(0, open),
                  .name = text.substr(open + 1, close - open - 1),
                  .behind = text.substr(close + 1)};
  pattern.takes_slashes = absl::ConsumeSuffix(&pattern.name, "...");
  return pattern;
}

}  // namespace

std::optional<std::string> MatchPath(absl::string_view pattern,
                                     absl::string_view path) {
  const Pattern taken = Taken(pattern);
  if (taken.name.empty()) {
    return path == pattern ? std::optional<std::string>("") : std::nullopt;
  }
  if (!absl::ConsumePrefix(&path, taken.before) ||
      !absl::ConsumeSuffix(&path, taken.behind) || path.empty() ||
      (!taken.takes_slashes && path.find('/') != absl::string_view::npos)) {
    return std::nullopt;
  }
  return std::string(path);
}

absl::string_view ArgumentName(absl::string_view pattern) {
  return Taken(pattern).name;
}

std::string ShownPath(absl::string_view pattern) {
  return absl::StrReplaceAll(pattern, {{"...}", "}"}});
}

}  // namespace pinnace::admin
