// Somebody who is refused for a while, and who is counted as one client: an
// IPv4 address, or a /64 of IPv6, which is what one customer is given. Pure.
// Any thread.
#ifndef PINNACE_PROXY_GUARD_BAN_H_
#define PINNACE_PROXY_GUARD_BAN_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"

namespace pinnace::guard {

inline constexpr char kOperator[] = "operator";

// 203.0.113.9/32, 2001:db8:0:1::/64.
Cidr NetworkOf(const IpAddress& client);

struct Ban {
  Cidr client;
  std::string user;    // printable; empty: whatever its user
  std::string reason;  // printable: "12 failed logins"
  std::string origin;  // the gateway that made it, or kOperator
  absl::Time started;
  absl::Time expires;

  // As operators name it: "203.0.113.9/32", "203.0.113.9/32/user:ann".
  std::string Key() const;
};

// "10.0.0.0/8", or an address, which stands for its NetworkOf().
std::optional<Cidr> ParseBanClient(absl::string_view text);

// Whom a key names, in any spelling of the address.
struct BanName {
  Cidr client;
  std::string user;
};
std::optional<BanName> ParseBanKey(absl::string_view key);

// For the client: "You are banned until 2026-11-27T07:33:41Z."
std::string BannedText(const Ban& ban);

}  // namespace pinnace::guard

#endif  // PINNACE_PROXY_GUARD_BAN_H_
