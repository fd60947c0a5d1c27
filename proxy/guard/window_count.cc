#include "proxy/guard/window_count.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace pinnace::guard {

void WindowCount::MoveTo(absl::Time now, absl::Duration window) {
  absl::Duration rest;
  const int64_t part =
      absl::IDivDuration(now - absl::UnixEpoch(), window / kParts, &rest);
  const int64_t steps =
      std::clamp<int64_t>(part - present_, 0, static_cast<int64_t>(kSlots));
  for (int64_t i = 0; i < steps; ++i) {
    counts_[static_cast<size_t>(part - i) % kSlots] = 0;
  }
  present_ = std::max(present_, part);
}

void WindowCount::Add(absl::Time now, absl::Duration window) {
  MoveTo(now, window);
  uint16_t& count = counts_[static_cast<size_t>(present_) % kSlots];
  if (count < std::numeric_limits<uint16_t>::max()) ++count;
}

int64_t WindowCount::Sum(absl::Time now, absl::Duration window) {
  MoveTo(now, window);
  return std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
}

void WindowCount::Subtract(WindowCount& other, absl::Time now,
                           absl::Duration window) {
  MoveTo(now, window);
  other.MoveTo(now, window);
  for (size_t i = 0; i < kSlots; ++i) {
    counts_[i] = static_cast<uint16_t>(counts_[i] -
                                       std::min(counts_[i], other.counts_[i]));
  }
}

}  // namespace pinnace::guard
