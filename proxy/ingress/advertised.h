// Which public address a 227 announces (DESIGN: the balancer's, per client
// network). Pure; the names in the rules are resolved elsewhere. Any thread.
#ifndef PINNACE_PROXY_INGRESS_ADVERTISED_H_
#define PINNACE_PROXY_INGRESS_ADVERTISED_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proxy/base/address.h"

namespace pinnace::ingress {

struct Cidr {
  IpAddress network;
  int prefix_bits = 0;

  // "10.0.0.0/8", "2001:db8::/32", or one address. Host bits must be zero.
  static std::optional<Cidr> Parse(absl::string_view text);
  bool Contains(const IpAddress& address) const;
  std::string ToString() const;
};

struct PublicAddressRules {
  struct ByClient {
    Cidr cidr;
    std::string address;  // IPv4 address or DNS name
  };
  std::vector<ByClient> by_client;  // the first that holds the client
  std::string default_address;      // IPv4 address or DNS name; empty: none

  // The names among the addresses: what has to be resolved.
  std::vector<std::string> Names() const;
};

// Names to their present IPv4 address; a name that is missing has never been
// resolved.
using ResolvedNames = absl::flat_hash_map<std::string, IpAddress>;

// The address for a 227 to `client`; `local` is the address of ours that the
// control connection reached. Nothing when no IPv4 address applies.
std::optional<IpAddress> AdvertisedAddress(const PublicAddressRules& rules,
                                           const ResolvedNames& names,
                                           const IpAddress& client,
                                           const IpAddress& local);

}  // namespace pinnace::ingress

#endif  // PINNACE_PROXY_INGRESS_ADVERTISED_H_
