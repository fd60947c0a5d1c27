// Empty pipes for splice(2), kept open between transfers. A pipe that still
// holds bytes is closed, not kept. The more are lent out, the smaller is the
// next (limits::kLargePipes): splicing is cheapest in large pieces, but what a
// receiver does not take stays in the pipe. One thread.
#ifndef PINNACE_PROXY_IO_PIPE_POOL_H_
#define PINNACE_PROXY_IO_PIPE_POOL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace pinnace::io {

// Both ends, non-blocking and close-on-exec.
class Pipe {
 public:
  Pipe(int read_fd, int write_fd);
  Pipe(Pipe&& other) noexcept
      : read_fd_(std::exchange(other.read_fd_, -1)),
        write_fd_(std::exchange(other.write_fd_, -1)),
        capacity_(other.capacity_) {}
  Pipe& operator=(Pipe&& other) noexcept {
    std::swap(read_fd_, other.read_fd_);
    std::swap(write_fd_, other.write_fd_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Pipe();

  int read_fd() const { return read_fd_; }
  int write_fd() const { return write_fd_; }
  // Bytes, when every one of its pages is full.
  size_t capacity() const { return capacity_; }
  // False when the kernel refuses; the capacity is then as before.
  bool Resize(size_t bytes);

 private:
  int read_fd_;
  int write_fd_;
  size_t capacity_;
};

class PipePool {
 public:
  // Told when the kernel grants no pipe, or not the size.
  enum class Shortage : uint8_t { kRefusedSize, kNoDescriptor };
  using OnShortage = absl::AnyInvocable<void(Shortage)>;

  PipePool() : PipePool(&Ignore) {}
  explicit PipePool(OnShortage on_shortage)
      : on_shortage_(std::move(on_shortage)) {}
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  // Nothing when the process has no descriptors left.
  std::optional<Pipe> Take();
  // `pipe` is empty. Past limits::kMaxPooledPipes it is closed.
  void Put(Pipe pipe);
  // A pipe that was taken is closed with what it holds.
  void Discard(Pipe pipe);
  // Taken, and not given back.
  size_t lent_pipes() const { return lent_; }
  size_t idle_pipes() const { return idle_.size(); }

 private:
  static void Ignore(Shortage) {}

  OnShortage on_shortage_;
  // Of each size the last one used is the warmest; the largest are last.
  std::vector<Pipe> idle_;
  size_t lent_ = 0;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_PIPE_POOL_H_
