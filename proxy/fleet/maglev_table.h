// Consistent hashing with a table (Eisenbud et al.: "Maglev: A Fast and
// Reliable Software Network Load Balancer", NSDI 2016, §3.4): each backend owns
// a share of the slots by its weight, and keeps nearly all of them when others
// come or go. Made of ids and weights alone, so that every gateway has the same
// table. Immutable. Any thread.
#ifndef PINNACE_PROXY_FLEET_MAGLEV_TABLE_H_
#define PINNACE_PROXY_FLEET_MAGLEV_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace pinnace::fleet {

class MaglevTable {
 public:
  struct Member {
    absl::string_view id;
    int weight = 1;  // at least 1
  };

  // In any order; ids are unique.
  explicit MaglevTable(absl::Span<const Member> members);

  // An index of the members. Not for an empty table.
  size_t Find(uint64_t hash) const { return slots_[hash % slots_.size()]; }

 private:
  std::vector<uint16_t> slots_;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_MAGLEV_TABLE_H_
