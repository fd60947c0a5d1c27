// What one backend's failures add up to: how many in a row of each kind, and
// until when it is left out. Any thread; Fail() and Eject() under the farm's
// `ejecting` mutex, or two failures at once could count as one.
#ifndef PINNACE_PROXY_FLEET_OUTLIER_RECORD_H_
#define PINNACE_PROXY_FLEET_OUTLIER_RECORD_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::fleet {

enum class FailureKind : uint8_t { kConnect, kData };

class OutlierRecord {
 public:
  bool IsEjected(absl::Time now) const {
    const int64_t until_ns = until_ns_.load(std::memory_order_relaxed);
    return until_ns != kNeverEjected && absl::ToUnixNanos(now) < until_ns;
  }

  // How many in a row there are with this one.
  int Fail(FailureKind kind) {
    return StreakOf(kind).failures.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void Succeed(FailureKind kind) {
    StreakOf(kind).failures.store(0, std::memory_order_relaxed);
    StreakOf(kind).ejections.store(0, std::memory_order_relaxed);
  }
  // How many ejections in a row the kind led to.
  int ejections(FailureKind kind) const {
    return streaks_[static_cast<size_t>(kind)].ejections.load(
        std::memory_order_relaxed);
  }
  // The count of failures starts anew; that of ejections goes on.
  void Eject(FailureKind kind, absl::Time until) {
    StreakOf(kind).failures.store(0, std::memory_order_relaxed);
    StreakOf(kind).ejections.fetch_add(1, std::memory_order_relaxed);
    until_ns_.store(absl::ToUnixNanos(until), std::memory_order_relaxed);
  }

 private:
  static constexpr int64_t kNeverEjected = 0;

  struct Streak {
    std::atomic<int> failures{0};
    std::atomic<int> ejections{0};
  };

  Streak& StreakOf(FailureKind kind) {
    return streaks_[static_cast<size_t>(kind)];
  }

  std::atomic<int64_t> until_ns_{kNeverEjected};
  std::array<Streak, 2> streaks_;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_OUTLIER_RECORD_H_
