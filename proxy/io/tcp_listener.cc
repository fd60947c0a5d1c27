#include "proxy/io/tcp_listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/io/errno_status.h"

namespace pinnace::io {
namespace {

constexpr absl::Duration kAcceptRetry = absl::Milliseconds(100);

// 0 or errno.
int BindAndListen(int fd, const Address& address,
                  const TcpListener::Options& options) {
  const int one = 1;
  if (!address.ip.is_ipv4() &&
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0) {
    return errno;
  }
  if (options.reuse_port &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0) {
    return errno;
  }
  sockaddr_storage storage;
  const socklen_t size = address.ToSockaddr(&storage);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      listen(fd, options.backlog) != 0) {
    return errno;
  }
  return 0;
}

bool IsOutOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpListener>> TcpListener::Listen(
    Loop& loop, const Address& address, const Options& options,
    Accepted accepted) {
  absl::StatusOr<Socket> socket = Socket::NewTcp(address.ip.family());
  if (!socket.ok()) return socket.status();
  const int error = BindAndListen(socket->fd(), address, options);
  if (error != 0) {
    return StatusFromErrno(error,
                           absl::StrCat("listen on ", address.ToString()));
  }
  absl::StatusOr<Address> local = socket->LocalAddress();
  if (!local.ok()) return local.status();
  return std::unique_ptr<TcpListener>(new TcpListener(
      loop, *std::move(socket), *local, options, std::move(accepted)));
}

TcpListener::TcpListener(Loop& loop, Socket socket,
                         const Address& local_address, const Options& options,
                         Accepted accepted)
    : loop_(loop),
      socket_(std::move(socket)),
      local_address_(local_address),
      priority_(options.priority),
      on_shortage_(options.on_shortage),
      accepted_(std::move(accepted)),
      retry_(loop, [this] { Watch(); }) {
  Watch();
}

TcpListener::~TcpListener() = default;

// Level-triggered: one connection costs one accept4, with no second call to
// learn that there is none; what a batch leaves is told again next turn.
void TcpListener::Watch() {
  watch_ = loop_.WatchDescriptor(socket_.fd(), EPOLLIN, this, priority_);
}

// Connections in two turns running mean that a queue stands.
int TcpListener::NextBatch() {
  const bool again = loop_.turn() == last_turn_ + 1;
  last_turn_ = loop_.turn();
  batch_ = again ? std::min(batch_ * 2, limits::kAcceptsPerTurn) : 1;
  return batch_;
}

void TcpListener::OnReady(Readiness) {
  Lifeline::Guard guard(lifeline_);
  // A callable must not be destroyed while it runs, the listener may be.
  Accepted accepted = std::move(accepted_);
  int left = NextBatch();
  while (left > 0 && AcceptOne(accepted) && guard.alive()) --left;
  if (guard.alive()) accepted_ = std::move(accepted);
}

// False when there is nothing to accept now. The last thing it does is to call
// `accepted`.
bool TcpListener::AcceptOne(Accepted& accepted) {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* generic = reinterpret_cast<sockaddr*>(&storage);
  Socket socket(
      accept4(socket_.fd(), generic, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.is_open()) {
    const int error = errno;
    if (error == EAGAIN) return false;
    if (!IsOutOfResources(error)) return true;  // It broke while it waited.
    StopForNow();
    return false;
  }
  const std::optional<Address> peer = Address::FromSockaddr(generic);
  if (peer.has_value()) accepted(std::move(socket), *peer);
  return true;
}

void TcpListener::StopForNow() {
  ++accept_failures_;
  watch_->Release();
  watch_.reset();
  retry_.Set(loop_.now() + kAcceptRetry);
  on_shortage_();
}

}  // namespace pinnace::io
