#include "proxy/gateway/control_stream.h"

#include <utility>

#include "proxy/base/check.h"

namespace pinnace::gateway {

ControlStream::ControlStream(io::Loop& loop, io::Socket socket,
                             io::ByteStream::Owner* owner,
                             std::unique_ptr<io::Loop::Watch> watch)
    : loop_(loop), owner_(owner) {
  auto tcp = std::make_unique<io::TcpStream>(loop, std::move(socket), owner,
                                             std::move(watch));
  tcp_ = tcp.get();
  stream_ = std::move(tcp);
}

void ControlStream::Write(absl::string_view bytes, bool last) {
  if (is_changing_) return;
  if (last) {
    stream_->WriteLast(bytes);
  } else {
    stream_->Write(bytes);
  }
}

void ControlStream::Secure(std::unique_ptr<tls::TlsEngine> engine,
                           absl::AnyInvocable<void()> secured) {
  PINNACE_CHECK(tls_ == nullptr);
  is_changing_ = true;
  stream_.release();
  auto tls = std::make_unique<tls::TlsStream>(
      loop_, std::unique_ptr<io::TcpStream>(std::exchange(tcp_, nullptr)),
      std::move(engine), owner_,
      [this, secured = std::move(secured)]() mutable {
        is_changing_ = false;
        secured();
      });
  tls_ = tls.get();
  stream_ = std::move(tls);
  if (is_paused_) stream_->PauseReading();
}

void ControlStream::Clear(
    absl::AnyInvocable<void(absl::string_view bytes)> cleared) {
  PINNACE_CHECK(tls_ != nullptr);
  is_changing_ = true;
  tls_->StopTls(
      [this, cleared = std::move(cleared)](std::unique_ptr<io::TcpStream> inner,
                                           absl::string_view bytes) mutable {
        is_changing_ = false;
        tls_ = nullptr;
        tcp_ = inner.get();
        tcp_->set_owner(owner_);
        if (is_paused_) tcp_->PauseReading();
        // The TLS stream, which owns this call, goes once it is over.
        const std::unique_ptr<io::ByteStream> former =
            std::exchange(stream_, std::move(inner));
        cleared(bytes);
      });
}

}  // namespace pinnace::gateway
