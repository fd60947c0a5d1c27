// A network as a value. Any thread.
#ifndef PINNACE_PROXY_BASE_CIDR_H_
#define PINNACE_PROXY_BASE_CIDR_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"

namespace pinnace {

struct Cidr {
  IpAddress network;
  int prefix_bits = 0;

  // "10.0.0.0/8", "2001:db8::/32", or one address. Host bits must be zero.
  static std::optional<Cidr> Parse(absl::string_view text);
  bool Contains(const IpAddress& address) const;
  std::string ToString() const;
};

bool AnyContains(const std::vector<Cidr>& networks, const IpAddress& address);

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_CIDR_H_
