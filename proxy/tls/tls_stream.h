// TLS over a TcpStream, as a ByteStream. Holds nothing of its own but, while
// reading is paused, what one read of the inner stream gave. One thread.
#ifndef PINNACE_PROXY_TLS_TLS_STREAM_H_
#define PINNACE_PROXY_TLS_TLS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/io/byte_stream.h"
#include "proxy/io/lifeline.h"
#include "proxy/io/loop.h"
#include "proxy/io/tcp_stream.h"
#include "proxy/io/timer.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {

class TlsStream final : public io::ByteStream, private io::ByteStream::Owner {
 public:
  // The handshake is over. May destroy the stream.
  using Secured = absl::AnyInvocable<void()>;
  // Both ends have said close_notify: `inner` is clear again and wants an owner
  // (TcpStream::set_owner) before this returns; `bytes` came behind the peer's
  // close_notify. May destroy the stream.
  using Cleared = absl::AnyInvocable<void(std::unique_ptr<io::TcpStream> inner,
                                          absl::string_view bytes)>;

  // Starts the handshake, in the loop's line of bulk work, so that many of them
  // do not hold up other sessions. What breaks, or takes longer than
  // limits::kTlsHandshakeTimeout, is told by OnEnd with what went wrong. What
  // `inner` was told to write before goes first, in clear. The peer's
  // close_notify, or FIN without one, is OnEnd with OK; it is answered behind
  // all that is still written, by FinishAndClose.
  TlsStream(io::Loop& loop, std::unique_ptr<io::TcpStream> inner,
            std::unique_ptr<TlsEngine> engine, io::ByteStream::Owner* owner,
            Secured secured);
  ~TlsStream() override;

  // Only once secured: before, it goes nowhere.
  void Write(absl::string_view bytes) override;
  void WriteLast(absl::string_view bytes) override;
  size_t unsent_bytes() const override;
  void PauseReading() override;
  void ResumeReading() override;
  void Reset() override;

  // Says close_notify behind what has been written, and gives the inner stream
  // back when the peer has said it too; no OnBytes from here on. A peer that
  // does not within limits::kCloseTimeout: OnEnd with DeadlineExceeded.
  void StopTls(Cleared cleared);

  const TlsEngine& engine() const { return *engine_; }
  TlsEngine& engine() { return *engine_; }
  io::TcpStream& inner() { return *inner_; }

 private:
  enum class Phase : uint8_t { kHandshake, kOpen, kStopping, kEnded };

  void Linger(absl::Time deadline) override;
  void OnBytes(io::ByteStream& stream, absl::string_view bytes) override;
  void OnEnd(io::ByteStream& stream, const absl::Status& status) override;
  void OnDrained(io::ByteStream& stream) override;

  void Encrypt(absl::string_view bytes);
  void Flush();
  void Continue();
  // These may destroy the stream.
  void Pump();
  bool Decrypt();
  void FinishHandshake();
  void OnPeerClosed();
  void GiveBack();
  void OnLate();
  void End(const absl::Status& status);
  void Hold();
  void UpdateReading();

  std::unique_ptr<io::TcpStream> inner_;
  std::unique_ptr<TlsEngine> engine_;
  io::ByteStream::Owner* owner_;
  Secured secured_;
  Cleared cleared_;
  std::string held_;      // ciphertext that came before the pause
  absl::Status failure_;  // of a write, until OnEnd has told it
  io::Loop& loop_;
  io::Loop::Deferred continue_;
  io::Timer late_;
  io::Lifeline lifeline_;
  Phase phase_ = Phase::kHandshake;
  bool may_write_ = false;
  bool paused_ = false;   // by the owner
  bool reads_ = true;     // The inner stream is not paused.
  bool is_full_ = false;  // The peer does not take what it is told.
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TLS_STREAM_H_
