// The peer that knows no FTP: forwards each port of one IP to the same port of
// another with splice(2), every byte the same way. The least that a TCP proxy
// can do, without time-outs or counters. One thread.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "proxy/base/check.h"
#include "tests/bench/net/arguments.h"
#include "tests/bench/net/poller.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {
namespace {

constexpr size_t kPipeBytes = 256 * 1024;
// Of one direction, before other connections have a turn.
constexpr size_t kTurnBytes = 4 * 1024 * 1024;

using Pipe = std::array<int, 2>;
std::vector<Pipe> idle_pipes;

Pipe TakePipe() {
  if (!idle_pipes.empty()) {
    const Pipe pipe = idle_pipes.back();
    idle_pipes.pop_back();
    return pipe;
  }
  Pipe pipe;
  PINNACE_CHECK(pipe2(pipe.data(), O_NONBLOCK | O_CLOEXEC) == 0);
  fcntl(pipe[1], F_SETPIPE_SZ, static_cast<int>(kPipeBytes));
  return pipe;
}

class Connection;

// One of the two sockets; what it can be read for goes to the other.
class End final : public Poller::Waiter {
 public:
  End(Connection& connection, int fd) : connection_(connection), fd_(fd) {}
  void OnEvents(uint32_t events) override;

  // Moves until one of the ends would block, or for a turn. False when the
  // connection broke.
  bool MoveTo(End& sink);
  bool is_finished() const { return finished_; }
  bool holds() const { return held_ > 0; }
  int fd() const { return fd_; }
  void Close();

 private:
  Connection& connection_;
  const int fd_;
  Pipe pipe_ = {-1, -1};  // held only while it holds bytes
  size_t held_ = 0;
  bool finished_ = false;
};

class Connection final : public Poller::Waiter {
 public:
  Connection(Poller& poller, int client, int backend)
      : poller_(poller), client_(*this, client), backend_(*this, backend) {
    SetNoDelay(client);
    SetNoDelay(backend);
    poller_.Watch(client, kBoth, &client_);
    poller_.Watch(backend, kBoth, &backend_);
  }
  void OnEvents(uint32_t) override {}

  // Armed anew, it is told what is ready behind all others.
  void WatchAgain(End& end) { poller_.Rewatch(end.fd(), kBoth, &end); }

  // Something happened at `end`.
  void Move(End& end, uint32_t events) {
    if (over_) return;
    End& other = &end == &client_ ? backend_ : client_;
    bool whole = true;
    if ((events & ~uint32_t{EPOLLOUT}) != 0) whole = end.MoveTo(other);
    if (whole && (events & EPOLLOUT) != 0 && other.holds()) {
      whole = other.MoveTo(end);
    }
    if (whole && !(client_.is_finished() && backend_.is_finished())) return;
    over_ = true;
    client_.Close();
    backend_.Close();
    poller_.Retire(std::unique_ptr<Poller::Waiter>(this));
  }

 private:
  static constexpr uint32_t kBoth = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

  Poller& poller_;
  End client_;
  End backend_;
  bool over_ = false;
};

void End::OnEvents(uint32_t events) { connection_.Move(*this, events); }

bool End::MoveTo(End& sink) {
  size_t moved = 0;
  while (!finished_ || held_ > 0) {
    if (held_ == 0) {
      if (moved >= kTurnBytes) {
        connection_.WatchAgain(*this);
        break;
      }
      if (pipe_[0] < 0) pipe_ = TakePipe();
      const ssize_t size = splice(fd_, nullptr, pipe_[1], nullptr, kPipeBytes,
                                  SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (size < 0 && errno != EAGAIN) return false;
      if (size < 0) break;
      if (size == 0) {
        finished_ = true;
        shutdown(sink.fd_, SHUT_WR);
        break;
      }
      held_ = static_cast<size_t>(size);
    }
    const ssize_t size = splice(pipe_[0], nullptr, sink.fd_, nullptr, held_,
                                SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (size < 0 && errno != EAGAIN && errno != ENOTCONN) return false;
    if (size <= 0) break;
    held_ -= static_cast<size_t>(size);
    moved += static_cast<size_t>(size);
  }
  if (held_ == 0 && pipe_[0] >= 0) {
    idle_pipes.push_back(std::exchange(pipe_, {-1, -1}));
  }
  return true;
}

void End::Close() {
  close(fd_);
  for (const int fd : pipe_) {
    if (fd >= 0) close(fd);
  }
}

class Listener final : public Poller::Waiter {
 public:
  Listener(Poller& poller, const Address& from, const Address& to)
      : poller_(poller), to_(to), fd_(ListenOrDie(from)) {
    poller_.Watch(fd_, EPOLLIN, this);
  }
  void OnEvents(uint32_t) override {
    const int client = Accept(fd_);
    if (client < 0) return;
    const int backend = Connect(to_);
    if (backend < 0) {
      close(client);
      return;
    }
    new Connection(poller_, client, backend);  // Retires itself.
  }

 private:
  Poller& poller_;
  const Address to_;
  const int fd_;
};

int Main(int argc, char** argv) {
  const Arguments arguments(argc, argv, {"listen", "to", "ports"},
                            "splice_relay --listen IP --to IP --ports A-B,...");
  const IpAddress from = arguments.Ip("listen");
  const IpAddress to = arguments.Ip("to");
  signal(SIGPIPE, SIG_IGN);
  WantManyDescriptors();
  Poller poller;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (const absl::string_view text :
       absl::StrSplit(arguments.Text("ports"), ',')) {
    const std::optional<PortRange> range = PortRange::Parse(text);
    if (!range.has_value()) arguments.Refuse();
    for (int number = range->first; number <= range->last; ++number) {
      const auto port = static_cast<uint16_t>(number);
      listeners.push_back(std::make_unique<Listener>(
          poller, Address{from, port}, Address{to, port}));
    }
  }
  std::printf("ready\n");
  std::fflush(stdout);
  poller.Run();
  return 0;
}

}  // namespace
}  // namespace pinnace::bench

int main(int argc, char** argv) { return pinnace::bench::Main(argc, argv); }
