// The only door between threads: work posted from any thread runs on the loop's
// thread, in order, at the next turn. Wake-ups merge (one eventfd write until
// drained). Post: any thread; the rest: the loop's.
#ifndef PINNACE_PROXY_IO_MAILBOX_H_
#define PINNACE_PROXY_IO_MAILBOX_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/loop.h"

namespace pinnace::io {

class Mailbox final : private Loop::ReadyCallback {
 public:
  using Work = absl::AnyInvocable<void()>;

  explicit Mailbox(Loop& loop);
  // Work that has not run is destroyed unrun, also what is posted after the
  // loop has stopped. Work may destroy the mailbox.
  ~Mailbox();

  void Post(Work work);
  // Posted and not yet begun to be drained. Any thread.
  int64_t pending() const;

 private:
  void OnReady(Readiness readiness) override;

  const int event_fd_;
  std::unique_ptr<Loop::Watch> watch_;
  // Not absl::Mutex: the system's Abseil is not built for ThreadSanitizer,
  // which then cannot see that it locks.
  mutable std::mutex mutex_;
  std::vector<Work> work_;  // guarded by mutex_
  Lifeline lifeline_;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_MAILBOX_H_
