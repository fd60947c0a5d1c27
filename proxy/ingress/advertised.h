// Which public address a 227 announces (DESIGN: the balancer's, per client
// network). Pure; the names in the rules are resolved elsewhere. Any thread.
#ifndef PINNACE_PROXY_INGRESS_ADVERTISED_H_
#define PINNACE_PROXY_INGRESS_ADVERTISED_H_

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"

namespace pinnace::ingress {

// Names to their present IPv4 address; a name that is missing has never been
// resolved.
using ResolvedNames = absl::flat_hash_map<std::string, IpAddress>;

// An IPv4 address or a DNS name, as an operator writes it; "" is none.
class PublicAddress {
 public:
  PublicAddress() = default;
  template <std::convertible_to<absl::string_view> Text>
  PublicAddress(const Text& text)  // NOLINT: it is what the text says
      : text_(absl::string_view(text)), numeric_(IpAddress::Parse(text_)) {}

  bool is_set() const { return !text_.empty(); }
  bool is_name() const { return is_set() && !numeric_.has_value(); }
  const std::string& text() const { return text_; }
  std::optional<IpAddress> Ip(const ResolvedNames& names) const;

  friend bool operator==(const PublicAddress&, const PublicAddress&) = default;

 private:
  std::string text_;
  std::optional<IpAddress> numeric_;
};

struct PublicAddressRules {
  struct ByClient {
    Cidr cidr;
    PublicAddress address;
  };
  std::vector<ByClient> by_client;  // the first that holds the client
  PublicAddress default_address;

  // The names among the addresses: what has to be resolved.
  std::vector<std::string> Names() const;
};

// The address for a 227 to `client`; `local` is the address of ours that the
// control connection reached, `dialled` the one that the client did, by the
// word of the balancer in front. Nothing when no IPv4 address applies.
std::optional<IpAddress> AdvertisedAddress(
    const PublicAddressRules& rules, const ResolvedNames& names,
    const IpAddress& client, const IpAddress& local,
    const std::optional<IpAddress>& dialled = std::nullopt);

}  // namespace pinnace::ingress

#endif  // PINNACE_PROXY_INGRESS_ADVERTISED_H_
