#include "proxy/io/timer.h"

#include <utility>

namespace pinnace::io {

Timer::Timer(Loop& loop, absl::AnyInvocable<void()> expired)
    : loop_(loop), expired_(std::move(expired)) {}

Timer::~Timer() { loop_.timers_.Remove(this); }

void Timer::Set(absl::Time deadline) {
  deadline_ = deadline;
  if (deadline == absl::InfiniteFuture()) {
    loop_.timers_.Remove(this);
    return;
  }
  if (is_queued() && at() <= deadline) return;  // OnReached arms anew.
  loop_.ArmTimer(this, deadline);
}

void Timer::OnReached(absl::Time now) {
  if (deadline_ > now) {
    loop_.ArmTimer(this, deadline_);
    return;
  }
  deadline_ = absl::InfiniteFuture();
  Lifeline::Guard guard(lifeline_);
  // A callable must not be destroyed while it runs, the timer may be.
  absl::AnyInvocable<void()> expired = std::move(expired_);
  expired();
  if (guard.alive()) expired_ = std::move(expired);
}

}  // namespace pinnace::io
