// Keeps the DNS names among the public addresses resolved (DESIGN: every 30 s).
// A look-up that fails leaves the former address. One thread.
#ifndef PINNACE_PROXY_GATEWAY_NAME_REFRESHER_H_
#define PINNACE_PROXY_GATEWAY_NAME_REFRESHER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "proxy/ingress/advertised.h"
#include "proxy/io/loop.h"
#include "proxy/io/resolver.h"
#include "proxy/io/timer.h"

namespace pinnace::gateway {

class NameRefresher {
 public:
  // Called whenever an address has changed.
  using Changed = absl::AnyInvocable<void(const ingress::ResolvedNames&)>;

  NameRefresher(io::Loop& loop, std::vector<std::string> names,
                Changed changed);
  ~NameRefresher();

 private:
  void ResolveAll();
  void OnResolved(size_t index,
                  absl::StatusOr<std::vector<IpAddress>> addresses);

  io::Loop& loop_;
  const std::vector<std::string> names_;
  Changed changed_;
  ingress::ResolvedNames resolved_;
  std::vector<std::unique_ptr<io::Resolution>> resolutions_;  // by name
  io::Timer timer_;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_NAME_REFRESHER_H_
