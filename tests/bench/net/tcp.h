// The socket calls of the benchmark's programs. A failure that only a broken
// set-up can bring ends the process with its reason. Any thread.
#ifndef PINNACE_TESTS_BENCH_NET_TCP_H_
#define PINNACE_TESTS_BENCH_NET_TCP_H_

#include <cstddef>
#include <cstdint>

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

// Source of what is sent: a file in memory. sendfile(2) from it copies nothing.
int ContentFile();
inline constexpr size_t kContentBytes = 1024 * 1024;

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_NET_TCP_H_
