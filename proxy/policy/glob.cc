#include "proxy/policy/glob.h"

#include <fnmatch.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/match.h"

namespace pinnace::policy {
namespace {

// "[!a-c]" at `at`: where it ends, and whether it has `c`. None: no such set,
// so the '[' stands for itself.
struct Set {
  size_t end = 0;
  bool has = false;
};
std::optional<Set> SetAt(absl::string_view glob, size_t at, char c) {
  size_t i = at + 1;
  const bool negated = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (negated) ++i;
  bool has = false;
  // A ']' in front is one of the set.
  for (const size_t first = i; i < glob.size(); ++i) {
    if (glob[i] == ']' && i > first) return Set{i + 1, has != negated};
    const uint8_t low = glob[i];
    uint8_t high = low;
    if (i + 2 < glob.size() && glob[i + 1] == '-' && glob[i + 2] != ']') {
      high = glob[i + 2];
      i += 2;
    }
    const uint8_t byte = c;
    has = has || (low <= byte && byte <= high);
  }
  return std::nullopt;
}

// Behind the one thing at `at`, if that matches `c`; else 0.
size_t StepOver(absl::string_view glob, size_t at, char c) {
  switch (glob[at]) {
    case '?':
      return c == '/' ? 0 : at + 1;
    case '[':
      if (const std::optional<Set> set = SetAt(glob, at, c)) {
        return set->has && c != '/' ? set->end : 0;
      }
      return c == '[' ? at + 1 : 0;
    default:
      return c == glob[at] ? at + 1 : 0;
  }
}

// Where to go on when what follows a star does not match: with one character
// more, or one part more, for it.
struct Retry {
  bool is_there = false;
  size_t glob = 0;
  size_t path = 0;
  bool whole_parts = false;
};

}  // namespace

bool GlobMatches(const std::string& glob, absl::string_view text) {
  if (glob.empty()) return true;
  // fnmatch() would see the text only up to a NUL.
  if (absl::StrContains(text, '\0')) return false;
  return fnmatch(glob.c_str(), std::string(text).c_str(), FNM_NOESCAPE) == 0;
}

// Only the last '*', and the last "**" before it, can need another try: what
// stands before them has matched as early as it can.
bool PathGlobMatches(absl::string_view glob, absl::string_view path) {
  size_t g = 0;
  size_t p = 0;
  Retry star;
  Retry stars;
  while (true) {
    if (absl::StartsWith(glob.substr(g), "**")) {
      const bool begins_part = g == 0 || glob[g - 1] == '/';
      g += 2;
      while (g < glob.size() && glob[g] == '*') ++g;
      const bool whole_parts = begins_part && g < glob.size() && glob[g] == '/';
      if (whole_parts) ++g;
      stars = {true, g, p, whole_parts};
      star = {};
      continue;
    }
    if (g < glob.size() && glob[g] == '*') {
      star = {true, ++g, p};
      continue;
    }
    if (p == path.size() && g == glob.size()) return true;
    if (p < path.size() && g < glob.size()) {
      if (const size_t next = StepOver(glob, g, path[p])) {
        g = next;
        ++p;
        continue;
      }
    }
    if (star.is_there && star.path < path.size() && path[star.path] != '/') {
      g = star.glob;
      p = ++star.path;
      continue;
    }
    star = {};
    if (!stars.is_there) return false;
    if (stars.whole_parts) {
      const size_t slash = path.find('/', stars.path);
      if (slash == absl::string_view::npos) return false;
      stars.path = slash;
    }
    if (stars.path >= path.size()) return false;
    g = stars.glob;
    p = ++stars.path;
  }
}

}  // namespace pinnace::policy
