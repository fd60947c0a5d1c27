// What the tests of this folder share: connected loopback sockets, a peer that
// is driven by hand, and turning a loop until something has happened.
#ifndef PINNACE_PROXY_IO_TESTING_LOOPBACK_H_
#define PINNACE_PROXY_IO_TESTING_LOOPBACK_H_

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "proxy/base/address.h"
#include "proxy/base/check.h"
#include "proxy/io/byte_stream.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"

namespace pinnace::io {

inline Address Loopback(uint16_t port = 0) {
  return {IpAddress::FromIpv4({127, 0, 0, 1}), port};
}

// A listening socket on a free port, outside any loop.
inline Socket ListenOutside(const Address& address = Loopback(),
                            int backlog = 16) {
  Socket socket = Socket::NewTcp(address.ip.family()).value();
  sockaddr_storage storage;
  const socklen_t size = address.ToSockaddr(&storage);
  PINNACE_CHECK(
      bind(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size) == 0);
  PINNACE_CHECK(listen(socket.fd(), backlog) == 0);
  return socket;
}

inline Socket ConnectOutside(const Address& address) {
  Socket socket = Socket::NewTcp(address.ip.family()).value();
  sockaddr_storage storage;
  const socklen_t size = address.ToSockaddr(&storage);
  if (connect(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size) != 0) {
    PINNACE_CHECK(errno == EINPROGRESS);
  }
  return socket;
}

inline Socket AcceptOutside(const Socket& listener) {
  pollfd ready = {.fd = listener.fd(), .events = POLLIN};
  PINNACE_CHECK(poll(&ready, 1, 5000) == 1);
  return Socket(
      accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

// Two ends of one connection; `near` is for the code under test.
struct Pair {
  Socket near, far;
};

inline Pair Connect() {
  const Socket listener = ListenOutside();
  Pair pair;
  pair.near = ConnectOutside(listener.LocalAddress().value());
  pair.far = AcceptOutside(listener);
  return pair;
}

// Only the sending side: a tiny receive window would wait for timers.
inline void ShrinkSendBuffer(const Socket& socket, int bytes) {
  setsockopt(socket.fd(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

// Sends what the kernel takes; returns how much.
inline size_t SendOutside(const Socket& socket, absl::string_view bytes) {
  const ssize_t sent =
      send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

// What a hand-driven peer has seen of its connection.
struct Received {
  std::string bytes;
  bool finished = false;  // FIN
  int error = 0;          // ECONNRESET: RST
};

inline void ReceiveOutside(const Socket& socket, Received* received,
                           size_t at_most = 1 << 30) {
  char buffer[64 * 1024];
  while (at_most > 0) {
    const ssize_t size =
        recv(socket.fd(), buffer, std::min(at_most, sizeof(buffer)), 0);
    if (size > 0) {
      received->bytes.append(buffer, static_cast<size_t>(size));
      at_most -= static_cast<size_t>(size);
      continue;
    }
    if (size == 0) received->finished = true;
    if (size < 0 && errno != EAGAIN) received->error = errno;
    return;
  }
}

// Turns the loop until `done` says so. False after far too many turns.
template <typename Done>
[[nodiscard]] bool TurnUntil(Loop& loop, const Done& done) {
  for (int i = 0; i < 100'000; ++i) {
    if (done()) return true;
    loop.RunOnce(absl::Milliseconds(i < 1000 ? 1 : 5));
  }
  return done();
}

// Turns the loop while there is anything to do at once.
inline void Settle(Loop& loop) {
  for (int i = 0; i < 8; ++i) loop.RunOnce(absl::ZeroDuration());
}

// Bytes that differ with their place, so that a lost or doubled block shows.
inline std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

// An owner that keeps a diary.
class RecordingOwner final : public ByteStream::Owner {
 public:
  void OnBytes(ByteStream& stream, absl::string_view bytes) override {
    received.append(bytes.data(), bytes.size());
    if (on_bytes) on_bytes();
  }
  void OnEnd(ByteStream& stream, const absl::Status& status) override {
    ends.push_back(status);
    if (on_end) on_end();
  }
  void OnDrained(ByteStream& stream) override {
    ++drained;
    if (on_drained) on_drained();
  }

  std::string received;
  std::vector<absl::Status> ends;
  int drained = 0;
  std::function<void()> on_bytes, on_end, on_drained;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_TESTING_LOOPBACK_H_
