// Empty pipes for splice(2), kept open between transfers. A pipe that still
// holds bytes is closed, not kept. One thread.
#ifndef PINNACE_PROXY_IO_PIPE_POOL_H_
#define PINNACE_PROXY_IO_PIPE_POOL_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace pinnace::io {

// Both ends, non-blocking and close-on-exec.
class Pipe {
 public:
  Pipe(int read_fd, int write_fd) : read_fd_(read_fd), write_fd_(write_fd) {}
  Pipe(Pipe&& other) noexcept
      : read_fd_(std::exchange(other.read_fd_, -1)),
        write_fd_(std::exchange(other.write_fd_, -1)) {}
  Pipe& operator=(Pipe&& other) noexcept {
    std::swap(read_fd_, other.read_fd_);
    std::swap(write_fd_, other.write_fd_);
    return *this;
  }
  ~Pipe();

  int read_fd() const { return read_fd_; }
  int write_fd() const { return write_fd_; }

 private:
  int read_fd_;
  int write_fd_;
};

class PipePool {
 public:
  PipePool() = default;
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  // Nothing when the process has no descriptors left.
  std::optional<Pipe> Take();
  // `pipe` is empty. Past limits::kMaxPooledPipes it is closed.
  void Put(Pipe pipe);
  size_t idle_pipes() const { return idle_.size(); }

 private:
  std::vector<Pipe> idle_;  // The last one used is the warmest.
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_PIPE_POOL_H_
