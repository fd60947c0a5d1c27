#include "proxy/io/socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "proxy/io/errno_status.h"

namespace pinnace::io {
namespace {

void SetOption(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

int WholeSeconds(absl::Duration duration) {
  return static_cast<int>(
      std::clamp<int64_t>(absl::ToInt64Seconds(duration), 1, 32767));
}

// `query` is getsockname or getpeername.
absl::StatusOr<Address> QueryAddress(int fd,
                                     int (*query)(int, sockaddr*, socklen_t*),
                                     absl::string_view name) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  if (query(fd, generic, &size) != 0) return StatusFromErrno(errno, name);
  std::optional<Address> address = Address::FromSockaddr(generic);
  if (!address.has_value()) return StatusFromErrno(EAFNOSUPPORT, name);
  return *address;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

absl::StatusOr<Socket> Socket::NewTcp(Family family) {
  const int fd = socket(family == Family::kIpv4 ? AF_INET : AF_INET6,
                        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return StatusFromErrno(errno, "open a TCP socket");
  Socket made(fd);
  made.SetReuseAddress();
  return made;
}

void Socket::SetReuseAddress() {
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

void Socket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void Socket::Reset() {
  if (fd_ < 0) return;
  const linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  Close();
}

void Socket::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

absl::StatusOr<Address> Socket::LocalAddress() const {
  return QueryAddress(fd_, getsockname, "local address");
}

absl::StatusOr<Address> Socket::PeerAddress() const {
  return QueryAddress(fd_, getpeername, "peer address");
}

absl::Status Socket::TakeError() const {
  return StatusFromErrno(TakeErrno(), "connection");
}

int Socket::TakeErrno() const {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error;
}

void Socket::SetNoDelay() { SetOption(fd_, IPPROTO_TCP, TCP_NODELAY, 1); }

void Socket::SetUrgentInline() { SetOption(fd_, SOL_SOCKET, SO_OOBINLINE, 1); }

void Socket::SetKeepalive(const Keepalive& keepalive) {
  SetOption(fd_, IPPROTO_TCP, TCP_KEEPIDLE, WholeSeconds(keepalive.idle));
  SetOption(fd_, IPPROTO_TCP, TCP_KEEPINTVL, WholeSeconds(keepalive.interval));
  SetOption(fd_, IPPROTO_TCP, TCP_KEEPCNT, keepalive.probes);
  SetOption(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
}

}  // namespace pinnace::io
