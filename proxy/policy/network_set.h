// Networks, and whether an address is in one of them, in time that does not
// grow with their number. Pure. Any thread.
#ifndef PINNACE_PROXY_POLICY_NETWORK_SET_H_
#define PINNACE_PROXY_POLICY_NETWORK_SET_H_

#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"

namespace pinnace::policy {

class NetworkSet {
 public:
  NetworkSet() = default;
  explicit NetworkSet(const std::vector<Cidr>& networks);

  bool empty() const { return networks_.empty(); }
  bool Contains(const IpAddress& address) const;
  // In the order of their addresses.
  std::vector<Cidr> Networks() const;

 private:
  // Different ones, of each family.
  std::vector<int> ipv4_prefixes_;
  std::vector<int> ipv6_prefixes_;
  absl::flat_hash_set<std::pair<IpAddress, int>> networks_;
};

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_NETWORK_SET_H_
