// A TCP socket's descriptor with one owner, and the system calls on it that
// more than one file needs. Always non-blocking and close-on-exec. One thread
// at a time; may be moved to another thread.
#ifndef PINNACE_PROXY_IO_SOCKET_H_
#define PINNACE_PROXY_IO_SOCKET_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"

namespace pinnace::io {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { Close(); }

  // With SO_REUSEADDR.
  static absl::StatusOr<Socket> NewTcp(Family family);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  void Close();
  // Close with a RST (SO_LINGER 0): what the peer gets is never a clean end of
  // file.
  void Reset();
  // FIN; the receiving side stays open.
  void ShutdownWrite();

  absl::StatusOr<Address> LocalAddress() const;
  absl::StatusOr<Address> PeerAddress() const;
  // The pending SO_ERROR, OK when there is none. The kernel tells it once.
  absl::Status TakeError() const;
  // The same as an errno, 0 when there is none.
  int TakeErrno() const;

  // The options are wishes: a socket that broke meanwhile refuses them, and
  // says so at the next read.
  void SetReuseAddress();
  void SetNoDelay();
  // RFC 959 §4.1 ABOR: Telnet urgent data is read in line (SO_OOBINLINE).
  void SetUrgentInline();
  struct Keepalive {
    absl::Duration idle, interval;
    int probes;
  };
  void SetKeepalive(const Keepalive& keepalive);

 private:
  int fd_ = -1;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_SOCKET_H_
