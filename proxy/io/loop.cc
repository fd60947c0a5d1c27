#include "proxy/io/loop.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"
#include "proxy/base/steady_clock.h"

namespace pinnace::io {
namespace {

constexpr uint8_t kReadable = 1;
constexpr uint8_t kWritable = 2;
constexpr uint8_t kPeerFinished = 4;
constexpr uint8_t kHangUp = 8;
constexpr uint8_t kUrgent = 16;

// Tokens: slot index in the low half, its generation (never 0) in the high.
constexpr uint64_t kNoToken = 0;
constexpr uint64_t kUvToken = 1;

uint64_t MakeToken(uint32_t index, uint32_t generation) {
  return uint64_t{generation} << 32 | index;
}

uint8_t BitsOf(uint32_t epoll_events) {
  uint8_t bits = 0;
  if (epoll_events & EPOLLIN) bits |= kReadable;
  if (epoll_events & EPOLLOUT) bits |= kWritable;
  if (epoll_events & EPOLLRDHUP) bits |= kPeerFinished;
  if (epoll_events & (EPOLLHUP | EPOLLERR)) bits |= kHangUp;
  if (epoll_events & EPOLLPRI) bits |= kUrgent;
  return bits;
}

uint8_t BitsOf(const Readiness& r) {
  return (r.readable ? kReadable : 0) | (r.writable ? kWritable : 0) |
         (r.peer_finished ? kPeerFinished : 0) | (r.hang_up ? kHangUp : 0) |
         (r.urgent ? kUrgent : 0);
}

Readiness ReadinessOf(uint8_t bits) {
  return {.readable = (bits & kReadable) != 0,
          .writable = (bits & kWritable) != 0,
          .peer_finished = (bits & kPeerFinished) != 0,
          .hang_up = (bits & kHangUp) != 0,
          .urgent = (bits & kUrgent) != 0};
}

int64_t MonotonicNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void IgnoreSigpipe() {
  struct sigaction present;
  sigaction(SIGPIPE, nullptr, &present);
  if (present.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
}

}  // namespace

Loop::Loop()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      shared_buffer_(new char[limits::kRelayCopyBytes]),
      deferred_(*this),
      deferred_now_(*this),
      now_(SteadyNow()) {
  IgnoreSigpipe();
  PINNACE_CHECK(epoll_fd_ >= 0);
  PINNACE_CHECK(uv_loop_init(&uv_) == 0);
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.u64 = kUvToken;
  PINNACE_CHECK(
      epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, uv_backend_fd(&uv_), &event) == 0);
}

Loop::~Loop() {
  PINNACE_CHECK(!in_turn_);
  CloseLingering();
  PINNACE_CHECK(live_watches_ == 0);
  PINNACE_CHECK(timers_.empty());
  PINNACE_CHECK(deferred_.next_ == &deferred_);
  uv_walk(
      &uv_,
      [](uv_handle_t* handle, void*) { PINNACE_CHECK(uv_is_closing(handle)); },
      nullptr);
  uv_run(&uv_, UV_RUN_DEFAULT);
  PINNACE_CHECK(uv_loop_close(&uv_) == 0);
  close(epoll_fd_);
}

void Loop::Run() {
  const LogBatch batch;
  while (!stopping_) Turn(absl::InfiniteDuration());
  stopping_ = false;
}

void Loop::RunOnce(absl::Duration max_wait) { Turn(max_wait); }

void Loop::Turn(absl::Duration max_wait) {
  PINNACE_CHECK(!in_turn_);
  in_turn_ = true;
  FlushLog();
  const int count =
      std::max(0, epoll_wait(epoll_fd_, events_.data(), kEventsPerTurn,
                             TimeoutMs(max_wait)));
  ++turn_;
  now_ = SteadyNow();
  RunUv(count);
  DispatchEvents(count);
  ExpireTimers();
  DispatchBulk();
  RunDeferred();
  in_turn_ = false;
}

int Loop::TimeoutMs(absl::Duration max_wait) {
  if (deferred_.next_ != &deferred_ || !redirected_.empty() || HasBulk() ||
      UvIsDue()) {
    return 0;
  }
  absl::Duration wait = max_wait;
  if (!timers_.empty()) {
    wait = std::min(wait, timers_.top()->at() - SteadyNow());
  }
  if (uv_loop_alive(&uv_)) {
    const int uv_ms = uv_backend_timeout(&uv_);
    if (uv_ms >= 0) wait = std::min(wait, absl::Milliseconds(uv_ms));
  }
  if (wait <= absl::ZeroDuration()) return 0;
  if (wait == absl::InfiniteDuration()) return -1;
  // Up, or the loop would spin through the last part of a millisecond.
  const absl::Duration up = absl::Ceil(wait, absl::Milliseconds(1));
  return static_cast<int>(
      std::min<int64_t>(absl::ToInt64Milliseconds(up), 3'600'000));
}

// libuv puts new descriptors into its epoll set, and closes handles, only when
// it runs; it says so by a timeout of 0.
bool Loop::UvIsDue() const {
  return uv_loop_alive(&uv_) && uv_backend_timeout(&uv_) == 0;
}

void Loop::RunUv(int event_count) {
  bool ready = false;
  for (int i = 0; i < event_count; ++i) {
    if (events_[i].data.u64 != kUvToken) continue;
    events_[i].data.u64 = kNoToken;
    ready = true;
  }
  if (ready || UvIsDue()) uv_run(&uv_, UV_RUN_NOWAIT);
}

void Loop::DispatchEvents(int event_count) {
  for (int i = 0; i < event_count; ++i) {
    const uint64_t token = events_[i].data.u64;
    if (token == kNoToken) continue;
    Slot* slot = Find(token);
    if (slot != nullptr) Tell(token, *slot, BitsOf(events_[i].events));
  }
}

void Loop::DispatchRedirected() {
  redirected_now_.swap(redirected_);
  for (const uint64_t token : redirected_now_) {
    Slot* slot = Find(token);
    // An event that came since has told the new owner all there is.
    if (slot == nullptr || slot->callback == nullptr || slot->pending == 0) {
      continue;
    }
    Tell(token, *slot, slot->pending | slot->sticky);
  }
  redirected_now_.clear();
}

// What bulk work leads to (an accept that starts a relay) is done in this turn
// too, and not behind another look at the kernel.
void Loop::DispatchBulk() {
  DispatchRedirected();
  if (!HasBulk()) return;
  bulk_turn_ends_ns_ =
      MonotonicNanoseconds() + absl::ToInt64Nanoseconds(limits::kBulkTurn);
  while (HasBulk()) {
    if (bulk_next_ == bulk_.size()) {
      bulk_.clear();
      bulk_.swap(bulk_later_);
      bulk_next_ = 0;
    }
    Slot* slot = Find(bulk_[bulk_next_++]);
    if (slot != nullptr) Deliver(*slot, std::exchange(slot->queued, 0));
    DispatchRedirected();
    if (BulkTurnIsOver()) return;
  }
}

bool Loop::BulkTurnIsOver() const {
  return MonotonicNanoseconds() >= bulk_turn_ends_ns_;
}

void Loop::Tell(uint64_t token, Slot& slot, uint8_t bits) {
  if (slot.priority == Priority::kBulk && slot.callback != nullptr) {
    slot.pending = 0;
    QueueBulk(token, slot, bits);
  } else {
    Deliver(slot, bits);
  }
}

void Loop::QueueBulk(uint64_t token, Slot& slot, uint8_t bits) {
  if (slot.queued == 0) bulk_later_.push_back(token);
  slot.queued |= bits;
}

// `slot` may be gone or moved when this returns.
void Loop::Deliver(Slot& slot, uint8_t bits) {
  slot.sticky |= bits & (kPeerFinished | kHangUp | kUrgent);
  if (slot.callback == nullptr) {
    slot.pending |= bits;
    return;
  }
  slot.pending = 0;
  slot.callback->OnReady(ReadinessOf(bits));
}

void Loop::ExpireTimers() {
  while (!timers_.empty() && timers_.top()->at() <= now_) {
    TimerQueue::Node* timer = timers_.top();
    timers_.Remove(timer);
    timer->OnReached(now_);
  }
}

// Past now: a timer that sets itself again has its turn in the next one.
void Loop::ArmTimer(TimerQueue::Node* timer, absl::Time at) {
  timers_.Put(timer, std::max(at, now_ + absl::Nanoseconds(1)));
}

void Loop::RunDeferred() {
  while (deferred_.next_ != &deferred_) {
    Deferred* deferred = deferred_.next_;
    deferred->Cancel();
    deferred->AppendTo(deferred_now_);
  }
  while (deferred_now_.next_ != &deferred_now_) deferred_now_.next_->Run();
}

std::unique_ptr<Loop::Watch> Loop::WatchSocket(int fd, ReadyCallback* callback,
                                               Priority priority) {
  return WatchDescriptor(fd,
                         EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
                         callback, priority);
}

std::unique_ptr<Loop::Watch> Loop::WatchDescriptor(int fd,
                                                   uint32_t epoll_events,
                                                   ReadyCallback* callback,
                                                   Priority priority) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  slot.callback = callback;
  slot.priority = priority;
  slot.pending = 0;
  slot.sticky = 0;
  slot.in_use = true;
  ++live_watches_;

  const uint64_t token = MakeToken(index, slot.generation);
  epoll_event event = {};
  event.events = epoll_events;
  event.data.u64 = token;
  int result = epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  // Its former watch was dropped and the socket was not closed.
  if (result != 0 && errno == EEXIST) {
    result = epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
  }
  PINNACE_CHECK(result == 0);
  return std::unique_ptr<Watch>(new Watch(this, fd, token));
}

Loop::Slot* Loop::Find(uint64_t token) {
  Slot& slot = slots_[static_cast<uint32_t>(token)];
  if (!slot.in_use || slot.generation != token >> 32) return nullptr;
  return &slot;
}

void Loop::FreeSlot(uint64_t token) {
  const auto index = static_cast<uint32_t>(token);
  Slot& slot = slots_[index];
  slot.in_use = false;
  slot.callback = nullptr;
  slot.queued = 0;
  if (++slot.generation == 0) slot.generation = 1;
  free_slots_.push_back(index);
  --live_watches_;
}

Loop::Watch::~Watch() {
  if (loop_ != nullptr) loop_->FreeSlot(token_);
}

void Loop::Watch::Redirect(ReadyCallback* callback, Priority priority) {
  PINNACE_CHECK(loop_ != nullptr);
  Slot& slot = loop_->slots_[static_cast<uint32_t>(token_)];
  if (slot.callback != nullptr) {
    slot.pending = kReadable | kWritable | slot.sticky;
  }
  slot.callback = callback;
  slot.priority = priority;
  if (callback != nullptr && slot.pending != 0) {
    loop_->redirected_.push_back(token_);
  }
}

void Loop::Watch::Park(Readiness pending) {
  PINNACE_CHECK(loop_ != nullptr);
  Slot& slot = loop_->slots_[static_cast<uint32_t>(token_)];
  slot.callback = nullptr;
  slot.pending = BitsOf(pending);
}

void Loop::Watch::Again() {
  PINNACE_CHECK(loop_ != nullptr);
  Slot& slot = loop_->slots_[static_cast<uint32_t>(token_)];
  loop_->QueueBulk(token_, slot, kReadable);
}

void Loop::Watch::Release() {
  if (loop_ == nullptr) return;
  epoll_ctl(loop_->epoll_fd_, EPOLL_CTL_DEL, fd_, nullptr);
  loop_->FreeSlot(token_);
  loop_ = nullptr;
}

Loop::Deferred::Deferred(Loop& loop, absl::AnyInvocable<void()> run)
    : loop_(loop), run_(std::move(run)) {}

Loop::Deferred::Deferred(Loop& loop)
    : loop_(loop), previous_(this), next_(this) {}

Loop::Deferred::~Deferred() { Cancel(); }

void Loop::Deferred::Schedule() {
  if (!is_scheduled()) AppendTo(loop_.deferred_);
}

void Loop::Deferred::AppendTo(Deferred& head) {
  previous_ = head.previous_;
  next_ = &head;
  previous_->next_ = this;
  head.previous_ = this;
}

void Loop::Deferred::Cancel() {
  if (!is_scheduled()) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

void Loop::Deferred::Run() {
  Cancel();
  Lifeline::Guard guard(lifeline_);
  // A callable must not be destroyed while it runs, the Deferred may be.
  absl::AnyInvocable<void()> run = std::move(run_);
  run();
  if (guard.alive()) run_ = std::move(run);
}

absl::Span<char> Loop::shared_buffer() {
  return absl::MakeSpan(shared_buffer_.get(), limits::kRelayCopyBytes);
}

void Loop::Keep(std::unique_ptr<Lingering> lingering) {
  Lingering* kept = lingering.get();
  kept->place_ = lingering_.insert(lingering_.end(), std::move(lingering));
}

void Loop::Drop(Lingering* lingering) { lingering_.erase(lingering->place_); }

void Loop::CloseLingering() { lingering_.clear(); }

}  // namespace pinnace::io
