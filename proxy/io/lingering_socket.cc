#include "proxy/io/lingering_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace pinnace::io {
namespace {

constexpr size_t kMaxDroppedBytes = 1024 * 1024;

}  // namespace

LingeringSocket::LingeringSocket(Loop& loop, Socket socket,
                                 std::unique_ptr<Loop::Watch> watch,
                                 UnsentBytes unsent, absl::Time deadline)
    : loop_(loop),
      socket_(std::move(socket)),
      watch_(std::move(watch)),
      unsent_(std::move(unsent)),
      deadline_(loop, [this] { loop_.Drop(this); }) {
  if (unsent_.empty()) socket_.ShutdownWrite();
  deadline_.Set(deadline);
  watch_->Redirect(this, Priority::kControl);
}

void LingeringSocket::OnReady(Readiness readiness) {
  const bool input =
      readiness.readable || readiness.peer_finished || readiness.hang_up;
  bool broken = readiness.writable && !Flush();
  if (!broken && input && !peer_finished_) broken = !DropInput(readiness);
  if (broken || (peer_finished_ && unsent_.empty())) {
    loop_.Drop(this);  // Destroys this.
  }
}

bool LingeringSocket::Flush() {
  if (unsent_.empty()) return true;
  const int error = unsent_.Flush(socket_.fd());
  if (error == 0) socket_.ShutdownWrite();
  return error == 0 || error == EAGAIN;
}

bool LingeringSocket::DropInput(const Readiness& readiness) {
  while (dropped_bytes_ < kMaxDroppedBytes) {
    // MSG_TRUNC: TCP discards without copying (tcp(7)). It needs no buffer; the
    // thread sanitizer takes it for written all the same, so it is this loop's.
    const absl::Span<char> buffer = loop_.shared_buffer();
    const ssize_t size =
        recv(socket_.fd(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (size > 0) {
      dropped_bytes_ += static_cast<size_t>(size);
      // Drained, and the FIN had come before: there is nothing to be read.
      if (readiness.peer_finished && !readiness.urgent &&
          static_cast<size_t>(size) < buffer.size()) {
        peer_finished_ = true;
        return true;
      }
    } else if (size == 0) {
      peer_finished_ = true;  // It may still read what is unsent.
      return true;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
  return false;
}

}  // namespace pinnace::io
