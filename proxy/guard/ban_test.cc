#include "proxy/guard/ban.h"

#include "gtest/gtest.h"

namespace pinnace::guard {
namespace {

std::string KeyOf(absl::string_view text) {
  const std::optional<BanName> name = ParseBanKey(text);
  if (!name.has_value()) return "none";
  Ban ban;
  ban.client = name->client;
  ban.user = name->user;
  return ban.Key();
}

TEST(BanTest, OneCustomerIsAnAddressOrASixtyFour) {
  EXPECT_EQ(NetworkOf(*IpAddress::Parse("203.0.113.9")).ToString(),
            "203.0.113.9/32");
  EXPECT_EQ(NetworkOf(*IpAddress::Parse("2001:db8:1:2:3::9")).ToString(),
            "2001:db8:1:2::/64");
  EXPECT_EQ(NetworkOf(*IpAddress::Parse("::ffff:203.0.113.9")).ToString(),
            "203.0.113.9/32");
}

TEST(BanTest, AKeyInAnySpelling) {
  EXPECT_EQ(KeyOf("203.0.113.9"), "203.0.113.9/32");
  EXPECT_EQ(KeyOf("203.0.113.9/32"), "203.0.113.9/32");
  EXPECT_EQ(KeyOf("10.0.0.0/8"), "10.0.0.0/8");
  EXPECT_EQ(KeyOf("2001:DB8:0:0::7"), "2001:db8::/64");
  EXPECT_EQ(KeyOf("2001:db8::7/128"), "2001:db8::7/128");
  EXPECT_EQ(KeyOf("203.0.113.9/user:ann"), "203.0.113.9/32/user:ann");
  EXPECT_EQ(KeyOf("203.0.113.9/32/user:a/user:b"),
            "203.0.113.9/32/user:a/user:b");
}

TEST(BanTest, WhatIsNoKey) {
  for (const char* text :
       {"", "ann", "10.0.0.1/8", "203.0.113.9/33", "203.0.113.9/", "/user:ann",
        "203.0.113.9/user:", "203.0.113.9/32/ann", "203.0.113.9:21"}) {
    EXPECT_EQ(KeyOf(text), "none") << text;
  }
}

TEST(BanTest, WhatTheClientIsTold) {
  Ban ban;
  ban.expires = absl::FromUnixMillis(1'000'000'000'001);
  EXPECT_EQ(BannedText(ban), "You are banned until 2001-09-09T01:46:41Z.");
  ban.expires = absl::FromUnixSeconds(1'000'000'000);
  ban.user = "ann";
  EXPECT_EQ(BannedText(ban),
            "This user is banned at your address until 2001-09-09T01:46:40Z.");
}

}  // namespace
}  // namespace pinnace::guard
