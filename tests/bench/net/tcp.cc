#include "tests/bench/net/tcp.h"

#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "proxy/base/check.h"

namespace pinnace::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr size_t kReadBytes = 256 * 1024;
constexpr size_t kContentBytes = 1024 * 1024;

int NewSocket(const IpAddress& ip) {
  return socket(ip.is_ipv4() ? AF_INET : AF_INET6,
                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

}  // namespace

int64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void WantRealtime() {
  const sched_param priority = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) == 0) {
    return;
  }
  std::fprintf(stderr, "realtime scheduling: %s\n", std::strerror(errno));
  std::exit(1);
}

void WantManyDescriptors() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int ListenOrDie(const Address& address) {
  const int fd = NewSocket(address.ip);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  sockaddr_storage storage;
  const socklen_t size = address.ToSockaddr(&storage);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      listen(fd, kBacklog) != 0) {
    std::fprintf(stderr, "listen on %s: %s\n", address.ToString().c_str(),
                 std::strerror(errno));
    std::exit(1);
  }
  return fd;
}

int Accept(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int Connect(const Address& target) {
  const int fd = NewSocket(target.ip);
  if (fd < 0) return -1;
  sockaddr_storage storage;
  const socklen_t size = target.ToSockaddr(&storage);
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 &&
      errno != EINPROGRESS) {
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

void SetNoDelay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int TakeError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

bool SendLine(int fd, absl::string_view text) {
  const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(text.size());
}

Dropped Drop(int fd, size_t at_most) {
  Dropped dropped;
  while (dropped.bytes < at_most) {
    // MSG_TRUNC: TCP discards without copying (tcp(7)).
    const ssize_t size = recv(fd, nullptr, kReadBytes, MSG_TRUNC);
    if (size > 0) {
      dropped.bytes += static_cast<size_t>(size);
    } else {
      dropped.finished = size == 0;
      dropped.broken = size < 0 && errno != EAGAIN;
      break;
    }
  }
  return dropped;
}

Content::Content(How how) : bytes_(kContentBytes, 'x') {
  if (how == How::kSend) return;
  file_ = memfd_create("content", MFD_CLOEXEC);
  PINNACE_CHECK(file_ >= 0);
  PINNACE_CHECK(write(file_, bytes_.data(), bytes_.size()) ==
                static_cast<ssize_t>(bytes_.size()));
}

ssize_t Content::SendTo(int socket, int64_t bytes) const {
  const auto part = static_cast<size_t>(
      std::min<int64_t>(bytes, static_cast<int64_t>(kContentBytes)));
  if (file_ < 0) return send(socket, bytes_.data(), part, MSG_NOSIGNAL);
  off_t from = 0;
  return sendfile(socket, file_, &from, part);
}

}  // namespace pinnace::bench
