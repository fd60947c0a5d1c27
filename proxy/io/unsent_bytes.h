// What the kernel has not taken yet of one stream's output. Holds no memory
// while empty. One thread.
#ifndef PINNACE_PROXY_IO_UNSENT_BYTES_H_
#define PINNACE_PROXY_IO_UNSENT_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::io {

class UnsentBytes {
 public:
  UnsentBytes() = default;
  UnsentBytes(UnsentBytes&& other) noexcept;
  UnsentBytes& operator=(UnsentBytes&& other) noexcept;

  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size() - sent_; }

  // Sends `bytes` if nothing is unsent, and keeps what is left over. 0, or an
  // errno other than EAGAIN; then nothing is kept. kFin: a FIN is sent right
  // after this, so that the kernel may wait for it (MSG_MORE).
  enum class More : uint8_t { kOpen, kFin };
  int Send(int fd, absl::string_view bytes, More more = More::kOpen);
  // Sends what is kept. 0 when all has gone; EAGAIN, or what broke.
  int Flush(int fd);
  void Clear();

 private:
  std::string bytes_;
  size_t sent_ = 0;  // of bytes_
};

// send(2) without SIGPIPE; takes what it can off the front of `bytes`. 0 when
// that was all, otherwise errno.
int SendSome(int fd, absl::string_view* bytes, int flags = 0);

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_UNSENT_BYTES_H_
