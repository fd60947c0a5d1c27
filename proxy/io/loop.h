// The event loop of one thread. Sockets are watched edge-triggered in an epoll
// set of ours: each is registered once and closed once, and no interest is
// changed in between. libuv's loop (resolver, signals) is nested in that set
// and runs when it has something to do. Timers, deferred work and mailboxes
// hang on the loop too. Everything but Mailbox::Post is the loop's thread only.
#ifndef PINNACE_PROXY_IO_LOOP_H_
#define PINNACE_PROXY_IO_LOOP_H_

#include <sys/epoll.h>
#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/timer_queue.h"

namespace pinnace::io {

// What an edge told. `hang_up` is EPOLLHUP or EPOLLERR; `peer_finished`
// EPOLLRDHUP; `urgent` EPOLLPRI: a read stops short at the urgent mark, so a
// short one does not mean that the socket is drained.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool peer_finished = false;
  bool hang_up = false;
  bool urgent = false;
};

// Control events are dispatched as they come. Bulk ones stand in line, first
// come first served, and the loop looks for new control events as soon as
// limits::kBulkTurn is over: a command waits behind data no longer than that
// and one bulk callback, however many transfers run.
enum class Priority : uint8_t { kControl, kBulk };

class Loop {
 public:
  // Told of edges until the Watch is gone. May drop any watch, its own too.
  class ReadyCallback {
   public:
    virtual void OnReady(Readiness readiness) = 0;

   protected:
    ~ReadyCallback() = default;
  };

  // A registration of one descriptor. Destroying it detaches at once and makes
  // no system call: close the socket right after it (the kernel forgets a
  // closed descriptor by itself), or call Release() if the socket lives on.
  // A late event of a watch that is gone is recognised and dropped.
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // Hands the watch to another owner, without a system call. The new callback
    // is told at the end of this turn (or in the next, or when its place in the
    // bulk line comes) what may be ready:
    // whatever came while parked, otherwise "readable and writable, try"; and
    // peer_finished and hang_up if they were ever seen.
    // A null callback parks the watch: edges are kept for the next owner.
    void Redirect(ReadyCallback* callback, Priority priority);
    // Parks the watch; `pending` is all that the former owner left undone.
    void Park(Readiness pending);
    // For a bulk callback that could go on and lets the others have their turn:
    // it is told "readable" again, behind all that stand in line.
    void Again();
    // Takes the descriptor out of the set, for a socket that goes to another
    // thread or loop. No callback from here on.
    void Release();

   private:
    friend class Loop;
    Watch(Loop* loop, int fd, uint64_t token)
        : loop_(loop), token_(token), fd_(fd) {}

    Loop* loop_;  // null once released
    uint64_t token_;
    int fd_;
  };

  // Work for the end of this turn, or of the next one when scheduled by other
  // deferred work. At most once per turn.
  class Deferred {
   public:
    Deferred(Loop& loop, absl::AnyInvocable<void()> run);
    ~Deferred();
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    void Schedule();  // Idempotent until it has run. The loop does not sleep.
    void Cancel();
    bool is_scheduled() const { return next_ != nullptr; }

   private:
    friend class Loop;
    Deferred(Loop& loop);  // a list's head
    void AppendTo(Deferred& head);
    void Run();

    Loop& loop_;
    Deferred* previous_ = nullptr;
    Deferred* next_ = nullptr;
    absl::AnyInvocable<void()> run_;
    Lifeline lifeline_;
  };

  // Something that has lost its owner and ends by itself (FinishAndClose).
  class Lingering {
   public:
    virtual ~Lingering() = default;

   private:
    friend class Loop;
    std::list<std::unique_ptr<Lingering>>::iterator place_;
  };

  // Also makes the process ignore SIGPIPE: splice(2) has no MSG_NOSIGNAL.
  Loop();
  // Closes what lingers, waits for libuv's running look-ups, and CHECKs that
  // nothing is watched, armed, scheduled or open any more.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop(). Call from the thread that owns everything on the loop.
  void Run();
  void Stop() { stopping_ = true; }
  // One turn; waits at most `max_wait`. For tests.
  void RunOnce(absl::Duration max_wait);

  // Monotonic, as a point in time that follows the wall clock of the start;
  // read once a turn.
  absl::Time now() const { return now_; }
  // Counts turns: what may happen once per turn remembers the last.
  int64_t turn() const { return turn_; }

  // For a bulk callback in its course: others, control events among them, have
  // waited long enough. It then calls Again() and returns.
  bool BulkTurnIsOver() const;

  // The socket must be connected, or connecting. What is ready already is told
  // in the next turn. A null callback parks the watch.
  std::unique_ptr<Watch> WatchSocket(int fd, ReadyCallback* callback,
                                     Priority priority);

  // Closes every stream that FinishAndClose left with the loop.
  void CloseLingering();

  // Watched descriptors, armed timers, streams that finish: zero when all is
  // closed.
  int live_watches() const { return live_watches_; }
  int live_timers() const { return static_cast<int>(timers_.size()); }
  int live_lingering() const { return static_cast<int>(lingering_.size()); }

  // The rest is for proxy/io only.
  uv_loop_t* uv() { return &uv_; }
  // As WatchSocket, with the epoll events named by the caller.
  std::unique_ptr<Watch> WatchDescriptor(int fd, uint32_t epoll_events,
                                         ReadyCallback* callback,
                                         Priority priority);
  // Where every reader of this loop receives; valid until control goes back to
  // the loop or to another reader.
  absl::Span<char> shared_buffer();
  void Keep(std::unique_ptr<Lingering> lingering);
  void Drop(Lingering* lingering);  // Destroys it.

 private:
  friend class Timer;
  // A watched descriptor. Slots are reused; the generation tells a late event
  // of a former watch from one of the present watch.
  struct Slot {
    ReadyCallback* callback = nullptr;
    uint32_t generation = 1;
    Priority priority = Priority::kControl;
    uint8_t pending = 0;  // bits for the next owner
    uint8_t sticky = 0;   // all but readable and writable, once seen
    uint8_t queued = 0;   // bits to be told when its place in line comes
    bool in_use = false;
  };
  static constexpr int kEventsPerTurn = 256;

  void Turn(absl::Duration max_wait);
  int TimeoutMs(absl::Duration max_wait);
  bool UvIsDue() const;
  void RunUv(int event_count);
  void DispatchEvents(int event_count);
  void DispatchRedirected();
  void DispatchBulk();
  // Bits for a slot that has an owner: now, or when its turn in line comes.
  void Tell(uint64_t token, Slot& slot, uint8_t bits);
  void QueueBulk(uint64_t token, Slot& slot, uint8_t bits);
  bool HasBulk() const {
    return bulk_next_ < bulk_.size() || !bulk_later_.empty();
  }
  void ExpireTimers();
  void RunDeferred();
  Slot* Find(uint64_t token);
  void FreeSlot(uint64_t token);
  void Deliver(Slot& slot, uint8_t bits);
  void ArmTimer(TimerQueue::Node* timer, absl::Time at);

  int epoll_fd_;
  uv_loop_t uv_;
  std::array<epoll_event, kEventsPerTurn> events_;
  std::unique_ptr<char[]> shared_buffer_;

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<uint64_t> redirected_;
  std::vector<uint64_t> redirected_now_;
  // Slots that have `queued` bits: bulk_ from bulk_next_ on, then bulk_later_.
  std::vector<uint64_t> bulk_;
  std::vector<uint64_t> bulk_later_;
  size_t bulk_next_ = 0;
  int64_t bulk_turn_ends_ns_ = 0;
  int live_watches_ = 0;

  TimerQueue timers_;
  Deferred deferred_;      // heads of two circular lists
  Deferred deferred_now_;  // what runs at the end of this turn
  std::list<std::unique_ptr<Lingering>> lingering_;

  absl::Time now_;
  int64_t turn_ = 0;
  bool stopping_ = false;
  bool in_turn_ = false;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_LOOP_H_
