#include "proxy/fleet/alias_table.h"

#include <numeric>

#include "proxy/base/check.h"

namespace pinnace::fleet {

AliasTable::AliasTable(absl::Span<const int> weights)
    : columns_(weights.size()) {
  const uint64_t total =
      std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  // Scaled so that a full column is `total`.
  std::vector<uint64_t> left;
  std::vector<uint32_t> small, large;
  left.reserve(weights.size());
  for (uint32_t i = 0; i < weights.size(); ++i) {
    PINNACE_CHECK(weights[i] >= 1);
    left.push_back(static_cast<uint64_t>(weights[i]) * weights.size());
    (left.back() < total ? small : large).push_back(i);
  }
  // What a small column lacks, a large one gives.
  while (!small.empty() && !large.empty()) {
    const uint32_t receiver = small.back();
    const uint32_t giver = large.back();
    small.pop_back();
    columns_[receiver] = {.own = (left[receiver] << 32) / total,
                          .alias = giver};
    left[giver] -= total - left[receiver];
    if (left[giver] < total) {
      large.pop_back();
      small.push_back(giver);
    }
  }
}

}  // namespace pinnace::fleet
