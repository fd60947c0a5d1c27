#include "proxy/io/dial.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/printable.h"
#include "proxy/io/errno_status.h"

namespace pinnace::io {
namespace {

// 0 or errno.
int BindTo(int fd, const Address& from) {
  // Without it an any-port bind takes a port that no other connection shares.
  if (from.port == 0) {
    const int one = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
  }
  sockaddr_storage storage;
  const socklen_t size = from.ToSockaddr(&storage);
  return bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0
             ? 0
             : errno;
}

// 0, EINPROGRESS, or what is wrong.
int ConnectTo(int fd, const Address& target) {
  sockaddr_storage storage;
  const socklen_t size = target.ToSockaddr(&storage);
  const auto* generic = reinterpret_cast<const sockaddr*>(&storage);
  return connect(fd, generic, size) == 0 ? 0 : errno;
}

bool IsPortTaken(int error) {
  return error == EACCES || error == EADDRINUSE || error == EADDRNOTAVAIL;
}

}  // namespace

std::unique_ptr<Dial> Dial::Start(Loop& loop, const Address& target,
                                  DialOptions options, Done done) {
  std::unique_ptr<Dial> dial(
      new Dial(loop, std::move(options), std::move(done)));
  dial->targets_.push_back(target);
  dial->TryNext();
  return dial;
}

std::unique_ptr<Dial> Dial::Start(Loop& loop, const HostPort& target,
                                  DialOptions options, Done done) {
  const std::optional<IpAddress> ip = IpAddress::Parse(target.host);
  if (ip.has_value()) {
    return Start(loop, Address{*ip, target.port}, std::move(options),
                 std::move(done));
  }
  std::unique_ptr<Dial> dial(
      new Dial(loop, std::move(options), std::move(done)));
  Dial* self = dial.get();
  self->name_ = Printable(target.ToString());
  self->timer_.Set(self->options_.deadline);
  self->resolution_ =
      Resolve(loop, target.host,
              [self, port = target.port](
                  absl::StatusOr<std::vector<IpAddress>> addresses) {
                self->OnResolved(port, std::move(addresses));
              });
  return dial;
}

std::unique_ptr<Dial> Dial::Start(Loop& loop, const std::vector<IpAddress>& ips,
                                  uint16_t port, DialOptions options,
                                  Done done) {
  PINNACE_CHECK(!ips.empty());
  std::unique_ptr<Dial> dial(
      new Dial(loop, std::move(options), std::move(done)));
  for (const IpAddress& ip : ips) dial->targets_.push_back({ip, port});
  dial->TryNext();
  return dial;
}

Dial::Dial(Loop& loop, DialOptions options, Done done)
    : loop_(loop),
      options_(std::move(options)),
      done_(std::move(done)),
      timer_(loop, [this] { OnTimeout(); }),
      finish_(loop, [this] { Finish(); }) {}

Dial::~Dial() = default;

void Dial::OnResolved(uint16_t port,
                      absl::StatusOr<std::vector<IpAddress>> addresses) {
  if (addresses.ok()) {
    for (const IpAddress& ip : *addresses) targets_.push_back({ip, port});
  } else {
    status_ = addresses.status();
  }
  resolution_.reset();
  TryNext();
}

// Leaves a connection on its way, or finish_ scheduled.
void Dial::TryNext() {
  watch_.reset();
  socket_.Close();
  while (attempts_ < targets_.size()) {
    const absl::Duration left = options_.deadline - loop_.now();
    const auto share = static_cast<int64_t>(targets_.size() - attempts_);
    ++attempts_;
    const int error = Connect();
    if (error == EINPROGRESS) {
      timer_.Set(loop_.now() + left / share);
      return;
    }
    status_ = ConnectError(error);
    if (status_.ok()) break;
  }
  timer_.Set(absl::InfiniteFuture());
  finish_.Schedule();
}

int Dial::Connect() {
  const Address& target = targets_[attempts_ - 1];
  std::optional<Address> from = options_.from;
  if (from.has_value() && from->ip.family() != target.ip.family()) {
    from.reset();
  }
  int error = ConnectFrom(from);
  // With SO_REUSEADDR a taken port may show itself only in connect().
  if (IsPortTaken(error) && from.has_value() && from->port != 0) {
    error = ConnectFrom(from->WithPort(0));
  }
  if (error == 0 || error == EINPROGRESS) {
    // After connect(): an unconnected socket would tell of a hang-up at once.
    // One that is connected already needs no callback from here.
    watch_ = loop_.WatchSocket(socket_.fd(), error == 0 ? nullptr : this,
                               options_.priority);
  }
  return error;
}

int Dial::ConnectFrom(const std::optional<Address>& from) {
  const Address& target = targets_[attempts_ - 1];
  socket_ = Socket(socket(target.ip.is_ipv4() ? AF_INET : AF_INET6,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_.is_open()) return errno;
  // Without it, a connection in TIME_WAIT whose port the kernel chose among the
  // public ones keeps the next start from listening there.
  socket_.SetReuseAddress();
  if (from.has_value()) {
    const int error = BindTo(socket_.fd(), *from);
    if (error != 0) return error;
  }
  return ConnectTo(socket_.fd(), target);
}

void Dial::OnReady(Readiness readiness) {
  if (readiness.hang_up) {
    const int error = socket_.TakeErrno();
    status_ = ConnectError(error != 0 ? error : ECONNRESET);
    TryNext();
  } else if (readiness.writable) {
    watch_->Park(readiness);
    status_ = absl::OkStatus();
    Finish();
  }
}

void Dial::OnTimeout() {
  absl::string_view task = "connect to ";
  std::string target;
  if (resolution_ != nullptr) {
    task = "resolve ";
    target = name_;
    resolution_.reset();
  } else {
    target = targets_[attempts_ - 1].ToString();
  }
  status_ =
      absl::DeadlineExceededError(absl::StrCat(task, target, ": timed out"));
  TryNext();
}

absl::Status Dial::ConnectError(int error) const {
  if (error == 0) return absl::OkStatus();
  const Address& target = targets_[attempts_ - 1];
  const std::string task = absl::StrCat("connect to ", target.ToString());
  // No port is left toward it. In IPv6 it may as well be that this host has no
  // address that could reach it, and never will.
  if (error == EADDRNOTAVAIL && target.ip.is_ipv4() &&
      !options_.from.has_value()) {
    return absl::ResourceExhaustedError(
        absl::StrCat(task, ": no local port is left"));
  }
  return StatusFromErrno(error, task);
}

void Dial::Finish() {
  timer_.Set(absl::InfiniteFuture());
  Done done = std::move(done_);  // Calling it may destroy this.
  if (!status_.ok()) {
    done(std::move(status_));
  } else {
    done(Connected{.socket = std::move(socket_),
                   .watch = std::move(watch_),
                   .peer = targets_[attempts_ - 1]});
  }
}

}  // namespace pinnace::io
