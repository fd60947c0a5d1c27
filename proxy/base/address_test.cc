#include "proxy/base/address.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/hash/hash_testing.h"

namespace pinnace {
namespace {

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }
Address At(absl::string_view text) { return Address::Parse(text).value(); }

TEST(IpAddress, ParseAndShow) {
  constexpr struct {
    absl::string_view text;
    absl::string_view shown;  // "none": refused
  } kCases[] = {
      {"10.0.0.7", "10.0.0.7"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:DB8:0:0:0:0:0:7", "2001:db8::7"},
      {"::ffff:10.0.0.7", "10.0.0.7"},
      {"::ffff:a00:7", "10.0.0.7"},
      {"", "none"},
      {"10.0.0", "none"},
      {"10.0.0.256", "none"},
      {"10.0.0.7 ", "none"},
      {" 10.0.0.7", "none"},
      {"10.0.0.07", "none"},
      {"0x0a.0.0.7", "none"},
      {"[::1]", "none"},
      {"fe80::1%eth0", "none"},
      {"localhost", "none"},
      {"1:2:3:4:5:6:7:8:9", "none"},
      {"1111:2222:3333:4444:5555:6666:7777:8888:9999", "none"},
  };
  for (const auto& c : kCases) {
    const auto ip = IpAddress::Parse(c.text);
    EXPECT_EQ(ip.has_value() ? ip->ToString() : "none", c.shown) << c.text;
  }
}

TEST(IpAddress, TwoSpellingsOfOneHostAreEqual) {
  const IpAddress mapped = Ip("::ffff:10.0.0.7");
  EXPECT_EQ(mapped, Ip("10.0.0.7"));
  EXPECT_EQ(mapped, IpAddress::FromIpv4({10, 0, 0, 7}));
  EXPECT_EQ(mapped, IpAddress::FromIpv6(mapped.bytes()));
  EXPECT_TRUE(mapped.is_ipv4());
  EXPECT_EQ(mapped.ipv4(), (std::array<uint8_t, 4>{10, 0, 0, 7}));
  EXPECT_NE(Ip("::10.0.0.7"), Ip("10.0.0.7"));
  EXPECT_EQ(Ip("::7").family(), Family::kIpv6);
  EXPECT_EQ(IpAddress(), Ip("0.0.0.0"));
}

TEST(IpAddress, OrderAndHash) {
  EXPECT_LT(Ip("9.255.255.255"), Ip("10.0.0.0"));
  EXPECT_LT(Ip("255.255.255.255"), Ip("::"));
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {Ip("0.0.0.0"), Ip("::"), Ip("10.0.0.7"), Ip("::ffff:10.0.0.7"),
       Ip("::10.0.0.7"), Ip("2001:db8::7")}));
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {At("10.0.0.7:1"), At("10.0.0.7:2"), At("[::1]:1"), At("10.0.0.8:1")}));
}

TEST(IpAddressDeathTest, AnIpv6AddressHasNoFourBytes) {
  EXPECT_DEATH(Ip("::1").ipv4(), "CHECK failed");
}

TEST(IpAddress, Kinds) {
  constexpr struct {
    absl::string_view text;
    bool unspecified, loopback, is_private;
  } kCases[] = {
      {"0.0.0.0", true, false, false},
      {"::", true, false, false},
      {"127.0.0.1", false, true, true},
      {"127.255.255.255", false, true, true},
      {"::1", false, true, true},
      {"::ffff:127.0.0.1", false, true, true},
      {"10.0.0.0", false, false, true},
      {"11.0.0.0", false, false, false},
      {"172.15.255.255", false, false, false},
      {"172.16.0.0", false, false, true},
      {"172.31.255.255", false, false, true},
      {"172.32.0.0", false, false, false},
      {"192.168.0.1", false, false, true},
      {"192.169.0.1", false, false, false},
      {"169.254.0.1", false, false, true},
      {"169.255.0.1", false, false, false},
      {"203.0.113.9", false, false, false},
      {"fc00::1", false, false, true},
      {"fdff::1", false, false, true},
      {"fe00::1", false, false, false},
      {"fe80::1", false, false, true},
      {"febf::1", false, false, true},
      {"fec0::1", false, false, false},
      {"2001:db8::1", false, false, false},
      {"::2", false, false, false},
      {"100::1", false, false, false},
  };
  for (const auto& c : kCases) {
    const IpAddress ip = Ip(c.text);
    EXPECT_EQ(ip.IsUnspecified(), c.unspecified) << c.text;
    EXPECT_EQ(ip.IsLoopback(), c.loopback) << c.text;
    EXPECT_EQ(ip.IsPrivate(), c.is_private) << c.text;
  }
}

TEST(IpAddress, Masked) {
  constexpr struct {
    absl::string_view text;
    int bits;
    absl::string_view network;
  } kCases[] = {
      {"10.255.255.255", 0, "0.0.0.0"},
      {"10.255.255.255", 1, "0.0.0.0"},
      {"10.255.255.255", 8, "10.0.0.0"},
      {"10.255.255.255", 12, "10.240.0.0"},
      {"10.255.255.255", 31, "10.255.255.254"},
      {"10.255.255.255", 32, "10.255.255.255"},
      {"2001:db8:ffff::7", 0, "::"},
      {"2001:db8:ffff::7", 33, "2001:db8:8000::"},
      {"2001:db8:ffff::7", 64, "2001:db8:ffff::"},
      {"2001:db8:ffff::7", 127, "2001:db8:ffff::6"},
      {"2001:db8:ffff::7", 128, "2001:db8:ffff::7"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Ip(c.text).Masked(c.bits).ToString(), c.network)
        << c.text << "/" << c.bits;
  }
}

TEST(Address, ParseAndShow) {
  constexpr struct {
    absl::string_view text;
    absl::string_view shown;  // "none": refused
  } kCases[] = {
      {"10.0.0.7:21", "10.0.0.7:21"},
      {"10.0.0.7:0", "10.0.0.7:0"},
      {"10.0.0.7:65535", "10.0.0.7:65535"},
      {"10.0.0.7:00021", "10.0.0.7:21"},
      {"[2001:db8::7]:21", "[2001:db8::7]:21"},
      {"[::ffff:10.0.0.7]:21", "10.0.0.7:21"},
      {"", "none"},
      {":", "none"},
      {":21", "none"},
      {"10.0.0.7", "none"},
      {"10.0.0.7:", "none"},
      {"10.0.0.7:65536", "none"},
      {"10.0.0.7:000021", "none"},
      {"10.0.0.7:+21", "none"},
      {"10.0.0.7:-1", "none"},
      {"10.0.0.7:2x", "none"},
      {"localhost:21", "none"},
      {"2001:db8::7:21", "none"},
      {"[::1]", "none"},
      {"[]:21", "none"},
      {"[::1:21", "none"},
      {"[::1]x:21", "none"},
      {"[localhost]:21", "none"},
  };
  for (const auto& c : kCases) {
    const auto address = Address::Parse(c.text);
    EXPECT_EQ(address.has_value() ? address->ToString() : "none", c.shown)
        << c.text;
  }
}

TEST(Address, SockaddrAndBack) {
  for (const char* text : {"10.0.0.7:51201", "[2001:db8::7]:21", "0.0.0.0:0"}) {
    sockaddr_storage storage;
    const socklen_t length = At(text).ToSockaddr(&storage);
    EXPECT_EQ(length, At(text).ip.is_ipv4() ? sizeof(sockaddr_in)
                                            : sizeof(sockaddr_in6));
    EXPECT_EQ(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage)),
              At(text));
  }
  sockaddr other = {};
  other.sa_family = AF_UNIX;
  EXPECT_EQ(Address::FromSockaddr(&other), std::nullopt);
}

TEST(Address, WithPort) {
  EXPECT_EQ(At("10.0.0.7:21").WithPort(20), At("10.0.0.7:20"));
  EXPECT_LT(At("10.0.0.7:20"), At("10.0.0.7:21"));
}

TEST(HostPort, ParseAndShow) {
  constexpr struct {
    absl::string_view text;
    absl::string_view host;  // "": refused
    int port;
  } kCases[] = {
      {"ftp-0.farm.svc:21", "ftp-0.farm.svc", 21},
      {"a_b:0", "a_b", 0},
      {"127.0.0.11:2121", "127.0.0.11", 2121},
      {"[::1]:21", "::1", 21},
      {"a b:21", "", 0},
      {"a/b:21", "", 0},
      {"a\n:21", "", 0},
      {"\xc3\xa4:21", "", 0},
  };
  for (const auto& c : kCases) {
    const auto host_port = HostPort::Parse(c.text);
    EXPECT_EQ(host_port.has_value(), !c.host.empty()) << c.text;
    if (!host_port.has_value()) continue;
    EXPECT_EQ(host_port->host, c.host);
    EXPECT_EQ(host_port->port, c.port);
    EXPECT_EQ(host_port->ToString(), c.text);
  }
  EXPECT_TRUE(HostPort::Parse(std::string(253, 'a') + ":21").has_value());
  EXPECT_FALSE(HostPort::Parse(std::string(254, 'a') + ":21").has_value());
}

}  // namespace
}  // namespace pinnace
