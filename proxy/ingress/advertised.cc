#include "proxy/ingress/advertised.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pinnace::ingress {
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

std::optional<IpAddress> PublicAddress::Ip(const ResolvedNames& names) const {
  if (numeric_.has_value()) return numeric_;
  const auto found = names.find(text_);
  if (found == names.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> PublicAddressRules::Names() const {
  std::vector<std::string> names;
  const auto add = [&names](const PublicAddress& address) {
    if (address.is_name()) names.push_back(address.text());
  };
  for (const ByClient& rule : by_client) add(rule.address);
  add(default_address);
  return names;
}

std::optional<IpAddress> AdvertisedAddress(const PublicAddressRules& rules,
                                           const ResolvedNames& names,
                                           const IpAddress& client,
                                           const IpAddress& local) {
  for (const PublicAddressRules::ByClient& rule : rules.by_client) {
    if (rule.cidr.Contains(client)) return rule.address.Ip(names);
  }
  if (rules.default_address.is_set()) return rules.default_address.Ip(names);
  // RFC 959 §4.2 has room for IPv4 only; 0.0.0.0 would send the client nowhere.
  if (!local.is_ipv4() || local.IsUnspecified()) return std::nullopt;
  return local;
}

}  // namespace pinnace::ingress
