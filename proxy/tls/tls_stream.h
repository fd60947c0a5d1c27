// TLS over a ByteStream, as a ByteStream. One thread.
#ifndef PINNACE_PROXY_TLS_TLS_STREAM_H_
#define PINNACE_PROXY_TLS_TLS_STREAM_H_

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/io/loop.h"
#include "proxy/io/tcp_stream.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {

class TlsStream final : public io::ByteStream, private io::ByteStream::Owner {
 public:
  // The handshake is over. May destroy the stream.
  using Secured = absl::AnyInvocable<void()>;
  // Both ends have said close_notify: `inner` is clear again, and `bytes` came
  // behind the peer's. May destroy the stream.
  using Cleared = absl::AnyInvocable<void(std::unique_ptr<io::TcpStream> inner,
                                          absl::string_view bytes)>;

  // Starts the handshake, in the loop's line of bulk work, so that many of them
  // do not hold up other sessions. What breaks, or takes longer than
  // limits::kTlsHandshakeTimeout, is told by OnEnd with what went wrong. What
  // `inner` was told to write before goes first, in clear.
  TlsStream(io::Loop& loop, std::unique_ptr<io::TcpStream> inner,
            std::unique_ptr<TlsEngine> engine, io::ByteStream::Owner* owner,
            Secured secured);
  ~TlsStream() override;

  // Only once secured.
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
  void Linger(absl::Time deadline) override;
  void OnBytes(io::ByteStream& stream, absl::string_view bytes) override;
  void OnEnd(io::ByteStream& stream, const absl::Status& status) override;
  void OnDrained(io::ByteStream& stream) override;

  std::unique_ptr<io::TcpStream> inner_;
  std::unique_ptr<TlsEngine> engine_;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TLS_STREAM_H_
