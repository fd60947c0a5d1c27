#include "proxy/io/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include "proxy/base/limits.h"

namespace pinnace::io {

Pipe::~Pipe() {
  if (read_fd_ >= 0) close(read_fd_);
  if (write_fd_ >= 0) close(write_fd_);
}

std::optional<Pipe> PipePool::Take() {
  if (!idle_.empty()) {
    Pipe pipe = std::move(idle_.back());
    idle_.pop_back();
    return pipe;
  }
  int fds[2];
  if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  // Refused past the user's pipe-user-pages-soft; a smaller pipe works too.
  fcntl(fds[1], F_SETPIPE_SZ, static_cast<int>(limits::kRelayPipeBytes));
  return Pipe(fds[0], fds[1]);
}

void PipePool::Put(Pipe pipe) {
  if (idle_.size() < limits::kMaxPooledPipes) idle_.push_back(std::move(pipe));
}

}  // namespace pinnace::io
