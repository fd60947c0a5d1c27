// Draws by weight in constant time: Vose's alias method, in whole numbers.
// Immutable. Any thread.
#ifndef PINNACE_PROXY_FLEET_ALIAS_TABLE_H_
#define PINNACE_PROXY_FLEET_ALIAS_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace pinnace::fleet {

class AliasTable {
 public:
  // Each weight at least 1.
  explicit AliasTable(absl::Span<const int> weights);

  // An index of the weights; `chance` is evenly distributed over 64 bits. Not
  // for an empty table.
  size_t Draw(uint64_t chance) const {
    const uint64_t column = ((chance >> 32) * columns_.size()) >> 32;
    const Column& drawn = columns_[column];
    return static_cast<uint32_t>(chance) < drawn.own ? column : drawn.alias;
  }

 private:
  // A column stands for itself with `own` of 2^32 chances, else for its alias.
  struct Column {
    uint64_t own = uint64_t{1} << 32;
    uint32_t alias = 0;
  };

  std::vector<Column> columns_;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_ALIAS_TABLE_H_
