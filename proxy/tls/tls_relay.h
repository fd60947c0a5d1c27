// One direction of a transfer with TLS on one leg or on both: handshakes first,
// also for a file without bytes, then moves until the source's close_notify (or
// end of file, of a clear leg), which it passes on as close_notify and FIN. The
// sockets, watches and engines are the owner's and outlive it. One thread.
#ifndef PINNACE_PROXY_TLS_TLS_RELAY_H_
#define PINNACE_PROXY_TLS_TLS_RELAY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proxy/io/loop.h"
#include "proxy/io/relay.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {

class TlsRelay final {
 public:
  using Leg = io::Relay::Leg;
  // OnRelayDone: the source's close_notify has come and been answered, all its
  // bytes, our close_notify and FIN have gone to the sink's kernel buffer.
  // OnRelayBroken says by the code of its status what happened: DataLoss: the
  // source ended without close_notify; Unauthenticated: the handshake failed,
  // or the connection broke in it; PermissionDenied: the peer's TLS session is
  // not what Options ask for; DeadlineExceeded: the handshake took longer than
  // limits::kTlsHandshakeTimeout; others: the connection broke.
  using Owner = io::Relay::Owner;
  struct End {
    io::Socket* socket;
    io::Loop::Watch* watch;  // Redirect()ed to the relay
    TlsEngine* engine;       // null: a clear leg
    // An earlier relay has had the handshake, and accepted the peer.
    bool is_secured = false;
  };
  struct Options {
    // Of a server's leg: the session that its ticket must be of, if it has one;
    // 0: anything goes.
    uint64_t session = 0;
    // Of a server's leg.
    bool must_resume = false;
    bool tolerate_missing_close_notify = false;
    io::Relay::Options relay;  // Its max_bytes are plain ones.
  };

  // Starts in the loop's line of bulk work: no owner call happens inside the
  // constructor. The time for a handshake begins with the peer's first byte: a
  // client may wait for the reply that announces its transfer.
  TlsRelay(io::Loop& loop, End source, End sink, const Options& options,
           Owner* owner);
  // Bytes that were read and not yet delivered are lost with it. Parks both
  // watches. An engine's output that is not sent yet stays with the engine, for
  // another relay.
  ~TlsRelay();
  TlsRelay(const TlsRelay&) = delete;
  TlsRelay& operator=(const TlsRelay&) = delete;

  // Plain bytes that have gone to the sink; of a chunk that has gone in part,
  // about as many.
  int64_t bytes_moved() const {
    return taken_bytes_ -
           static_cast<int64_t>(std::min(chunk_bytes_, sink_.unsent_bytes()));
  }

  // Plain bytes that the sink gets though the relay goes, if its engine stays.
  int64_t bytes_delivered() const {
    return sink_.engine == nullptr ? bytes_moved() : taken_bytes_;
  }
  // As io::Relay::first_byte(), of plain bytes.
  absl::Time first_byte() const { return first_byte_; }
  bool is_sink_secured() const { return sink_.secured; }

  // As io::Relay::PassEnd().
  void PassEnd();

 private:
  enum class Step : uint8_t { kMoved, kBlocked, kOver };

  // One leg, and what is known of its connection.
  struct Endpoint final : public io::Loop::ReadyCallback {
    Endpoint(TlsRelay& its_relay, Leg its_leg, const End& end);

    void OnReady(io::Readiness readiness) override;
    // 0 or what broke. Nothing in `bytes`: at the end, or drained for now.
    int Receive(absl::Span<char> buffer, absl::string_view* bytes);
    // 0, EAGAIN, or what broke.
    int Flush(int flags);
    // Memory of an output that is empty.
    void Release();
    std::string& output();
    const std::string& output() const;
    size_t unsent_bytes() const { return output().size() - sent_bytes; }

    TlsRelay& relay;
    const Leg leg;
    io::Socket& socket;
    io::Loop::Watch& watch;
    TlsEngine* const engine;
    io::Timer handshake_deadline;
    std::string clear_output;  // of a clear leg
    size_t sent_bytes = 0;     // of output()
    int send_error = 0;
    bool secured;  // The handshake is over and its peer accepted; or clear.
    bool begun;    // The engine has been called; or clear.
    // Cleared by EAGAIN (readable also by a short receive), set by an edge.
    bool readable = false;
    bool writable = true;
    bool fin_is_next = false;     // behind what the kernel holds
    bool receive_to_end = false;  // A short receive does not mean drained.
    bool hung_up = false;
    bool finished = false;  // Nothing more of the peer is wanted.
  };

  // From the first byte of its peer.
  void StartDeadline(Endpoint& endpoint);
  // Moves until blocked, over, or out of budget.
  void Move();
  Step MoveOnce();
  bool MayHearSink() const;
  bool MayHearSource() const;
  // Receives once, at most `room` bytes; the first time lets the engine begin.
  Step Hear(Endpoint& endpoint, size_t room);
  // Bytes that may be received from the source now; 0: the pace timer is set.
  size_t SourceRoom();
  Step Decrypt(Endpoint& endpoint);
  Step CheckPeer(Endpoint& endpoint);
  Step OnTlsEnd(Endpoint& endpoint);
  Step Take(Endpoint& endpoint, absl::string_view plaintext);
  Step ToSink(absl::string_view plaintext);
  void EndOutput();
  void Send(Endpoint& endpoint);
  void OnSendStopped(Endpoint& endpoint, int error);
  Step OnSinkHungUp();
  Step Finish();
  bool MayTellSourceEnded() const;
  Step TellSourceEnded();
  Step Break(Endpoint& endpoint, const absl::Status& status);
  Step BreakSocket(Endpoint& endpoint, int error, absl::string_view context);
  Step BreakTls(Endpoint& endpoint, const absl::Status& status);

  io::Loop& loop_;
  const Options options_;
  Owner* const owner_;
  Endpoint source_;
  Endpoint sink_;

  // What came right behind the source's handshake, before the sink's was over.
  std::string early_;
  int64_t taken_bytes_ = 0;  // by the sink's output
  absl::Time first_byte_ = absl::InfiniteFuture();
  size_t chunk_bytes_ = 0;    // plain bytes in the sink's output
  size_t dropped_bytes_ = 0;  // that the sink's peer sent
  size_t turn_bytes_ = 0;     // received since the relay stood in line
  bool at_end_ = false;       // of the source
  bool closing_ = false;      // The sink's end is in its output.
  bool holds_end_;
  bool end_told_ = false;
  bool is_paced_ = false;  // The source is not heard before its time.
  std::unique_ptr<io::Timer> pace_;
  bool over_ = false;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TLS_RELAY_H_
