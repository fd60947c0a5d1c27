#include "proxy/ingress/proxy_header.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::ingress {
namespace {

constexpr char kSignature[] = "0d0a0d0a000d0a515549540a";

std::string Hex(const std::string& bytes) {
  return absl::BytesToHexString(bytes);
}

TEST(ProxyHeader, LocalHasNoAddresses) {
  EXPECT_EQ(Hex(ProxyV2Local()), absl::StrCat(kSignature, "20", "00", "0000"));
}

TEST(ProxyHeader, Ipv4) {
  EXPECT_EQ(Hex(ProxyV2(*Address::Parse("198.51.100.7:40000"),
                        *Address::Parse("203.0.113.9:21"))),
            absl::StrCat(kSignature, "21", "11", "000c",  //
                         "c6336407", "cb007109", "9c40", "0015"));
}

TEST(ProxyHeader, Ipv6) {
  EXPECT_EQ(Hex(ProxyV2(*Address::Parse("[2001:db8::7]:65535"),
                        *Address::Parse("[2001:db8::9]:990"))),
            absl::StrCat(kSignature, "21", "21", "0024",  //
                         "20010db8000000000000000000000007",
                         "20010db8000000000000000000000009", "ffff", "03de"));
}

TEST(ProxyHeader, AMappedAddressIsIpv4) {
  EXPECT_EQ(ProxyV2(*Address::Parse("[::ffff:198.51.100.7]:40000"),
                    *Address::Parse("203.0.113.9:21")),
            ProxyV2(*Address::Parse("198.51.100.7:40000"),
                    *Address::Parse("203.0.113.9:21")));
}

TEST(ProxyHeader, OfTwoFamiliesTheIpv4OneIsMapped) {
  EXPECT_EQ(Hex(ProxyV2(*Address::Parse("198.51.100.7:1"),
                        *Address::Parse("[2001:db8::9]:2"))),
            absl::StrCat(kSignature, "21", "21", "0024",  //
                         "00000000000000000000ffffc6336407",
                         "20010db8000000000000000000000009", "0001", "0002"));
}

}  // namespace
}  // namespace pinnace::ingress
