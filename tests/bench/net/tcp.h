// The socket calls of the benchmark's programs. A failure that only a broken
// set-up can bring ends the process with its reason. Any thread.
#ifndef PINNACE_TESTS_BENCH_NET_TCP_H_
#define PINNACE_TESTS_BENCH_NET_TCP_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"

namespace pinnace::bench {

int64_t MonotonicNs();
// This thread, and none that it starts, runs before all that is not: what waits
// for a processor must not count as a latency of the proxy. Exits when it is
// not permitted.
void WantRealtime();
// Raises the limit of open descriptors to what is allowed.
void WantManyDescriptors();
// Non-blocking; exits with a message that names the address.
int ListenOrDie(const Address& address);
// Non-blocking; -1 when there is none to accept.
int Accept(int listener);
// Non-blocking and under way, perhaps connected already; -1 and errno.
int Connect(const Address& target);
void SetNoDelay(int fd);
// What went wrong with a connect; 0 when nothing.
int TakeError(int fd);
// All of it: control lines are short and the peer reads them. False when the
// connection broke.
bool SendLine(int fd, absl::string_view text);

// What reads of data connections do: counts and drops. Bytes read before EAGAIN
// or `at_most`; `finished` at the end of file, `broken` otherwise.
struct Dropped {
  size_t bytes = 0;
  bool finished = false;
  bool broken = false;
};
Dropped Drop(int fd, size_t at_most);

// What is sent: a file in memory with sendfile(2), which copies nothing and
// gives single pages to the kernel, as servers send files; or bytes of the
// process with send(2), which gives it larger pieces, as clients send them.
class Content {
 public:
  enum class How : uint8_t { kSendfile, kSend };
  explicit Content(How how);

  // At most `bytes`; what send(2) or sendfile(2) return.
  ssize_t SendTo(int socket, int64_t bytes) const;

 private:
  int file_ = -1;
  std::string bytes_;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_NET_TCP_H_
