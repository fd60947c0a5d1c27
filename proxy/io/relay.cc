#include "proxy/io/relay.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proxy/base/limits.h"
#include "proxy/io/errno_status.h"

namespace pinnace::io {
namespace {

// Moved bytes, or a negated errno; EINTR never.
ssize_t Splice(int from_fd, int to_fd, size_t bytes) {
  // Not SPLICE_F_MORE: nobody knows whether more follows, and the tail of a
  // pause would wait 200 ms for it.
  ssize_t moved;
  do {
    moved = splice(from_fd, nullptr, to_fd, nullptr, bytes,
                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (moved < 0 && errno == EINTR);
  return moved < 0 ? -errno : moved;
}

}  // namespace

Relay::Relay(Loop& loop, PipePool& pipes, End source, End sink,
             const Options& options, Owner* owner)
    : loop_(loop),
      pipes_(pipes),
      source_(source),
      sink_(sink),
      options_(options),
      owner_(owner),
      source_ready_(*this),
      sink_ready_(*this),
      holds_end_(options.at_end == AtEnd::kHold) {
  // The sink first: what the source tells can then be moved at once.
  sink_.watch->Redirect(&sink_ready_, Priority::kBulk);
  source_.watch->Redirect(&source_ready_, Priority::kBulk);
}

Relay::~Relay() {
  if (pipe_bytes_ == 0) {
    PutPipeBack();
  } else {
    pipes_.Discard(*std::move(pipe_));
  }
  source_.watch->Redirect(nullptr, Priority::kBulk);
  sink_.watch->Redirect(nullptr, Priority::kBulk);
}

void Relay::SourceReady::OnReady(Readiness readiness) {
  if (relay_.over_) return;
  if (!readiness.readable && !readiness.peer_finished && !readiness.hang_up) {
    return;
  }
  relay_.source_readable_ = true;
  if (readiness.hang_up || readiness.urgent) relay_.receive_to_end_ = true;
  if (readiness.urgent) relay_.copy_only_ = true;
  if (readiness.peer_finished && !readiness.hang_up) {
    relay_.source_finished_ = true;
  }
  relay_.Move();
}

void Relay::SinkReady::OnReady(Readiness readiness) {
  if (relay_.over_) return;
  if (readiness.writable) relay_.sink_writable_ = true;
  if (readiness.hang_up) {
    const int error = relay_.sink_.socket->TakeErrno();
    relay_.Break(Leg::kSink, error != 0 ? error : ECONNRESET);
    return;
  }
  if (readiness.writable) relay_.Move();
}

void Relay::Move() {
  if (over_) return;
  turn_bytes_ = 0;
  Step step = Step::kMoved;
  while (step == Step::kMoved) {
    if (held_bytes() == 0 && !at_end_ && source_readable_ && turn_bytes_ > 0 &&
        (turn_bytes_ >= limits::kRelayTurnBytes || loop_.BulkTurnIsOver())) {
      source_.watch->Again();
      break;
    }
    step = MoveOnce();
  }
  if (step == Step::kOver) return;  // This may be destroyed.
  if (pipe_bytes_ == 0) PutPipeBack();
}

void Relay::PutPipeBack() {
  if (pipe_.has_value()) pipes_.Put(*std::move(pipe_));
  pipe_.reset();
}

Relay::Step Relay::MoveOnce() {
  if (held_bytes() > 0) return sink_writable_ ? SendHeld() : Step::kBlocked;
  if (at_end_) return holds_end_ ? TellSourceEnded() : Finish();
  // Not before the sink has room: its back-pressure is the source's.
  if (!source_readable_ || !sink_writable_) return Step::kBlocked;
  const size_t room = Room();
  if (room == 0) return Step::kBlocked;
  return WantsSplice() ? ReceiveBySplice(room) : ReceiveByCopy(room);
}

size_t Relay::Room() {
  size_t room = std::numeric_limits<size_t>::max();
  if (options_.max_bytes > 0) {
    room = static_cast<size_t>(options_.max_bytes - received_bytes_) + 1;
  }
  if (options_.pacer == nullptr) return room;
  room = options_.pacer->Allowed(room, loop_.now());
  if (room > 0) return room;
  if (pace_ == nullptr) {
    pace_ = std::make_unique<Timer>(loop_, [this] { Move(); });
  }
  pace_->Set(
      std::min(options_.pacer->ready_at(), loop_.now() + limits::kRateLook));
  return 0;
}

Relay::Step Relay::OnReceived(size_t bytes) {
  turn_bytes_ += bytes;
  if (received_bytes_ == 0) first_byte_ = loop_.now();
  received_bytes_ += static_cast<int64_t>(bytes);
  if (options_.pacer != nullptr) options_.pacer->Moved(bytes);
  if (options_.max_bytes == 0 || received_bytes_ <= options_.max_bytes) {
    return Step::kMoved;
  }
  return Break(Leg::kSource, absl::OutOfRangeError(absl::StrCat(
                                 "more than ", options_.max_bytes, " bytes")));
}

bool Relay::WantsSplice() {
  if (copy_only_ ||
      moved_bytes_ < static_cast<int64_t>(limits::kRelayCopyBytes)) {
    return false;
  }
  if (!pipe_.has_value()) pipe_ = pipes_.Take();
  copy_only_ = !pipe_.has_value();
  return !copy_only_;
}

Relay::Step Relay::SendHeld() {
  if (pipe_bytes_ == 0) {
    const size_t before = unsent_.size();
    const int error = unsent_.Flush(sink_.socket->fd());
    moved_bytes_ += static_cast<int64_t>(before - unsent_.size());
    return error == 0 ? Step::kMoved : OnSendStopped(error);
  }
  // The pipe holds bytes, so EAGAIN is the sink's.
  const ssize_t moved =
      Splice(pipe_->read_fd(), sink_.socket->fd(), pipe_bytes_);
  if (moved <= 0) return OnSendStopped(static_cast<int>(-moved));
  pipe_bytes_ -= static_cast<size_t>(moved);
  moved_bytes_ += moved;
  return Step::kMoved;
}

Relay::Step Relay::ReceiveByCopy(size_t room) {
  absl::Span<char> buffer = loop_.shared_buffer();
  buffer = buffer.first(std::min(buffer.size(), room));
  ssize_t size;
  do {
    size = recv(source_.socket->fd(), buffer.data(), buffer.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return OnReceiveStopped(size == 0 ? 0 : errno);

  const auto count = static_cast<size_t>(size);
  if (OnReceived(count) == Step::kOver) return Step::kOver;
  if (count < buffer.size() && !receive_to_end_) {
    source_readable_ = false;
    // The FIN had come before this call, and nothing else is before it.
    at_end_ = source_finished_;
  }
  // The FIN that follows at once then goes in the last segment.
  const auto more = at_end_ && !holds_end_ ? UnsentBytes::More::kFin
                                           : UnsentBytes::More::kOpen;
  const int error = unsent_.Send(sink_.socket->fd(),
                                 absl::string_view(buffer.data(), count), more);
  if (error != 0) return OnSendStopped(error);
  moved_bytes_ += static_cast<int64_t>(count - unsent_.size());
  if (!unsent_.empty()) sink_writable_ = false;
  return Step::kMoved;
}

Relay::Step Relay::ReceiveBySplice(size_t room) {
  // The pipe is empty, so EAGAIN is the source's. A short one is no news: the
  // pipe's places may be full of small segments.
  const ssize_t moved = Splice(source_.socket->fd(), pipe_->write_fd(),
                               std::min(pipe_->capacity(), room));
  if (moved < 0) return OnReceiveStopped(static_cast<int>(-moved));
  if (moved == 0) {
    // The end, or an urgent mark, which splice(2) does not pass: recv knows.
    copy_only_ = true;
    receive_to_end_ = true;
    return Step::kMoved;
  }
  pipe_bytes_ = static_cast<size_t>(moved);
  return OnReceived(pipe_bytes_);
}

Relay::Step Relay::OnSendStopped(int error) {
  if (error != EAGAIN && error != 0) return Break(Leg::kSink, error);
  sink_writable_ = false;
  return Step::kBlocked;
}

Relay::Step Relay::OnReceiveStopped(int error) {
  if (error == 0) {
    at_end_ = true;
    return Step::kMoved;
  }
  if (error != EAGAIN) return Break(Leg::kSource, error);
  source_readable_ = false;
  receive_to_end_ = false;
  return Step::kBlocked;
}

Relay::Step Relay::TellSourceEnded() {
  if (end_told_) return Step::kBlocked;
  end_told_ = true;
  PutPipeBack();
  // There are servers that say 226 only when they have seen our end too.
  source_.socket->ShutdownWrite();
  owner_->OnSourceEnded(moved_bytes_);  // May destroy this.
  return Step::kOver;
}

void Relay::PassEnd() {
  holds_end_ = false;
  source_.watch->Again();
}

Relay::Step Relay::Finish() {
  over_ = true;
  sink_.socket->ShutdownWrite();
  owner_->OnRelayDone(moved_bytes_);  // May destroy this.
  return Step::kOver;
}

Relay::Step Relay::Break(Leg leg, int error) {
  return Break(
      leg, StatusFromErrno(error, leg == Leg::kSource ? "receive" : "send"));
}

Relay::Step Relay::Break(Leg leg, const absl::Status& status) {
  over_ = true;
  if (pace_ != nullptr) pace_->Set(absl::InfiniteFuture());
  owner_->OnRelayBroken(leg, status, moved_bytes_);  // May destroy this.
  return Step::kOver;
}

}  // namespace pinnace::io
