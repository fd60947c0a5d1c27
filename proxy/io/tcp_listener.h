// A listening TCP socket; accepts in batches. One thread.
#ifndef PINNACE_PROXY_IO_TCP_LISTENER_H_
#define PINNACE_PROXY_IO_TCP_LISTENER_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"

namespace pinnace::io {

class TcpListener final : private Loop::ReadyCallback {
 public:
  struct Options {
    bool reuse_port = false;  // Several workers share one port (SO_REUSEPORT).
    int backlog = limits::kListenBacklog;
    Priority priority = Priority::kControl;
    // Accepts have stopped for want of descriptors.
    std::function<void()> on_shortage = [] {};
  };
  // `peer` is normalised: a mapped IPv4 address is IPv4. May destroy the
  // listener.
  using Accepted = absl::AnyInvocable<void(Socket socket, const Address& peer)>;

  // Binds (IPV6_V6ONLY for IPv6 addresses, SO_REUSEADDR) and listens. Port 0:
  // any free one. The error names the address, as
  // "listen on 127.0.0.1:50003: Address already in use".
  static absl::StatusOr<std::unique_ptr<TcpListener>> Listen(
      Loop& loop, const Address& address, const Options& options,
      Accepted accepted);
  ~TcpListener();

  const Address& local_address() const { return local_address_; }
  // For options that accepted sockets inherit.
  Socket& socket() { return socket_; }
  // Out of descriptors: accepts stop until a descriptor of this process is
  // free again (retried every 100 ms); counted here.
  int64_t accept_failures() const { return accept_failures_; }

 private:
  TcpListener(Loop& loop, Socket socket, const Address& local_address,
              const Options& options, Accepted accepted);

  void OnReady(Readiness readiness) override;
  int NextBatch();
  bool AcceptOne(Accepted& accepted);
  void Watch();
  void StopForNow();

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<Loop::Watch> watch_;  // null while stopped
  const Address local_address_;
  const Priority priority_;
  const std::function<void()> on_shortage_;
  Accepted accepted_;
  Timer retry_;
  Lifeline lifeline_;
  int batch_ = 1;
  int64_t last_turn_ = -2;
  int64_t accept_failures_ = 0;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_TCP_LISTENER_H_
