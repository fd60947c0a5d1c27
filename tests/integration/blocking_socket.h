// A blocking TCP socket with deadlines, for the two ends that a test plays
// itself. One thread at a time.
#ifndef PINNACE_TESTS_INTEGRATION_BLOCKING_SOCKET_H_
#define PINNACE_TESTS_INTEGRATION_BLOCKING_SOCKET_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"

namespace pinnace::integration {

class BlockingSocket {
 public:
  BlockingSocket() = default;
  explicit BlockingSocket(int fd);
  BlockingSocket(BlockingSocket&& other) noexcept;
  BlockingSocket& operator=(BlockingSocket&& other) noexcept;
  ~BlockingSocket() { Close(); }

  // `from` port 0: any. Not open when refused.
  static BlockingSocket Connect(const Address& target,
                                std::optional<IpAddress> from = std::nullopt);
  static BlockingSocket Listen(const Address& address);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  BlockingSocket Accept();
  Address LocalAddress() const;
  Address PeerAddress() const;

  bool Send(absl::string_view bytes);
  // What comes next, empty at the end of file or after a reset (see was_reset).
  std::string Receive();
  std::string ReceiveToEnd();
  // Fewer when the connection ends first.
  std::string ReceiveExactly(size_t size);
  // Without its end; nothing when the connection ends first.
  std::optional<std::string> ReceiveLine();
  bool was_reset() const { return was_reset_; }

  void ShutdownWrite();
  // Wakes a thread that is blocked in Accept or Receive.
  void ShutdownBoth();
  void Reset();  // RST
  void Close();

 private:
  int fd_ = -1;
  std::string buffered_;
  bool was_reset_ = false;
};

}  // namespace pinnace::integration

#endif  // PINNACE_TESTS_INTEGRATION_BLOCKING_SOCKET_H_
