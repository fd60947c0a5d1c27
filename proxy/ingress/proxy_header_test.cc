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

std::string TlvsOf(const ProxyFacts& facts) {
  const Address client = *Address::Parse("198.51.100.7:1");
  const Address destination = *Address::Parse("203.0.113.9:2");
  const std::string wire = ProxyV2(client, destination, facts);
  // The length counts them.
  EXPECT_EQ(static_cast<size_t>(static_cast<uint8_t>(wire[14]) << 8 |
                                static_cast<uint8_t>(wire[15])),
            wire.size() - 16);
  return Hex(wire.substr(ProxyV2(client, destination).size()));
}

TEST(ProxyHeader, TheUniqueId) {
  EXPECT_EQ(TlvsOf({.unique_id = "65536"}), "0500053635353336");
  EXPECT_EQ(TlvsOf({}), "");
}

TEST(ProxyHeader, TlsOfTheClient) {
  EXPECT_EQ(TlvsOf({.tls = TlsFacts{.version = "TLSv1.3", .cipher = "AES"}}),
            absl::StrCat("200015", "01", "00000001",          //
                         "210007", Hex("TLSv1.3"), "230003",  //
                         Hex("AES")));
}

TEST(ProxyHeader, ACertificateThatWasVerified) {
  EXPECT_EQ(TlvsOf({.unique_id = "7",
                    .tls = TlsFacts{.version = "TLSv1.2",
                                    .cipher = "AES",
                                    .server_name = "ftp.example.net",
                                    .subject = "anna"}}),
            absl::StrCat("05000137", "20001c", "05", "00000000",  //
                         "210007", Hex("TLSv1.2"), "230003", Hex("AES"),
                         "220004616e6e61"));
}

TEST(ProxyHeader, ANameThatIsTooLongIsLeftOut) {
  EXPECT_EQ(TlvsOf({.tls = TlsFacts{.version = "T",
                                    .subject = std::string(513, 'n')}}),
            absl::StrCat("200009", "05", "00000000", "21000154"));
}

}  // namespace
}  // namespace pinnace::ingress
