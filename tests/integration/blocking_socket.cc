#include "tests/integration/blocking_socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "proxy/base/check.h"

namespace pinnace::integration {
namespace {

constexpr int kPatienceSeconds = 20;

int NewSocket(Family family) {
  return socket(family == Family::kIpv4 ? AF_INET : AF_INET6,
                SOCK_STREAM | SOCK_CLOEXEC, 0);
}

}  // namespace

BlockingSocket::BlockingSocket(int fd) : fd_(fd) {
  const timeval patience = {.tv_sec = kPatienceSeconds};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

BlockingSocket::BlockingSocket(BlockingSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffered_(std::move(other.buffered_)),
      was_reset_(other.was_reset_) {}

BlockingSocket& BlockingSocket::operator=(BlockingSocket&& other) noexcept {
  Close();
  fd_ = std::exchange(other.fd_, -1);
  buffered_ = std::move(other.buffered_);
  was_reset_ = other.was_reset_;
  return *this;
}

BlockingSocket BlockingSocket::Connect(const Address& target,
                                       std::optional<IpAddress> from) {
  const int fd = NewSocket(target.ip.family());
  PINNACE_CHECK(fd >= 0);
  BlockingSocket connected(fd);
  sockaddr_storage storage;
  if (from.has_value()) {
    const socklen_t length = Address{*from, 0}.ToSockaddr(&storage);
    PINNACE_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&storage), length) == 0);
  }
  const socklen_t length = target.ToSockaddr(&storage);
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    connected.Close();
  }
  return connected;
}

BlockingSocket BlockingSocket::Listen(const Address& address) {
  const int fd = NewSocket(address.ip.family());
  PINNACE_CHECK(fd >= 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(&storage);
  PINNACE_CHECK(bind(fd, reinterpret_cast<sockaddr*>(&storage), length) == 0);
  PINNACE_CHECK(listen(fd, 512) == 0);
  return BlockingSocket(fd);
}

BlockingSocket BlockingSocket::Accept() {
  const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  return fd < 0 ? BlockingSocket() : BlockingSocket(fd);
}

Address BlockingSocket::LocalAddress() const {
  sockaddr_storage storage;
  socklen_t length = sizeof(storage);
  PINNACE_CHECK(
      getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length) == 0);
  return *Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage));
}

Address BlockingSocket::PeerAddress() const {
  sockaddr_storage storage;
  socklen_t length = sizeof(storage);
  if (getpeername(fd_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return Address();
  }
  return *Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage));
}

bool BlockingSocket::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      was_reset_ = true;
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string BlockingSocket::Receive() {
  if (!buffered_.empty()) return std::exchange(buffered_, "");
  std::string bytes(64 * 1024, '\0');
  const ssize_t got = recv(fd_, bytes.data(), bytes.size(), 0);
  if (got < 0) was_reset_ = errno == ECONNRESET;
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

std::string BlockingSocket::ReceiveToEnd() {
  std::string all;
  while (true) {
    const std::string bytes = Receive();
    if (bytes.empty()) return all;
    all += bytes;
  }
}

std::string BlockingSocket::ReceiveExactly(size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string bytes = Receive();
    if (bytes.empty()) return all;
    all += bytes;
  }
  buffered_ = all.substr(size);
  all.resize(size);
  return all;
}

std::optional<std::string> BlockingSocket::ReceiveLine() {
  std::string text = std::exchange(buffered_, "");
  size_t end = text.find('\n');
  while (end == std::string::npos) {
    const std::string bytes = Receive();
    if (bytes.empty()) return std::nullopt;
    end = bytes.find('\n');
    if (end != std::string::npos) end += text.size();
    text += bytes;
  }
  buffered_ = text.substr(end + 1);
  text.resize(end);
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

void BlockingSocket::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

void BlockingSocket::ShutdownBoth() { shutdown(fd_, SHUT_RDWR); }

void BlockingSocket::Reset() {
  const linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  Close();
}

void BlockingSocket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace pinnace::integration
