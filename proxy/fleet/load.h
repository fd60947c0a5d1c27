// How loaded a backend is beside the others of its farm: sessions per unit of
// what it is made for, compared exactly. Any thread.
//
// The unit is capacity where all state one, weight where none does. In a mixed
// farm a backend without a capacity counts as if it had one in proportion to
// its weight, as those with one have on average.
#ifndef PINNACE_PROXY_FLEET_LOAD_H_
#define PINNACE_PROXY_FLEET_LOAD_H_

#include <cstdint>

#include "absl/numeric/int128.h"
#include "proxy/fleet/backend.h"

namespace pinnace::fleet {

class LoadScale {
 public:
  // Over all backends of a farm or zone, in any order.
  void Add(const Backend& backend) {
    if (backend.capacity == 0) return;
    capacities_ += backend.capacity;
    weights_ += backend.weight;
  }

  // Of this backend, in units that all backends of the scale have in common.
  int64_t UnitsOf(const Backend& backend) const {
    if (backend.capacity != 0) return backend.capacity * weights_;
    return backend.weight * (capacities_ == 0 ? 1 : capacities_);
  }

 private:
  int64_t capacities_ = 0;  // of those that state one
  int64_t weights_ = 0;     // of the same
};

struct Load {
  int64_t sessions = 0;
  int64_t units = 1;  // at least 1

  friend bool operator<(const Load& a, const Load& b) {
    return absl::int128(a.sessions) * b.units <
           absl::int128(b.sessions) * a.units;
  }
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_LOAD_H_
