#include "proxy/tls/tls_relay.h"

#include <sys/socket.h>

#include <cerrno>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/io/errno_status.h"
#include "proxy/io/unsent_bytes.h"

namespace pinnace::tls {
namespace {

// Behind its handshake, of a peer that has only to receive: tickets, key
// updates, close_notify.
constexpr size_t kMaxSinkSays = 1024 * 1024;

constexpr size_t kAnyRoom = std::numeric_limits<size_t>::max();

constexpr size_t kMaxRecordBytes = 16 * 1024;  // RFC 8446 §5.1
// No less than what header, nonce, tag and padding of a record are.
constexpr size_t kRecordOverheadBytes = 128;

// Where every relay of this thread decrypts: all of one receive and of the
// record that it completes.
absl::Span<char> PlainBuffer() {
  constexpr size_t kBytes = limits::kRelayCopyBytes + kMaxRecordBytes;
  thread_local const std::unique_ptr<char[]> buffer(new char[kBytes]);
  return absl::MakeSpan(buffer.get(), kBytes);
}

size_t CiphertextBytes(size_t plain_bytes) {
  return plain_bytes +
         (plain_bytes / kMaxRecordBytes + 1) * kRecordOverheadBytes;
}

}  // namespace

TlsRelay::Endpoint::Endpoint(TlsRelay& its_relay, Leg its_leg, const End& end)
    : relay(its_relay),
      leg(its_leg),
      socket(*end.socket),
      watch(*end.watch),
      engine(end.engine),
      handshake_deadline(
          relay.loop_,
          [this] {
            relay.Break(
                *this,
                absl::DeadlineExceededError(absl::StrCat(
                    "TLS handshake: not over after ",
                    absl::FormatDuration(limits::kTlsHandshakeTimeout))));
          }),
      secured(end.engine == nullptr || end.is_secured),
      begun(end.engine == nullptr) {}

void TlsRelay::Endpoint::OnReady(io::Readiness readiness) {
  if (readiness.writable) writable = true;
  if (readiness.readable || readiness.peer_finished || readiness.hang_up) {
    readable = true;
  }
  if (readiness.hang_up || readiness.urgent) receive_to_end = true;
  if (readiness.peer_finished && !readiness.hang_up) fin_is_next = true;
  if (readiness.hang_up) hung_up = true;
  relay.Move();
}

int TlsRelay::Endpoint::Receive(absl::Span<char> buffer,
                                absl::string_view* bytes) {
  ssize_t size;
  do {
    size = recv(socket.fd(), buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    readable = receive_to_end = false;
    return errno == EAGAIN ? 0 : errno;
  }
  const auto count = static_cast<size_t>(size);
  *bytes = absl::string_view(buffer.data(), count);
  if (count == 0) finished = true;
  if (count < buffer.size() && !receive_to_end) {
    readable = false;
    // The FIN had come before this call, and nothing else is before it.
    if (fin_is_next) finished = true;
  }
  return 0;
}

int TlsRelay::Endpoint::Flush(int flags) {
  std::string& bytes = output();
  absl::string_view rest = absl::string_view(bytes).substr(sent_bytes);
  const int error = io::SendSome(socket.fd(), &rest, flags);
  sent_bytes = bytes.size() - rest.size();
  if (rest.empty()) {
    bytes.clear();
    sent_bytes = 0;
  }
  if (error == EAGAIN) writable = false;
  return error;
}

void TlsRelay::Endpoint::Release() {
  if (output().empty()) std::string().swap(output());
}

std::string& TlsRelay::Endpoint::output() {
  return engine == nullptr ? clear_output : engine->output();
}

const std::string& TlsRelay::Endpoint::output() const {
  return engine == nullptr ? clear_output : engine->output();
}

TlsRelay::TlsRelay(io::Loop& loop, End source, End sink, const Options& options,
                   Owner* owner)
    : loop_(loop),
      options_(options),
      owner_(owner),
      source_(*this, Leg::kSource, source),
      sink_(*this, Leg::kSink, sink),
      holds_end_(options.relay.at_end == io::Relay::AtEnd::kHold) {
  // The sink first: what the source tells can then be moved at once.
  sink_.watch.Redirect(&sink_, io::Priority::kBulk);
  source_.watch.Redirect(&source_, io::Priority::kBulk);
  // A client speaks first, and no edge tells it to.
  sink_.watch.Again();
  for (Endpoint* endpoint : {&sink_, &source_}) {
    // The owner has heard its peer already.
    if (!endpoint->output().empty()) StartDeadline(*endpoint);
  }
}

TlsRelay::~TlsRelay() {
  for (Endpoint* endpoint : {&source_, &sink_}) {
    if (endpoint->engine != nullptr) {
      endpoint->output().erase(0, endpoint->sent_bytes);
    }
  }
  source_.watch.Redirect(nullptr, io::Priority::kBulk);
  sink_.watch.Redirect(nullptr, io::Priority::kBulk);
}

void TlsRelay::StartDeadline(Endpoint& endpoint) {
  if (endpoint.secured ||
      endpoint.handshake_deadline.deadline() != absl::InfiniteFuture()) {
    return;
  }
  endpoint.handshake_deadline.Set(loop_.now() + limits::kTlsHandshakeTimeout);
}

void TlsRelay::Move() {
  if (over_) return;
  turn_bytes_ = 0;
  Step step = Step::kMoved;
  while (step == Step::kMoved) {
    if (turn_bytes_ > 0 && MayHearSource() &&
        (turn_bytes_ >= limits::kRelayTurnBytes || loop_.BulkTurnIsOver())) {
      source_.watch.Again();
      return;
    }
    step = MoveOnce();
  }
  if (step == Step::kOver) return;  // This may be destroyed.
  source_.Release();
  sink_.Release();
}

TlsRelay::Step TlsRelay::MoveOnce() {
  if (MayHearSink() && Hear(sink_, kAnyRoom) == Step::kOver) {
    return Step::kOver;
  }
  // An alert that came before it would have said more.
  if (sink_.hung_up && !MayHearSink()) return OnSinkHungUp();
  if (!early_.empty() && sink_.secured) {
    if (ToSink(std::exchange(early_, {})) == Step::kOver) return Step::kOver;
  }
  if (MayHearSource()) {
    const size_t room = SourceRoom();
    if (room > 0 && Hear(source_, room) == Step::kOver) return Step::kOver;
  }
  if (at_end_ && sink_.secured && !holds_end_) EndOutput();

  Send(source_);
  Send(sink_);
  if (MayTellSourceEnded()) return TellSourceEnded();
  if (closing_ && sink_.unsent_bytes() == 0 && !sink_.hung_up) return Finish();
  return MayHearSink() || MayHearSource() || sink_.hung_up ? Step::kMoved
                                                           : Step::kBlocked;
}

bool TlsRelay::MayHearSink() const {
  // What a clear one's peer says is for nobody.
  if (sink_.engine == nullptr || sink_.finished) return false;
  return sink_.readable || !sink_.begun;
}

size_t TlsRelay::SourceRoom() {
  rates::Pacer* const pacer = options_.relay.pacer;
  if (pacer == nullptr || !source_.secured) return kAnyRoom;
  const size_t room = pacer->Allowed(kAnyRoom, loop_.now());
  if (room > 0) return room;
  is_paced_ = true;
  if (pace_ == nullptr) {
    pace_ = std::make_unique<io::Timer>(loop_, [this] {
      is_paced_ = false;
      Move();
    });
  }
  pace_->Set(std::min(pacer->ready_at(), loop_.now() + limits::kRateLook));
  return 0;
}

bool TlsRelay::MayHearSource() const {
  if (at_end_ || is_paced_ || !early_.empty()) return false;
  if (!source_.begun) return true;
  // Nor while its peer does not read what the engine answers.
  if (!source_.readable || source_.unsent_bytes() > 0) return false;
  // Not before the sink has room: its back-pressure is the source's.
  return !source_.secured ||
         (sink_.secured && sink_.writable && chunk_bytes_ == 0);
}

TlsRelay::Step TlsRelay::Hear(Endpoint& endpoint, size_t room) {
  absl::string_view bytes;
  if (endpoint.begun) {
    absl::Span<char> buffer = loop_.shared_buffer();
    buffer = buffer.first(std::min(buffer.size(), room));
    const int error = endpoint.Receive(buffer, &bytes);
    if (error != 0) return BreakSocket(endpoint, error, "receive");
    if (bytes.empty() && !endpoint.finished) return Step::kBlocked;
  }
  endpoint.begun = true;
  if (endpoint.leg == Leg::kSource) {
    turn_bytes_ += bytes.size();
    if (options_.relay.pacer != nullptr && endpoint.secured) {
      options_.relay.pacer->Moved(bytes.size());
    }
  }
  if (endpoint.engine == nullptr) {
    at_end_ = endpoint.finished;
    return ToSink(bytes);
  }
  if (!bytes.empty()) {
    StartDeadline(endpoint);
    endpoint.engine->Feed(bytes);
  }
  if (endpoint.leg == Leg::kSink && endpoint.secured) {
    dropped_bytes_ += bytes.size();
    if (dropped_bytes_ > kMaxSinkSays) {
      return Break(endpoint,
                   absl::UnavailableError("the receiver of a file sends one"));
    }
  }
  return Decrypt(endpoint);
}

TlsRelay::Step TlsRelay::Decrypt(Endpoint& endpoint) {
  const absl::Span<char> buffer = PlainBuffer();
  size_t filled = 0;
  while (true) {
    const absl::StatusOr<size_t> size =
        endpoint.engine->Read(buffer.subspan(filled));
    if (!size.ok()) return BreakTls(endpoint, size.status());
    if (!endpoint.secured && CheckPeer(endpoint) == Step::kOver) {
      return Step::kOver;
    }
    if (*size == 0) break;
    filled += *size;
    if (filled < buffer.size()) continue;
    if (Take(endpoint, absl::string_view(buffer.data(), filled)) ==
        Step::kOver) {
      return Step::kOver;
    }
    filled = 0;
  }
  if (endpoint.finished || endpoint.engine->peer_closed()) {
    if (OnTlsEnd(endpoint) == Step::kOver) return Step::kOver;
  }
  return Take(endpoint, absl::string_view(buffer.data(), filled));
}

TlsRelay::Step TlsRelay::CheckPeer(Endpoint& endpoint) {
  const TlsEngine& engine = *endpoint.engine;
  const std::optional<uint64_t> session = engine.ticket_session();
  if (options_.session != 0 && session.has_value() &&
      *session != options_.session) {
    return Break(endpoint, absl::PermissionDeniedError(
                               "resumes the TLS session of another control "
                               "connection"));
  }
  if (!engine.is_secured()) return Step::kBlocked;
  if (options_.must_resume && engine.is_server() && !engine.is_resumed()) {
    return Break(endpoint, absl::PermissionDeniedError(
                               "does not resume the TLS session of its "
                               "control connection"));
  }
  endpoint.secured = true;
  endpoint.handshake_deadline.Set(absl::InfiniteFuture());
  return Step::kMoved;
}

// Of what the endpoint's peer says: its close_notify, or its FIN.
TlsRelay::Step TlsRelay::OnTlsEnd(Endpoint& endpoint) {
  endpoint.finished = true;
  if (!endpoint.secured) {
    return Break(endpoint, absl::UnauthenticatedError(
                               "TLS handshake: the peer closed the "
                               "connection"));
  }
  // It may still receive. If not, sending tells.
  if (endpoint.leg == Leg::kSink) return Step::kMoved;

  if (!endpoint.engine->peer_closed()) {
    // A reset that was told once, to a send.
    if (endpoint.send_error != 0) {
      return BreakSocket(endpoint, endpoint.send_error, "send");
    }
    if (!options_.tolerate_missing_close_notify ||
        endpoint.engine->is_within_record()) {
      return Break(endpoint, absl::DataLossError("ended without close_notify"));
    }
  }
  at_end_ = true;
  endpoint.engine->CloseNotify();  // It may wait for that.
  return Step::kMoved;
}

TlsRelay::Step TlsRelay::Take(Endpoint& endpoint, absl::string_view plaintext) {
  return endpoint.leg == Leg::kSource ? ToSink(plaintext) : Step::kMoved;
}

TlsRelay::Step TlsRelay::ToSink(absl::string_view plaintext) {
  if (plaintext.empty()) return Step::kMoved;
  if (first_byte_ == absl::InfiniteFuture()) first_byte_ = loop_.now();
  const int64_t max = options_.relay.max_bytes;
  if (max > 0 &&
      taken_bytes_ + static_cast<int64_t>(early_.size() + plaintext.size()) >
          max) {
    return Break(source_, absl::OutOfRangeError(
                              absl::StrCat("more than ", max, " bytes")));
  }
  if (!sink_.secured) {
    early_.append(plaintext.data(), plaintext.size());
    return Step::kMoved;
  }
  taken_bytes_ += static_cast<int64_t>(plaintext.size());
  std::string& output = sink_.output();
  if (sink_.engine != nullptr) {
    output.reserve(output.size() + CiphertextBytes(plaintext.size()));
    const absl::Status status = sink_.engine->Write(plaintext);
    if (!status.ok()) return BreakTls(sink_, status);
  } else {
    if (output.empty() && sink_.writable) {
      // Without the detour through `output`, if it can be.
      const int error = io::SendSome(sink_.socket.fd(), &plaintext,
                                     at_end_ && !holds_end_ ? MSG_MORE : 0);
      if (error != 0) OnSendStopped(sink_, error);
    }
    output.append(plaintext.data(), plaintext.size());
  }
  chunk_bytes_ += plaintext.size();
  return Step::kMoved;
}

void TlsRelay::EndOutput() {
  if (!closing_ && sink_.engine != nullptr) sink_.engine->CloseNotify();
  closing_ = true;
}

void TlsRelay::Send(Endpoint& endpoint) {
  if (!endpoint.writable || endpoint.unsent_bytes() == 0) return;
  // The FIN that follows at once then goes in the last segment.
  const bool is_last = endpoint.leg == Leg::kSink && closing_;
  const int error = endpoint.Flush(is_last ? MSG_MORE : 0);
  if (error != 0) {
    OnSendStopped(endpoint, error);
  } else if (endpoint.leg == Leg::kSink) {
    chunk_bytes_ = 0;
  }
}

void TlsRelay::OnSendStopped(Endpoint& endpoint, int error) {
  endpoint.writable = false;
  if (error == EAGAIN) return;
  // What the peer said before it went is still to be heard; the kernel tells
  // only once that it has gone.
  endpoint.send_error = error;
  endpoint.readable = endpoint.receive_to_end = true;
  if (endpoint.leg == Leg::kSink) {
    endpoint.hung_up = true;
  } else {
    endpoint.output().clear();
    endpoint.sent_bytes = 0;
  }
}

TlsRelay::Step TlsRelay::OnSinkHungUp() {
  int error = sink_.send_error;
  if (error == 0) error = sink_.socket.TakeErrno();
  return BreakSocket(sink_, error != 0 ? error : ECONNRESET, "send");
}

bool TlsRelay::MayTellSourceEnded() const {
  return holds_end_ && at_end_ && !end_told_ && sink_.secured &&
         !sink_.hung_up && sink_.unsent_bytes() == 0 && early_.empty() &&
         source_.unsent_bytes() == 0;
}

TlsRelay::Step TlsRelay::TellSourceEnded() {
  end_told_ = true;
  source_.socket.ShutdownWrite();
  owner_->OnSourceEnded(taken_bytes_);  // May destroy this.
  return Step::kOver;
}

void TlsRelay::PassEnd() {
  holds_end_ = false;
  source_.watch.Again();
}

TlsRelay::Step TlsRelay::Finish() {
  over_ = true;
  sink_.socket.ShutdownWrite();
  owner_->OnRelayDone(taken_bytes_);  // May destroy this.
  return Step::kOver;
}

TlsRelay::Step TlsRelay::Break(Endpoint& endpoint, const absl::Status& status) {
  over_ = true;
  if (pace_ != nullptr) pace_->Set(absl::InfiniteFuture());
  for (Endpoint* each : {&source_, &sink_}) {
    each->handshake_deadline.Set(absl::InfiniteFuture());
  }
  owner_->OnRelayBroken(endpoint.leg, status,
                        bytes_moved());  // May destroy this.
  return Step::kOver;
}

TlsRelay::Step TlsRelay::BreakSocket(Endpoint& endpoint, int error,
                                     absl::string_view context) {
  const absl::Status status = io::StatusFromErrno(error, context);
  // Not the code of an errno: ETIMEDOUT is no deadline of ours.
  return Break(endpoint, endpoint.secured
                             ? absl::UnavailableError(status.message())
                             : absl::UnauthenticatedError(absl::StrCat(
                                   "TLS handshake: ", status.message())));
}

TlsRelay::Step TlsRelay::BreakTls(Endpoint& endpoint,
                                  const absl::Status& status) {
  endpoint.Flush(0);  // The alert; if not, the peer gets none.
  return Break(endpoint, status);
}

}  // namespace pinnace::tls
