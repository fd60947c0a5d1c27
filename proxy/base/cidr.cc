#include "proxy/base/cidr.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pinnace {

std::optional<Cidr> Cidr::Parse(absl::string_view text) {
  const size_t slash = text.find('/');
  std::optional<IpAddress> network = IpAddress::Parse(text.substr(0, slash));
  if (!network.has_value()) return std::nullopt;
  const int longest = network->is_ipv4() ? 32 : 128;
  int bits = longest;
  if (slash != absl::string_view::npos) {
    absl::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3 ||
        digits.find_first_not_of("0123456789") != absl::string_view::npos ||
        !absl::SimpleAtoi(digits, &bits) || bits > longest) {
      return std::nullopt;
    }
  }
  if (network->Masked(bits) != *network) return std::nullopt;
  return Cidr{*network, bits};
}

bool Cidr::Contains(const IpAddress& address) const {
  return address.family() == network.family() &&
         address.Masked(prefix_bits) == network;
}

std::string Cidr::ToString() const {
  return absl::StrCat(network.ToString(), "/", prefix_bits);
}

bool AnyContains(const std::vector<Cidr>& networks, const IpAddress& address) {
  return std::any_of(
      networks.begin(), networks.end(),
      [&address](const Cidr& network) { return network.Contains(address); });
}

}  // namespace pinnace
