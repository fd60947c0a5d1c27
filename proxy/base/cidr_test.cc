#include "proxy/base/cidr.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace pinnace {
namespace {

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

TEST(CidrTest, Parse) {
  const struct {
    const char* text;
    const char* read;  // empty: refused
  } kCases[] = {
      {"10.0.0.0/8", "10.0.0.0/8"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"10.1.2.3", "10.1.2.3/32"},
      {"10.1.2.3/32", "10.1.2.3/32"},
      {"2001:db8::/32", "2001:db8::/32"},
      {"2001:db8::1", "2001:db8::1/128"},
      {"::/0", "::/0"},
      {"10.0.0.1/8", ""},  // host bits
      {"2001:db8::1/32", ""},
      {"10.0.0.0/33", ""},
      {"2001:db8::/129", ""},
      {"10.0.0.0/", ""},
      {"10.0.0.0/-1", ""},
      {"10.0.0.0/+8", ""},
      {"10.0.0.0/ 8", ""},
      {"10.0.0.0/8x", ""},
      {"10.0.0.0/0008", ""},
      {"10.0.0/8", ""},
      {"/8", ""},
      {"", ""},
      {"ftp.example.net", ""},
  };
  for (const auto& c : kCases) {
    const std::optional<Cidr> cidr = Cidr::Parse(c.text);
    EXPECT_EQ(cidr.has_value() ? cidr->ToString() : "", c.read) << c.text;
  }
}

TEST(CidrTest, Contains) {
  const Cidr ten = Cidr::Parse("10.0.0.0/8").value();
  EXPECT_TRUE(ten.Contains(Ip("10.255.0.1")));
  EXPECT_TRUE(ten.Contains(Ip("::ffff:10.0.0.1")));
  EXPECT_FALSE(ten.Contains(Ip("11.0.0.1")));
  EXPECT_FALSE(ten.Contains(Ip("2001:db8::1")));
  const Cidr all = Cidr::Parse("0.0.0.0/0").value();
  EXPECT_TRUE(all.Contains(Ip("192.0.2.1")));
  EXPECT_FALSE(all.Contains(Ip("::1")));
}

}  // namespace
}  // namespace pinnace
