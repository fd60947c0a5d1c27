#include "proxy/io/unsent_bytes.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace pinnace::io {

UnsentBytes::UnsentBytes(UnsentBytes&& other) noexcept
    : bytes_(std::move(other.bytes_)), sent_(std::exchange(other.sent_, 0)) {
  other.bytes_.clear();
}

UnsentBytes& UnsentBytes::operator=(UnsentBytes&& other) noexcept {
  bytes_.swap(other.bytes_);
  std::swap(sent_, other.sent_);
  if (this != &other) other.Clear();
  return *this;
}

int UnsentBytes::Send(int fd, absl::string_view bytes, More more) {
  int error = 0;
  if (empty()) {
    error = SendSome(fd, &bytes, more == More::kFin ? MSG_MORE : 0);
  }
  if (error != 0 && error != EAGAIN) return error;
  bytes_.append(bytes.data(), bytes.size());
  return 0;
}

int UnsentBytes::Flush(int fd) {
  absl::string_view rest(bytes_.data() + sent_, size());
  const int error = SendSome(fd, &rest);
  if (rest.empty()) {
    Clear();
  } else {
    sent_ = bytes_.size() - rest.size();
    // A stream that is never quite empty must not keep what has gone.
    if (sent_ > bytes_.size() / 2) {
      bytes_.erase(0, sent_);
      sent_ = 0;
    }
  }
  return error;
}

void UnsentBytes::Clear() {
  std::string().swap(bytes_);
  sent_ = 0;
}

int SendSome(int fd, absl::string_view* bytes, int flags) {
  while (!bytes->empty()) {
    const ssize_t sent =
        send(fd, bytes->data(), bytes->size(), MSG_NOSIGNAL | flags);
    if (sent >= 0) {
      bytes->remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace pinnace::io
