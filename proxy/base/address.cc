#include "proxy/base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"

namespace pinnace {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                   0, 0, 0, 0, 0xff, 0xff};

std::optional<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port = 0;
  if (text.empty() || text.size() > 5 ||
      text.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(text, &port) || port > 65535) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(port);
}

}  // namespace

IpAddress IpAddress::FromIpv4(std::array<uint8_t, 4> bytes) {
  IpAddress address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin() + 12);
  return address;
}

IpAddress IpAddress::FromIpv6(const std::array<uint8_t, 16>& bytes) {
  IpAddress address;
  address.bytes_ = bytes;
  address.family_ =
      std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin())
          ? Family::kIpv4
          : Family::kIpv6;
  return address;
}

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN ||
      text.find('\0') != absl::string_view::npos) {
    return std::nullopt;
  }
  const std::string copy(text);
  std::array<uint8_t, 4> v4;
  if (inet_pton(AF_INET, copy.c_str(), v4.data()) == 1) return FromIpv4(v4);
  std::array<uint8_t, 16> v6;
  if (inet_pton(AF_INET6, copy.c_str(), v6.data()) == 1) return FromIpv6(v6);
  return std::nullopt;
}

std::array<uint8_t, 4> IpAddress::ipv4() const {
  PINNACE_CHECK(is_ipv4());
  return {bytes_[12], bytes_[13], bytes_[14], bytes_[15]};
}

bool IpAddress::IsUnspecified() const {
  const int first = is_ipv4() ? 12 : 0;
  return std::all_of(bytes_.begin() + first, bytes_.end(),
                     [](uint8_t b) { return b == 0; });
}

bool IpAddress::IsLoopback() const {
  if (is_ipv4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1,
                     [](uint8_t b) { return b == 0; }) &&
         bytes_[15] == 1;
}

bool IpAddress::IsPrivate() const {
  if (IsLoopback()) return true;
  if (is_ipv4()) {
    return bytes_[12] == 10 ||
           (bytes_[12] == 172 && (bytes_[13] & 0xf0) == 16) ||
           (bytes_[12] == 192 && bytes_[13] == 168) ||
           (bytes_[12] == 169 && bytes_[13] == 254);
  }
  const bool unique_local = (bytes_[0] & 0xfe) == 0xfc;
  const bool link_local = bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
  return unique_local || link_local;
}

IpAddress IpAddress::Masked(int prefix_bits) const {
  IpAddress masked = *this;
  const int kept = prefix_bits + (is_ipv4() ? 96 : 0);
  for (int i = 0; i < 16; ++i) {
    const int bits = std::clamp(kept - i * 8, 0, 8);
    masked.bytes_[i] &= static_cast<uint8_t>(0xff00 >> bits);
  }
  return masked;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (is_ipv4()) {
    inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof(text));
  } else {
    inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
  }
  return text;
}

std::optional<Address> Address::Parse(absl::string_view text) {
  std::optional<HostPort> host_port = HostPort::Parse(text);
  if (!host_port.has_value()) return std::nullopt;
  std::optional<IpAddress> ip = IpAddress::Parse(host_port->host);
  if (!ip.has_value()) return std::nullopt;
  return Address{*ip, host_port->port};
}

std::optional<Address> Address::FromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in->sin_addr, bytes.size());
    return Address{IpAddress::FromIpv4(bytes), ntohs(in->sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::array<uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &in6->sin6_addr, bytes.size());
    return Address{IpAddress::FromIpv6(bytes), ntohs(in6->sin6_port)};
  }
  return std::nullopt;
}

socklen_t Address::ToSockaddr(sockaddr_storage* storage) const {
  std::memset(storage, 0, sizeof(*storage));
  if (ip.is_ipv4()) {
    auto* in = reinterpret_cast<sockaddr_in*>(storage);
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    std::memcpy(&in->sin_addr, ip.bytes().data() + 12, 4);
    return sizeof(*in);
  }
  auto* in6 = reinterpret_cast<sockaddr_in6*>(storage);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(port);
  std::memcpy(&in6->sin6_addr, ip.bytes().data(), 16);
  return sizeof(*in6);
}

std::string Address::ToString() const {
  return ip.is_ipv4() ? absl::StrCat(ip.ToString(), ":", port)
                      : absl::StrCat("[", ip.ToString(), "]:", port);
}

std::optional<HostPort> HostPort::Parse(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return std::nullopt;
  std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  absl::string_view host = text.substr(0, colon);
  if (!port.has_value() || host.size() > 253) return std::nullopt;
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (!IpAddress::Parse(host).has_value()) return std::nullopt;
  } else if (host.find(':') != absl::string_view::npos) {
    return std::nullopt;  // An IPv6 address needs its brackets.
  }
  for (const char c : host) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                         c == '_' || c == ':';
    if (!allowed) return std::nullopt;
  }
  return HostPort{std::string(host), *port};
}

std::string HostPort::ToString() const {
  return host.find(':') == std::string::npos
             ? absl::StrCat(host, ":", port)
             : absl::StrCat("[", host, "]:", port);
}

}  // namespace pinnace
