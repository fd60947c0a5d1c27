#include "proxy/io/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <iterator>

#include "proxy/base/limits.h"

namespace pinnace::io {

Pipe::Pipe(int read_fd, int write_fd)
    : read_fd_(read_fd),
      write_fd_(write_fd),
      capacity_(static_cast<size_t>(fcntl(write_fd, F_GETPIPE_SZ))) {}

bool Pipe::Resize(size_t bytes) {
  // Refused past the user's pipe-user-pages-soft.
  const int capacity = fcntl(write_fd_, F_SETPIPE_SZ, static_cast<int>(bytes));
  if (capacity < 0) return false;
  capacity_ = static_cast<size_t>(capacity);
  return true;
}

Pipe::~Pipe() {
  if (read_fd_ >= 0) close(read_fd_);
  if (write_fd_ >= 0) close(write_fd_);
}

namespace {

size_t WantedBytes(size_t lent) {
  if (lent < limits::kLargePipes) return limits::kLargePipeBytes;
  if (lent < limits::kMaxPooledPipes) return limits::kMediumPipeBytes;
  return limits::kSmallPipeBytes;
}

}  // namespace

std::optional<Pipe> PipePool::Take() {
  const size_t wanted = WantedBytes(lent_);
  if (idle_.empty()) {
    int fds[2];
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) {
      on_shortage_(Shortage::kNoDescriptor);
      return std::nullopt;
    }
    idle_.push_back(Pipe(fds[0], fds[1]));
  }
  Pipe pipe = std::move(idle_.back());
  idle_.pop_back();
  // Also one that was made small when many were in use.
  if (pipe.capacity() < wanted && !pipe.Resize(wanted)) {
    on_shortage_(Shortage::kRefusedSize);
  }
  ++lent_;
  return pipe;
}

void PipePool::Put(Pipe pipe) {
  --lent_;
  auto place = idle_.end();
  while (place != idle_.begin() &&
         std::prev(place)->capacity() > pipe.capacity()) {
    --place;
  }
  idle_.insert(place, std::move(pipe));
  if (idle_.size() > limits::kMaxPooledPipes) idle_.erase(idle_.begin());
}

void PipePool::Discard(Pipe) { --lent_; }

}  // namespace pinnace::io
