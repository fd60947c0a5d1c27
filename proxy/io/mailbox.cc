#include "proxy/io/mailbox.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "proxy/base/check.h"

namespace pinnace::io {

// Edge-triggered and for input alone: each write is an edge, so the counter
// never has to be read. (It would take 2^64 writes to fill it.)
Mailbox::Mailbox(Loop& loop)
    : event_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  PINNACE_CHECK(event_fd_ >= 0);
  watch_ = loop.WatchDescriptor(event_fd_, EPOLLIN | EPOLLET, this,
                                Priority::kControl);
}

Mailbox::~Mailbox() {
  watch_.reset();
  close(event_fd_);
}

void Mailbox::Post(Work work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  work_.push_back(std::move(work));
  // Under the lock: the mailbox may be destroyed as soon as the work has run.
  if (work_.size() == 1) PINNACE_CHECK(eventfd_write(event_fd_, 1) == 0);
}

int64_t Mailbox::pending() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int64_t>(work_.size());
}

void Mailbox::OnReady(Readiness) {
  std::vector<Work> drained;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    drained.swap(work_);
  }
  Lifeline::Guard guard(lifeline_);
  for (Work& work : drained) {
    std::exchange(work, nullptr)();
    if (!guard.alive()) return;
  }
}

}  // namespace pinnace::io
