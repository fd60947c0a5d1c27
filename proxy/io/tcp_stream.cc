#include "proxy/io/tcp_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proxy/base/limits.h"
#include "proxy/io/errno_status.h"
#include "proxy/io/lingering_socket.h"

namespace pinnace::io {

TcpStream::TcpStream(Loop& loop, Socket socket, Owner* owner,
                     std::unique_ptr<Loop::Watch> watch)
    : loop_(loop),
      socket_(std::move(socket)),
      owner_(owner),
      watch_(std::move(watch)),
      continue_(loop, [this] { Continue(); }) {
  if (watch_ != nullptr) {
    watch_->Redirect(this, Priority::kControl);
  } else {
    watch_ = loop_.WatchSocket(socket_.fd(), this, Priority::kControl);
  }
}

TcpStream::~TcpStream() = default;

absl::StatusOr<Address> TcpStream::LocalAddress() const {
  return socket_.LocalAddress();
}

absl::StatusOr<Address> TcpStream::PeerAddress() const {
  return socket_.PeerAddress();
}

void TcpStream::Send(absl::string_view bytes, UnsentBytes::More more) {
  if (bytes.empty() || !failure_.ok() || !socket_.is_open()) return;
  const int error = unsent_.Send(socket_.fd(), bytes, more);
  if (error != 0) Fail(error);
}

void TcpStream::ResumeReading() {
  paused_ = false;
  if (readable_ && !ended_) continue_.Schedule();
}

void TcpStream::Reset() {
  ended_ = true;
  owner_ = nullptr;
  unsent_.Clear();
  continue_.Cancel();
  watch_.reset();
  socket_.Reset();
}

void TcpStream::set_priority(Priority priority) {
  if (watch_ == nullptr) return;
  // What is readable is told anew, when its place in line comes.
  if (failure_.ok()) continue_.Cancel();
  watch_->Redirect(this, priority);
}

void TcpStream::OnReady(Readiness readiness) {
  Lifeline::Guard guard(lifeline_);
  if (readiness.writable && !unsent_.empty()) {
    OnWritable();
    if (!guard.alive()) return;
  }
  if (ended_) return;
  if (readiness.readable || readiness.peer_finished || readiness.hang_up) {
    readable_ = true;
  }
  // A short read then leaves the end of file, the error, or what is behind
  // the urgent mark to be read.
  if (readiness.peer_finished || readiness.hang_up || readiness.urgent) {
    read_to_end_ = true;
  }
  if (paused_ && readiness.hang_up) {
    const absl::Status error = socket_.TakeError();
    if (!error.ok()) End(error);
    return;
  }
  if (readable_ && !paused_) Read();
}

void TcpStream::OnWritable() {
  const int error = unsent_.Flush(socket_.fd());
  if (error == EAGAIN) return;
  if (error != 0) {
    Fail(error);
  } else if (failure_.ok()) {
    // A peer that has finished may still wait for more.
    owner_->OnDrained(*this);
  }
}

// Reads until drained, paused, or enough for one turn.
void TcpStream::Read() {
  Lifeline::Guard guard(lifeline_);
  size_t budget = limits::kControlReadBytes;
  while (readable_ && !paused_ && !ended_) {
    if (budget == 0) {
      continue_.Schedule();
      return;
    }
    const absl::Span<char> buffer = loop_.shared_buffer().subspan(0, budget);
    const ssize_t size = recv(socket_.fd(), buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      if (size < 0 && errno == EINTR) continue;
      OnReadStopped(size == 0 ? 0 : errno);
      return;
    }
    const auto count = static_cast<size_t>(size);
    budget -= count;
    if (count < buffer.size() && !read_to_end_) readable_ = false;
    owner_->OnBytes(*this, absl::string_view(buffer.data(), count));
    if (!guard.alive()) return;
  }
}

void TcpStream::OnReadStopped(int error) {
  if (!failure_.ok()) {
    End(failure_);
  } else if (error == EAGAIN) {
    readable_ = false;
    read_to_end_ = false;
  } else {
    End(StatusFromErrno(error, "receive"));
  }
}

void TcpStream::Continue() {
  if (ended_) return;
  if (failure_.ok()) {
    if (!paused_) Read();
  } else if (paused_) {
    End(failure_);
  } else {
    // The peer's last words come before the failure to write to it.
    readable_ = read_to_end_ = true;
    Read();
  }
}

void TcpStream::Fail(int error) {
  failure_ = StatusFromErrno(error, "send");
  unsent_.Clear();
  if (!ended_) continue_.Schedule();
}

void TcpStream::End(const absl::Status& status) {
  ended_ = true;
  readable_ = false;
  continue_.Cancel();
  // Not a reference to failure_: the owner may destroy this stream.
  const absl::Status told = status;
  if (!told.ok() && failure_.ok()) failure_ = told;
  owner_->OnEnd(*this, told);
}

void TcpStream::Linger(absl::Time deadline) {
  if (!socket_.is_open() || !failure_.ok()) return;
  // The peer has finished and everything has gone: closing is a clean FIN.
  if (ended_ && unsent_.empty()) return;
  watch_->Park({.readable = readable_ || read_to_end_ || ended_});
  loop_.Keep(std::make_unique<LingeringSocket>(loop_, std::move(socket_),
                                               std::move(watch_),
                                               std::move(unsent_), deadline));
}

}  // namespace pinnace::io
