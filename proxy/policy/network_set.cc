#include "proxy/policy/network_set.h"

#include <algorithm>

namespace pinnace::policy {

NetworkSet::NetworkSet(const std::vector<Cidr>& networks) {
  for (const Cidr& cidr : networks) {
    networks_.emplace(cidr.network, cidr.prefix_bits);
    std::vector<int>& prefixes =
        cidr.network.is_ipv4() ? ipv4_prefixes_ : ipv6_prefixes_;
    if (std::find(prefixes.begin(), prefixes.end(), cidr.prefix_bits) ==
        prefixes.end()) {
      prefixes.push_back(cidr.prefix_bits);
    }
  }
}

bool NetworkSet::Contains(const IpAddress& address) const {
  const std::vector<int>& prefixes =
      address.is_ipv4() ? ipv4_prefixes_ : ipv6_prefixes_;
  return std::any_of(prefixes.begin(), prefixes.end(), [&](int prefix) {
    return networks_.contains(std::pair(address.Masked(prefix), prefix));
  });
}

std::vector<Cidr> NetworkSet::Networks() const {
  std::vector<std::pair<IpAddress, int>> sorted(networks_.begin(),
                                                networks_.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<Cidr> networks;
  networks.reserve(sorted.size());
  for (const auto& [network, prefix_bits] : sorted) {
    networks.push_back({network, prefix_bits});
  }
  return networks;
}

}  // namespace pinnace::policy
