#include "proxy/config/nearest_name.h"

#include <algorithm>
#include <cstddef>

namespace pinnace::config {
namespace {

constexpr size_t kMaxNameBytes = 64;

size_t Edits(absl::string_view a, absl::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<size_t> cost((a.size() + 1) * width);
  const auto at = [&](size_t i, size_t j) -> size_t& {
    return cost[i * width + j];
  };
  for (size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.size(), b.size());
}

}  // namespace

std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& known) {
  if (name.size() > kMaxNameBytes) return "";
  // Past a third of the word, another word is meant.
  size_t nearest_edits = std::max<size_t>(name.size() / 3, 1) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const size_t edits = Edits(name, candidate);
    if (edits < nearest_edits) {
      nearest_edits = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace pinnace::config
