// How often something has happened within a sliding window, in a fixed space:
// by eighths of the window, so that up to one eighth more is counted. Pure. One
// thread.
#ifndef PINNACE_PROXY_GUARD_WINDOW_COUNT_H_
#define PINNACE_PROXY_GUARD_WINDOW_COUNT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::guard {

class WindowCount {
 public:
  void Add(absl::Time now, absl::Duration window);
  int64_t Sum(absl::Time now, absl::Duration window);
  // Takes back what `other` has counted here, too.
  void Subtract(WindowCount& other, absl::Time now, absl::Duration window);
  void Clear() { *this = WindowCount(); }

 private:
  static constexpr int64_t kParts = 8;
  // The parts of a whole window, and the one that is under way.
  static constexpr size_t kSlots = kParts + 1;

  // Forgets what is older than the window.
  void MoveTo(absl::Time now, absl::Duration window);

  int64_t present_ = 0;  // the part under way, counted from the epoch
  std::array<uint16_t, kSlots> counts_ = {};
};

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_WINDOW_COUNT_H_
