// A control connection: TCP, and TLS over it while that is asked for (RFC
// 4217). One thread.
#ifndef PINNACE_PROXY_GATEWAY_CONTROL_STREAM_H_
#define PINNACE_PROXY_GATEWAY_CONTROL_STREAM_H_

#include <cstddef>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/io/byte_stream.h"
#include "proxy/io/loop.h"
#include "proxy/io/socket.h"
#include "proxy/io/tcp_stream.h"
#include "proxy/tls/tls_engine.h"
#include "proxy/tls/tls_stream.h"

namespace pinnace::gateway {

class ControlStream {
 public:
  // `owner` hears of whichever stream carries the bytes: see Is().
  ControlStream(io::Loop& loop, io::Socket socket, io::ByteStream::Owner* owner,
                std::unique_ptr<io::Loop::Watch> watch = nullptr);

  bool Is(const io::ByteStream& stream) const {
    return &stream == stream_.get();
  }

  // Bytes said while a handshake is under way, or TLS is being closed, are
  // lost: nobody could read them. `last`: the connection is closed right after.
  void Write(absl::string_view bytes, bool last);
  absl::StatusOr<Address> LocalAddress() {
    return (tls_ == nullptr ? *tcp_ : tls_->inner()).LocalAddress();
  }
  size_t unsent_bytes() const { return stream_->unsent_bytes(); }
  // Holds over Secure() and Clear().
  void PauseReading() {
    is_paused_ = true;
    stream_->PauseReading();
  }
  void ResumeReading() {
    is_paused_ = false;
    stream_->ResumeReading();
  }

  // Starts the handshake, behind what has been written. What fails is the
  // stream's OnEnd.
  void Secure(std::unique_ptr<tls::TlsEngine> engine,
              absl::AnyInvocable<void()> secured);
  // Closes TLS both ways. `bytes` came behind it, in clear.
  void Clear(absl::AnyInvocable<void(absl::string_view bytes)> cleared);
  // Null while it is clear.
  tls::TlsEngine* engine() {
    return tls_ == nullptr ? nullptr : &tls_->engine();
  }

  // A polite end. Nothing else may be called after it.
  void FinishAndClose(absl::Time deadline) {
    tls_ = nullptr;
    io::FinishAndClose(std::move(stream_), deadline);
  }

 private:
  io::Loop& loop_;
  io::ByteStream::Owner* const owner_;
  std::unique_ptr<io::ByteStream> stream_;
  io::TcpStream* tcp_;             // `stream_` while it is clear
  tls::TlsStream* tls_ = nullptr;  // `stream_` while it is not
  bool is_changing_ = false;
  bool is_paused_ = false;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_CONTROL_STREAM_H_
