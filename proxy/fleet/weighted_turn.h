// Smooth weighted round robin, as nginx has it: of weights 5, 1, 1 the turns
// are a a b a c a a, not a a a a a b c. Any thread.
//
// At each turn everybody's credit grows by its weight; the one with the most
// (the first of equals) has the turn and pays the sum of all weights. Here
// those of one weight are kept as one class: they have their turns in order, so
// that a turn costs as much as there are different weights, however many
// members.
#ifndef PINNACE_PROXY_FLEET_WEIGHTED_TURN_H_
#define PINNACE_PROXY_FLEET_WEIGHTED_TURN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/types/span.h"
#include "proxy/base/mutex.h"

namespace pinnace::fleet {

class WeightedTurn {
 public:
  // Each weight at least 1. Begins where a turn that had been had `done` times
  // would stand, within its first kMostDone: an often changed farm does not
  // begin with its heaviest each time.
  static constexpr uint64_t kMostDone = 4096;
  explicit WeightedTurn(absl::Span<const int> weights, uint64_t done = 0);

  // An index of the weights. Not for none.
  size_t Next() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Class {
    int64_t weight = 0;
    int64_t credit = 0;  // of the member that is next, and those behind it
    size_t next = 0;     // in `members`; those before it have paid already
    std::vector<uint32_t> members;

    uint32_t head() const { return members[next]; }
  };

  int64_t total_ = 0;
  Mutex mutex_;
  std::vector<Class> classes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_WEIGHTED_TURN_H_
