// Keeps the DNS names of backends resolved (every limits::kDnsRefresh) and
// writes what it finds to their BackendStatus, where sessions and probes read
// it. A look-up that fails leaves the former addresses. One thread.
#ifndef PINNACE_PROXY_GATEWAY_BACKEND_NAMES_H_
#define PINNACE_PROXY_GATEWAY_BACKEND_NAMES_H_

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proxy/fleet/fleet.h"
#include "proxy/io/loop.h"
#include "proxy/io/resolver.h"
#include "proxy/io/timer.h"

namespace pinnace::gateway {

class BackendNames {
 public:
  explicit BackendNames(io::Loop& loop);
  ~BackendNames();

  // Names that are new are looked up at once, limits::kMaxBackendLookUps at a
  // time.
  void Publish(const fleet::Fleet& fleet);

 private:
  // Many backends may have one name, with different ports.
  struct Name {
    std::string host;
    std::vector<std::shared_ptr<fleet::BackendStatus>> backends;
    fleet::BackendStatus::Addresses addresses;
    absl::Time due;
    std::unique_ptr<io::Resolution> look_up;  // while one is under way
    bool fails = false;
  };

  void Add(const fleet::Backend& backend);
  void LookUpWhatIsDue();
  void OnResolved(Name& name, absl::StatusOr<std::vector<IpAddress>> addresses);
  void Keep(Name& name, std::vector<IpAddress> addresses);

  io::Loop& loop_;
  io::Timer timer_;
  absl::flat_hash_map<std::string, std::unique_ptr<Name>> names_;
  std::set<std::pair<absl::Time, Name*>> due_;  // but those under way
  size_t under_way_ = 0;
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_BACKEND_NAMES_H_
