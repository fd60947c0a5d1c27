// Connects a TCP socket: numeric address or DNS name, with a deadline, perhaps
// from a wanted local address and port. One thread.
#ifndef PINNACE_PROXY_IO_DIAL_H_
#define PINNACE_PROXY_IO_DIAL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/io/loop.h"
#include "proxy/io/resolver.h"
#include "proxy/io/socket.h"
#include "proxy/io/timer.h"

namespace pinnace::io {

struct Connected {
  // The watch goes before its socket: members die from the last to the first.
  Socket socket;
  std::unique_ptr<Loop::Watch> watch;  // registered and parked; Redirect() it
  Address peer;
};

struct DialOptions {
  absl::Time deadline = absl::InfiniteFuture();
  Priority priority = Priority::kControl;
  // Bind here first, with SO_REUSEADDR (RFC 959 §3.3: an active dial comes from
  // the address that the client knows, port 20). Port 0: any. When that exact
  // port cannot be had (EACCES, EADDRINUSE, EADDRNOTAVAIL) any port of the same
  // address is taken. Not used for a target of the other family.
  std::optional<Address> from;
};

// An attempt in progress; dropping it cancels. `done` is called exactly once
// unless dropped, never inside Start, and may drop the attempt. Errors name the
// address: DeadlineExceeded "connect to 10.0.0.7:21: timed out".
class Dial final : private Loop::ReadyCallback {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Connected>)>;

  static std::unique_ptr<Dial> Start(Loop& loop, const Address& target,
                                     DialOptions options, Done done);
  // The addresses of a name are tried in turn; each gets an equal share of the
  // time that is left. The error is the last one's.
  static std::unique_ptr<Dial> Start(Loop& loop, const HostPort& target,
                                     DialOptions options, Done done);
  // The same for a name that has been resolved already: `ips` is not empty.
  static std::unique_ptr<Dial> Start(Loop& loop,
                                     const std::vector<IpAddress>& ips,
                                     uint16_t port, DialOptions options,
                                     Done done);
  ~Dial();

 private:
  Dial(Loop& loop, DialOptions options, Done done);

  void OnReady(Readiness readiness) override;
  void OnResolved(uint16_t port,
                  absl::StatusOr<std::vector<IpAddress>> addresses);
  void OnTimeout();
  void TryNext();
  // These return 0 when connected, EINPROGRESS, or what is wrong.
  int Connect();
  int ConnectFrom(const std::optional<Address>& from);
  absl::Status ConnectError(int error) const;
  void Finish();

  Loop& loop_;
  const DialOptions options_;
  Done done_;
  std::string name_;  // of the target, while it is resolved
  std::unique_ptr<Resolution> resolution_;
  std::vector<Address> targets_;
  size_t attempts_ = 0;  // Started; the present target is the last of them.
  Socket socket_;
  std::unique_ptr<Loop::Watch> watch_;
  absl::Status status_;
  Timer timer_;
  Loop::Deferred finish_;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_DIAL_H_
