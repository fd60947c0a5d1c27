#include "proxy/guard/ban.h"

#include "absl/strings/str_cat.h"

namespace pinnace::guard {
namespace {

constexpr char kUserMark[] = "/user:";
constexpr int kIpv6CustomerBits = 64;  // RFC 6177, RFC 4291 §2.5.1

// RFC 3339, in whole seconds: not before the ban is over.
std::string TimeText(absl::Time time) {
  const absl::Time second =
      absl::UnixEpoch() +
      absl::Ceil(time - absl::UnixEpoch(), absl::Seconds(1));
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", second, absl::UTCTimeZone());
}

}  // namespace

Cidr NetworkOf(const IpAddress& client) {
  if (client.is_ipv4()) return {client, 32};
  return {client.Masked(kIpv6CustomerBits), kIpv6CustomerBits};
}

std::string Ban::Key() const {
  return user.empty() ? client.ToString()
                      : absl::StrCat(client.ToString(), kUserMark, user);
}

std::optional<Cidr> ParseBanClient(absl::string_view text) {
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  return address.has_value() ? NetworkOf(*address) : Cidr::Parse(text);
}

std::optional<BanName> ParseBanKey(absl::string_view key) {
  const size_t mark = key.find(kUserMark);
  const std::optional<Cidr> client = ParseBanClient(key.substr(0, mark));
  if (!client.has_value()) return std::nullopt;
  if (mark == absl::string_view::npos) return BanName{*client, ""};
  const absl::string_view user = key.substr(mark + sizeof(kUserMark) - 1);
  if (user.empty()) return std::nullopt;
  return BanName{*client, std::string(user)};
}

std::string BannedText(const Ban& ban) {
  const std::string until = TimeText(ban.expires);
  return ban.user.empty()
             ? absl::StrCat("You are banned until ", until, ".")
             : absl::StrCat("This user is banned at your address until ", until,
                            ".");
}

}  // namespace pinnace::guard
