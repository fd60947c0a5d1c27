#include "proxy/ingress/advertised.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::ingress {
namespace {

using ::testing::ElementsAre;

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

std::string Advertised(const PublicAddressRules& rules,
                       absl::string_view client,
                       const ResolvedNames& names = {},
                       absl::string_view local = "198.51.100.1") {
  const std::optional<IpAddress> address =
      AdvertisedAddress(rules, names, Ip(client), Ip(local));
  return address.has_value() ? address->ToString() : "none";
}

TEST(AdvertisedTest, TheFirstRuleThatHoldsTheClient) {
  PublicAddressRules rules;
  rules.default_address = "203.0.113.9";
  rules.by_client = {{*Cidr::Parse("10.1.0.0/16"), "10.1.0.5"},
                     {*Cidr::Parse("10.0.0.0/8"), "inside.example.net"}};
  const ResolvedNames names = {{"inside.example.net", Ip("10.0.0.5")}};
  EXPECT_EQ(Advertised(rules, "10.1.2.3", names), "10.1.0.5");
  EXPECT_EQ(Advertised(rules, "10.2.2.3", names), "10.0.0.5");
  EXPECT_EQ(Advertised(rules, "192.0.2.1", names), "203.0.113.9");
  // A name that is not known yet is no reason to say something else.
  EXPECT_EQ(Advertised(rules, "10.2.2.3"), "none");
}

TEST(AdvertisedTest, TheLocalAddressWhenNothingIsSet) {
  EXPECT_EQ(Advertised({}, "192.0.2.1"), "198.51.100.1");
  EXPECT_EQ(Advertised({}, "192.0.2.1", {}, "0.0.0.0"), "none");
  EXPECT_EQ(Advertised({}, "2001:db8::2", {}, "2001:db8::1"), "none");
}

TEST(AdvertisedTest, WhatTheClientDialledBeforeAnyRule) {
  PublicAddressRules rules;
  rules.default_address = "203.0.113.9";
  rules.by_client = {{*Cidr::Parse("192.0.2.0/24"), "10.1.0.5"}};
  const auto advertised = [&](absl::string_view dialled) {
    return AdvertisedAddress(rules, {}, Ip("192.0.2.1"), Ip("198.51.100.1"),
                             Ip(dialled));
  };
  EXPECT_EQ(advertised("198.51.100.77"), Ip("198.51.100.77"));
  // Of no use in a 227.
  EXPECT_EQ(advertised("2001:db8::77"), Ip("10.1.0.5"));
  EXPECT_EQ(advertised("0.0.0.0"), Ip("10.1.0.5"));
}

TEST(AdvertisedTest, ADefaultName) {
  PublicAddressRules rules;
  rules.default_address = "ftp.example.net";
  EXPECT_EQ(Advertised(rules, "192.0.2.1"), "none");
  EXPECT_EQ(
      Advertised(rules, "192.0.2.1", {{"ftp.example.net", Ip("203.0.113.7")}}),
      "203.0.113.7");
}

TEST(AdvertisedTest, NamesAreWhatIsNoAddress) {
  PublicAddressRules rules;
  EXPECT_THAT(rules.Names(), ElementsAre());
  rules.default_address = "ftp.example.net";
  rules.by_client = {{*Cidr::Parse("10.0.0.0/8"), "10.0.0.5"},
                     {*Cidr::Parse("172.16.0.0/12"), "inside.example.net"}};
  EXPECT_THAT(rules.Names(),
              ElementsAre("inside.example.net", "ftp.example.net"));
}

}  // namespace
}  // namespace pinnace::ingress
