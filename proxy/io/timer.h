// One deadline on a loop. Moving it later is free: the loop wakes at the time
// that was armed first and arms anew. One thread.
#ifndef PINNACE_PROXY_IO_TIMER_H_
#define PINNACE_PROXY_IO_TIMER_H_

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/loop.h"
#include "proxy/io/timer_queue.h"

namespace pinnace::io {

class Timer final : private TimerQueue::Node {
 public:
  Timer(Loop& loop, absl::AnyInvocable<void()> expired);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces the former deadline. absl::InfiniteFuture() disarms. `expired` is
  // called once, at or after `deadline`, never inside Set; a deadline that has
  // passed is met in the next turn. `expired` may destroy the timer.
  void Set(absl::Time deadline);
  absl::Time deadline() const { return deadline_; }

 private:
  void OnReached(absl::Time now) override;

  Loop& loop_;
  absl::AnyInvocable<void()> expired_;
  absl::Time deadline_ = absl::InfiniteFuture();
  Lifeline lifeline_;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_TIMER_H_
