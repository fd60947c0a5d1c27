// The end of a TcpStream that nobody owns any more: flushes, sends FIN, drops
// what still comes until the peer's FIN or the deadline, closes. Drops no more
// than 1 MiB: a peer that goes on sending is reset. Owned by the loop. One
// thread.
#ifndef PINNACE_PROXY_IO_LINGERING_SOCKET_H_
#define PINNACE_PROXY_IO_LINGERING_SOCKET_H_

#include <cstddef>
#include <memory>

#include "absl/time/time.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"
#include "proxy/io/unsent_bytes.h"

namespace pinnace::io {

class LingeringSocket final : public Loop::Lingering,
                              private Loop::ReadyCallback {
 public:
  // `watch` is parked.
  LingeringSocket(Loop& loop, Socket socket, std::unique_ptr<Loop::Watch> watch,
                  UnsentBytes unsent, absl::Time deadline);

 private:
  void OnReady(Readiness readiness) override;
  // False when the connection broke.
  bool Flush();
  // False when the connection broke or the peer sends too much.
  bool DropInput(const Readiness& readiness);

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<Loop::Watch> watch_;
  UnsentBytes unsent_;
  size_t dropped_bytes_ = 0;
  bool peer_finished_ = false;
  Timer deadline_;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_LINGERING_SOCKET_H_
