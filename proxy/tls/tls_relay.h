// One direction of a transfer with TLS on one leg or on both: handshakes first,
// also for a file without bytes, then moves until the source's close_notify (or
// end of file, of a clear leg), which it passes on as close_notify and FIN. The
// sockets, watches and engines are the owner's and outlive it. One thread.
#ifndef PINNACE_PROXY_TLS_TLS_RELAY_H_
#define PINNACE_PROXY_TLS_TLS_RELAY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "proxy/io/loop.h"
#include "proxy/io/relay.h"
#include "proxy/io/socket.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {

class TlsRelay final {
 public:
  using Leg = io::Relay::Leg;
  // OnRelayDone: the source's close_notify has come and been answered, all its
  // bytes, our close_notify and FIN have gone to the sink's kernel buffer.
  // OnRelayBroken says by the code of its status what happened: DataLoss: the
  // source ended without close_notify; Unauthenticated: the handshake failed;
  // PermissionDenied: AcceptPeer() refused; DeadlineExceeded: the handshake
  // took longer than limits::kTlsHandshakeTimeout; others: the connection
  // broke.
  using Owner = io::Relay::Owner;
  struct End {
    io::Socket* socket;
    io::Loop::Watch* watch;  // Redirect()ed to the relay
    TlsEngine* engine;       // null: a clear leg
  };
  struct Options {
    // Of a server's leg: the session that its ticket must be of, if it has one;
    // 0: anything goes.
    uint64_t session = 0;
    bool must_resume = false;
    bool tolerate_missing_close_notify = false;
  };

  // Starts in the loop's line of bulk work: no owner call happens inside the
  // constructor.
  TlsRelay(io::Loop& loop, End source, End sink, const Options& options,
           Owner* owner);
  // Bytes that were read and not yet sent are lost with it. Parks both watches.
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  // Plain bytes that have gone to the sink.
  int64_t bytes_moved() const { return moved_bytes_; }

 private:
  int64_t moved_bytes_ = 0;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TLS_RELAY_H_
