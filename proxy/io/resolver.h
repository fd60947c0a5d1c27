// DNS names to addresses on libuv's pool (uv_getaddrinfo). One thread.
#ifndef PINNACE_PROXY_IO_RESOLVER_H_
#define PINNACE_PROXY_IO_RESOLVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proxy/base/address.h"
#include "proxy/io/loop.h"

namespace pinnace::io {

// A look-up in progress; dropping it cancels (the callback is not called).
class Resolution final {
 public:
  // At least one address, each once, in the system's order of preference.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::vector<IpAddress>>)>;
  ~Resolution();
  Resolution(const Resolution&) = delete;
  Resolution& operator=(const Resolution&) = delete;

 private:
  // What libuv holds. Frees itself in libuv's callback.
  struct Request {
    uv_getaddrinfo_t uv;
    Resolution* resolution;  // null once dropped
  };
  friend std::unique_ptr<Resolution> Resolve(Loop& loop, std::string host,
                                             Done done);
  Resolution(Loop& loop, std::string host, Done done);
  static void OnResolved(uv_getaddrinfo_t* uv, int code, addrinfo* results);
  void Finish();

  std::string host_;
  Done done_;
  absl::StatusOr<std::vector<IpAddress>> result_;
  Request* request_ = nullptr;
  Loop::Deferred finish_;
};

// Numeric hosts too. `done` is never called inside Resolve, and may drop the
// Resolution.
std::unique_ptr<Resolution> Resolve(Loop& loop, std::string host,
                                    Resolution::Done done);

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_RESOLVER_H_
