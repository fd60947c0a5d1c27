#include "proxy/io/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include <iterator>

#include "proxy/base/limits.h"

namespace pinnace::io {

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
  if (!idle_.empty()) {
    Pipe pipe = std::move(idle_.back());
    idle_.pop_back();
    ++lent_;
    return pipe;
  }
  int fds[2];
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  // Refused past the user's pipe-user-pages-soft; a smaller pipe works too.
  int capacity =
      fcntl(fds[1], F_SETPIPE_SZ, static_cast<int>(WantedBytes(lent_)));
  if (capacity <= 0) capacity = fcntl(fds[1], F_GETPIPE_SZ);
  ++lent_;
  return Pipe(fds[0], fds[1], static_cast<size_t>(capacity));
}

void PipePool::Put(Pipe pipe) {
  --lent_;
  if (idle_.size() >= limits::kMaxPooledPipes) return;
  auto place = idle_.end();
  while (place != idle_.begin() &&
         std::prev(place)->capacity() > pipe.capacity()) {
    --place;
  }
  idle_.insert(place, std::move(pipe));
}

void PipePool::Discard(Pipe) { --lent_; }

}  // namespace pinnace::io
