// An IP address, and an IP address with a port: one value for IPv4 and IPv6.
// An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is stored as IPv4, so that two
// spellings of one host compare equal. Any thread.
#ifndef PINNACE_PROXY_BASE_ADDRESS_H_
#define PINNACE_PROXY_BASE_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace pinnace {

enum class Family : uint8_t { kIpv4, kIpv6 };

class IpAddress {
 public:
  // 0.0.0.0
  constexpr IpAddress() = default;
  static IpAddress FromIpv4(std::array<uint8_t, 4> bytes);
  static IpAddress FromIpv6(const std::array<uint8_t, 16>& bytes);
  // Numeric text only ("10.0.0.7", "2001:db8::7"); no name look-up, no scope.
  static std::optional<IpAddress> Parse(absl::string_view text);

  Family family() const { return family_; }
  bool is_ipv4() const { return family_ == Family::kIpv4; }
  // The four bytes of an IPv4 address; CHECK-fails for IPv6.
  std::array<uint8_t, 4> ipv4() const;
  // Sixteen bytes, an IPv4 address as its mapped form.
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  bool IsUnspecified() const;  // 0.0.0.0 or ::
  bool IsLoopback() const;
  // RFC 1918, RFC 4193, loopback and link-local: not reachable from outside.
  bool IsPrivate() const;
  // The network of the first `prefix_bits` (0..32 for IPv4, 0..128 for IPv6).
  IpAddress Masked(int prefix_bits) const;

  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const IpAddress& a) {
    return H::combine(std::move(state), a.family_, a.bytes_);
  }

 private:
  Family family_ = Family::kIpv4;
  std::array<uint8_t, 16> bytes_ = {0, 0, 0,    0,    0, 0, 0, 0,
                                    0, 0, 0xff, 0xff, 0, 0, 0, 0};
};

// An IP address and a TCP port (0..65535).
struct Address {
  IpAddress ip;
  uint16_t port = 0;

  // "10.0.0.7:21" or "[2001:db8::7]:21".
  static std::optional<Address> Parse(absl::string_view text);
  // Of a sockaddr_in or sockaddr_in6; nothing for another family.
  static std::optional<Address> FromSockaddr(const sockaddr* address);
  // Fills `storage`; returns its used length.
  socklen_t ToSockaddr(sockaddr_storage* storage) const;

  Address WithPort(uint16_t other) const { return {ip, other}; }
  std::string ToString() const;

  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Address& a) {
    return H::combine(std::move(state), a.ip, a.port);
  }
};

// A DNS name or numeric address with a port, as an operator writes it:
// "ftp-0.farm.svc:21", "127.0.0.11:2121", "[::1]:21".
struct HostPort {
  std::string host;
  uint16_t port = 0;

  static std::optional<HostPort> Parse(absl::string_view text);
  std::string ToString() const;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_ADDRESS_H_
