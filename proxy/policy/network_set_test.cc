#include "proxy/policy/network_set.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

TEST(NetworkSetTest, HasWhatLiesInANetwork) {
  const NetworkSet set({*Cidr::Parse("10.0.0.0/8"), *Cidr::Parse("10.1.0.0/16"),
                        *Cidr::Parse("192.0.2.7"),
                        *Cidr::Parse("2001:db8::/32")});
  const struct {
    const char* address;
    bool there;
  } kCases[] = {
      {"10.1.2.3", true},     {"10.255.0.1", true},      {"11.0.0.1", false},
      {"192.0.2.7", true},    {"192.0.2.8", false},      {"2001:db8::1", true},
      {"2001:db9::1", false}, {"::ffff:10.0.0.1", true},
  };
  for (const auto& [address, there] : kCases) {
    EXPECT_EQ(set.Contains(*IpAddress::Parse(address)), there) << address;
  }
  EXPECT_FALSE(set.empty());
}

TEST(NetworkSetTest, SaysWhatItHasInOrder) {
  std::vector<std::string> texts;
  for (const Cidr& network :
       NetworkSet({*Cidr::Parse("10.2.0.0/16"), *Cidr::Parse("10.0.0.0/8"),
                   *Cidr::Parse("10.2.0.0/16")})
           .Networks()) {
    texts.push_back(network.ToString());
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"10.0.0.0/8", "10.2.0.0/16"}));
  EXPECT_TRUE(NetworkSet().Networks().empty());
}

TEST(NetworkSetTest, EverythingAndNothing) {
  EXPECT_TRUE(NetworkSet().empty());
  EXPECT_FALSE(NetworkSet().Contains(*IpAddress::Parse("10.0.0.1")));
  const NetworkSet ipv4({*Cidr::Parse("0.0.0.0/0")});
  EXPECT_TRUE(ipv4.Contains(*IpAddress::Parse("203.0.113.1")));
  EXPECT_FALSE(ipv4.Contains(*IpAddress::Parse("::1")));
}

}  // namespace
}  // namespace pinnace::policy
