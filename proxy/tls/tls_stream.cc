#include "proxy/tls/tls_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"

namespace pinnace::tls {
namespace {

// RFC 8446 §5.1: nothing decrypted stays behind in the engine.
constexpr size_t kMaxRecordBytes = 16 * 1024;

}  // namespace

TlsStream::TlsStream(io::Loop& loop, std::unique_ptr<io::TcpStream> inner,
                     std::unique_ptr<TlsEngine> engine,
                     io::ByteStream::Owner* owner, Secured secured)
    : inner_(std::move(inner)),
      engine_(std::move(engine)),
      owner_(owner),
      secured_(std::move(secured)),
      loop_(loop),
      continue_(loop, [this] { Continue(); }),
      late_(loop, [this] { OnLate(); }) {
  inner_->set_owner(this);
  inner_->ResumeReading();
  inner_->set_priority(io::Priority::kBulk);
  late_.Set(loop_.now() + limits::kTlsHandshakeTimeout);
  continue_.Schedule();  // A client has the first word.
}

TlsStream::~TlsStream() = default;

void TlsStream::Write(absl::string_view bytes) {
  if (!may_write_) return;
  Encrypt(bytes);
  Flush();
}

void TlsStream::WriteLast(absl::string_view bytes) {
  if (!may_write_) return;
  Encrypt(bytes);
  inner_->WriteLast(std::exchange(engine_->output(), {}));
}

void TlsStream::Encrypt(absl::string_view bytes) {
  failure_ = engine_->Write(bytes);
  if (failure_.ok()) return;
  may_write_ = false;
  if (phase_ != Phase::kEnded) continue_.Schedule();
}

// Gives up the memory, too: most of the time nobody says anything.
void TlsStream::Flush() {
  const std::string output = std::exchange(engine_->output(), {});
  inner_->Write(output);
}

size_t TlsStream::unsent_bytes() const {
  return inner_ == nullptr ? 0 : inner_->unsent_bytes();
}

void TlsStream::PauseReading() {
  paused_ = true;
  UpdateReading();
}

void TlsStream::ResumeReading() {
  paused_ = false;
  if (held_.empty()) {
    UpdateReading();
  } else if (phase_ != Phase::kEnded) {
    continue_.Schedule();
  }
}

void TlsStream::UpdateReading() {
  if (inner_ == nullptr) return;
  const bool reads =
      (phase_ == Phase::kHandshake || phase_ == Phase::kStopping ||
       (phase_ == Phase::kOpen && !paused_)) &&
      held_.empty() && !is_full_;
  if (reads == reads_) return;
  reads_ = reads;
  if (reads) {
    inner_->ResumeReading();
  } else {
    inner_->PauseReading();
  }
}

void TlsStream::Reset() {
  phase_ = Phase::kEnded;
  may_write_ = false;
  owner_ = nullptr;
  continue_.Cancel();
  late_.Set(absl::InfiniteFuture());
  if (inner_ != nullptr) inner_->Reset();
}

void TlsStream::StopTls(Cleared cleared) {
  if (phase_ == Phase::kEnded) {
    // The peer said its close_notify, and an owner that had still to answer
    // goes on to this: there is nothing to give back.
    may_write_ = false;
    failure_ =
        absl::UnavailableError("TLS: the peer has closed the connection");
    continue_.Schedule();
    return;
  }
  PINNACE_CHECK(phase_ == Phase::kOpen);
  phase_ = Phase::kStopping;
  may_write_ = false;
  cleared_ = std::move(cleared);
  engine_->CloseNotify();
  Flush();
  late_.Set(loop_.now() + limits::kCloseTimeout);
  continue_.Schedule();  // The peer's may be held already.
}

void TlsStream::Linger(absl::Time deadline) {
  if (inner_ == nullptr || owner_ == nullptr) return;
  engine_->CloseNotify();
  inner_->WriteLast(std::exchange(engine_->output(), {}));
  io::FinishAndClose(std::move(inner_), deadline);
}

void TlsStream::OnBytes(io::ByteStream& stream, absl::string_view bytes) {
  if (phase_ == Phase::kEnded) return;
  engine_->Feed(bytes);
  Pump();
}

void TlsStream::Continue() {
  if (!failure_.ok()) return End(failure_);
  const std::string bytes = std::exchange(held_, {});
  if (!bytes.empty()) engine_->Feed(bytes);
  Pump();
}

// Uses up what was fed.
void TlsStream::Pump() {
  io::Lifeline::Guard guard(lifeline_);
  while (true) {
    if (paused_ && phase_ == Phase::kOpen) {
      Hold();
      break;
    }
    const bool more = Decrypt();
    if (!guard.alive() || phase_ == Phase::kEnded) return;
    if (!more) break;
  }
  // Each wish for a renegotiation makes the engine itself say no.
  is_full_ = inner_->unsent_bytes() > limits::kMaxUnsentBytes;
  UpdateReading();
}

// One record. False when it takes more of the peer's bytes to go on.
bool TlsStream::Decrypt() {
  char buffer[kMaxRecordBytes];
  const bool is_handshake = phase_ == Phase::kHandshake;
  const absl::StatusOr<size_t> size =
      engine_->Read(is_handshake ? absl::Span<char>() : absl::MakeSpan(buffer));
  Flush();
  if (!size.ok()) {
    End(size.status());
  } else if (is_handshake) {
    if (!engine_->is_secured()) return false;
    FinishHandshake();
  } else if (engine_->peer_closed()) {
    OnPeerClosed();
  } else if (*size > 0 && phase_ == Phase::kOpen) {
    owner_->OnBytes(*this, absl::string_view(buffer, *size));
  } else {
    return *size > 0;
  }
  return true;
}

void TlsStream::Hold() {
  held_ = std::string(engine_->unread());
  engine_->Feed({});
}

void TlsStream::FinishHandshake() {
  phase_ = Phase::kOpen;
  may_write_ = true;
  late_.Set(absl::InfiniteFuture());
  inner_->set_priority(io::Priority::kControl);
  Secured secured = std::move(secured_);
  secured();
}

void TlsStream::OnPeerClosed() {
  if (phase_ == Phase::kStopping) {
    GiveBack();
  } else {
    End(absl::OkStatus());
  }
}

void TlsStream::GiveBack() {
  phase_ = Phase::kEnded;
  continue_.Cancel();
  late_.Set(absl::InfiniteFuture());
  const std::string behind(engine_->unread());
  inner_->set_owner(nullptr);
  inner_->ResumeReading();
  Cleared cleared = std::move(cleared_);
  cleared(std::move(inner_), behind);
}

void TlsStream::OnEnd(io::ByteStream& stream, const absl::Status& status) {
  switch (phase_) {
    case Phase::kHandshake:
      return End(
          status.ok()
              ? absl::UnavailableError("TLS handshake: the peer closed the "
                                       "connection")
              : absl::Status(status.code(), absl::StrCat("TLS handshake: ",
                                                         status.message())));
    case Phase::kOpen:
    case Phase::kStopping:
      return End(status);
    case Phase::kEnded:
      return;
  }
}

void TlsStream::OnDrained(io::ByteStream& stream) {
  if (is_full_) {
    is_full_ = false;
    UpdateReading();
  }
  // Also of an owner that has heard the end, and has still to answer.
  if (phase_ != Phase::kEnded || may_write_) owner_->OnDrained(*this);
}

void TlsStream::OnLate() {
  End(absl::DeadlineExceededError(
      phase_ == Phase::kHandshake
          ? absl::StrCat("TLS handshake: took longer than ",
                         absl::FormatDuration(limits::kTlsHandshakeTimeout))
          : "TLS: the peer did not answer close_notify"));
}

void TlsStream::End(const absl::Status& status) {
  phase_ = Phase::kEnded;
  continue_.Cancel();
  late_.Set(absl::InfiniteFuture());
  held_ = {};
  engine_->Feed({});
  UpdateReading();
  if (!status.ok()) may_write_ = false;
  // Not a reference to failure_: the owner may destroy this stream.
  const absl::Status told = status;
  owner_->OnEnd(*this, told);
}

}  // namespace pinnace::tls
