#include "proxy/ingress/advertised.h"

namespace pinnace::ingress {

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

std::optional<IpAddress> AdvertisedAddress(
    const PublicAddressRules& rules, const ResolvedNames& names,
    const IpAddress& client, const IpAddress& local,
    const std::optional<IpAddress>& dialled) {
  if (dialled.has_value() && dialled->is_ipv4() && !dialled->IsUnspecified()) {
    return dialled;
  }
  for (const PublicAddressRules::ByClient& rule : rules.by_client) {
    if (rule.cidr.Contains(client)) return rule.address.Ip(names);
  }
  if (rules.default_address.is_set()) return rules.default_address.Ip(names);
  // RFC 959 §4.2 has room for IPv4 only; 0.0.0.0 would send the client nowhere.
  if (!local.is_ipv4() || local.IsUnspecified()) return std::nullopt;
  return local;
}

}  // namespace pinnace::ingress
