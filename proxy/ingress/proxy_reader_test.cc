#include "proxy/ingress/proxy_reader.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/proxy_header.h"

namespace pinnace::ingress {
namespace {

using Status = ProxyReading::Status;

const char kFollows[] = "USER anna\r\n";

std::string Binary(absl::string_view hex) {
  return absl::HexStringToBytes(absl::StrCat("0d0a0d0a000d0a515549540a", hex));
}

std::string Shown(const ProxyReading& reading) {
  switch (reading.status) {
    case Status::kNeedMore:
      return "more";
    case Status::kNoHeader:
      return "none";
    case Status::kMalformed:
      return reading.why;
    case Status::kHeader:
      break;
  }
  const ProxyHeader& header = reading.header;
  if (!header.ends.has_value()) return absl::StrCat("own ", header.size);
  return absl::StrCat(header.ends->source.ToString(), " ",
                      header.ends->destination.ToString(), " ", header.size);
}

// Whole, with what follows it, and byte by byte: until the last byte there is
// nothing to say.
std::string Read(const std::string& header) {
  const std::string whole = Shown(ReadProxyHeader(header));
  EXPECT_EQ(Shown(ReadProxyHeader(absl::StrCat(header, kFollows))), whole);
  for (size_t size = 0; size < header.size(); ++size) {
    const ProxyReading part = ReadProxyHeader(header.substr(0, size));
    EXPECT_EQ(Shown(part), "more") << size;
  }
  return whole;
}

// What is wrong may show itself before the last byte; never is it taken for
// anything else.
std::string Refused(const std::string& header) {
  const ProxyReading reading = ReadProxyHeader(header);
  EXPECT_EQ(reading.status, Status::kMalformed) << Shown(reading);
  for (size_t size = 0; size < header.size(); ++size) {
    const ProxyReading part = ReadProxyHeader(header.substr(0, size));
    if (part.status == Status::kNeedMore) continue;
    EXPECT_EQ(Shown(part), reading.why) << size;
  }
  return reading.why;
}

TEST(ProxyReaderTest, Text) {
  EXPECT_EQ(Read("PROXY TCP4 192.0.2.10 203.0.113.9 40000 21\r\n"),
            "192.0.2.10:40000 203.0.113.9:21 44");
  EXPECT_EQ(Read("PROXY TCP6 2001:db8::10 2001:db8::9 65535 0\r\n"),
            "[2001:db8::10]:65535 [2001:db8::9]:0 45");
  EXPECT_EQ(Read("PROXY TCP6 ::ffff:192.0.2.10 ::ffff:203.0.113.9 1 2\r\n"),
            "192.0.2.10:1 203.0.113.9:2 53");
  EXPECT_EQ(Read("PROXY UNKNOWN\r\n"), "own 15");
  EXPECT_EQ(Read("PROXY UNKNOWN ffff::1 ffff::2 what ever\r\n"), "own 41");
}

TEST(ProxyReaderTest, TheLongestTextLine) {
  // proxy-protocol.txt §2.1: 107 bytes with CRLF.
  const std::string begin = "PROXY UNKNOWN ";
  const std::string longest =
      absl::StrCat(begin, std::string(105 - begin.size(), 'f'), "\r\n");
  ASSERT_EQ(longest.size(), 107u);
  EXPECT_EQ(Read(longest), "own 107");
  EXPECT_EQ(Refused(absl::StrCat(begin, std::string(106 - begin.size(), 'f'),
                                 "\r\n")),
            "its line is longer than 107 bytes");
}

TEST(ProxyReaderTest, TextThatIsMalformed) {
  const struct {
    const char* line;
    const char* why;
  } kCases[] = {
      {"", "its family is none of TCP4, TCP6 and UNKNOWN"},
      {"TCP", "its family is none of TCP4, TCP6 and UNKNOWN"},
      {"UDP4 192.0.2.10 203.0.113.9 1 2",
       "its family is none of TCP4, TCP6 and UNKNOWN"},
      {" TCP4 192.0.2.10 203.0.113.9 1 2",
       "its family is none of TCP4, TCP6 and UNKNOWN"},
      {"TCP4", "it does not have two addresses and two ports"},
      {"TCP4 192.0.2.10 203.0.113.9 1",
       "it does not have two addresses and two ports"},
      {"TCP4 192.0.2.10 203.0.113.9 1 2 3",
       "it does not have two addresses and two ports"},
      {"TCP4  192.0.2.10 203.0.113.9 1 2",
       "it does not have two addresses and two ports"},
      {"TCP4 192.0.2.10 203.0.113.9 1 2 ",
       "it does not have two addresses and two ports"},
      {"TCP4 192.0.2.256 203.0.113.9 1 2", "an address is none of its family"},
      {"TCP4 192.0.2.10 2001:db8::9 1 2", "an address is none of its family"},
      {"TCP4 ::ffff:192.0.2.10 203.0.113.9 1 2",
       "an address is none of its family"},
      {"TCP6 192.0.2.10 203.0.113.9 1 2", "an address is none of its family"},
      {"TCP6 fe80::1%eth0 2001:db8::9 1 2", "an address is none of its family"},
      {"TCP4 192.0.2.10 203.0.113.9 65536 2",
       "a port is no number of 0 to 65535"},
      {"TCP4 192.0.2.10 203.0.113.9 1 02", "a port is no number of 0 to 65535"},
      {"TCP4 192.0.2.10 203.0.113.9 -1 2", "a port is no number of 0 to 65535"},
      {"TCP4 192.0.2.10 203.0.113.9 1 x", "a port is no number of 0 to 65535"},
  };
  for (const auto& [line, why] : kCases) {
    EXPECT_EQ(Refused(absl::StrCat("PROXY ", line, "\r\n")), why) << line;
  }
  EXPECT_EQ(Refused("PROXY TCP4 192.0.2.10 203.0.113.9 1 2\n"),
            "its line ends without CR");
}

TEST(ProxyReaderTest, Binary) {
  EXPECT_EQ(Read(ProxyV2(*Address::Parse("192.0.2.10:40000"),
                         *Address::Parse("203.0.113.9:21"))),
            "192.0.2.10:40000 203.0.113.9:21 28");
  EXPECT_EQ(Read(ProxyV2(*Address::Parse("[2001:db8::10]:40000"),
                         *Address::Parse("[2001:db8::9]:21"))),
            "[2001:db8::10]:40000 [2001:db8::9]:21 52");
  EXPECT_EQ(Read(ProxyV2(*Address::Parse("192.0.2.10:40000"),
                         *Address::Parse("[2001:db8::9]:21"))),
            "192.0.2.10:40000 [2001:db8::9]:21 52");
}

TEST(ProxyReaderTest, BinaryThatMeansTheConnectionItself) {
  EXPECT_EQ(Read(ProxyV2Local()), "own 16");
  // Of LOCAL family and block are ignored, whatever they are.
  EXPECT_EQ(Read(Binary("20110003ffffff")), "own 19");
  EXPECT_EQ(Read(Binary("20ff0003ffffff")), "own 19");
  // Unspecified, UDP and UNIX.
  EXPECT_EQ(Read(Binary("21000003ffffff")), "own 19");
  EXPECT_EQ(Read(Binary("2112000c0102030405060708090a0b0c")), "own 28");
  EXPECT_EQ(Read(absl::StrCat(Binary("213100d8"), std::string(216, '/'))),
            "own 232");
}

TEST(ProxyReaderTest, TlvsAreSkipped) {
  const std::string ends = "c000020acb00710900010002";
  EXPECT_EQ(Read(Binary(absl::StrCat("2111000f", ends, "040000"))),
            "192.0.2.10:1 203.0.113.9:2 31");
  // PP2_TYPE_ALPN, an unknown one, and a checksum that is wrong.
  EXPECT_EQ(Read(Binary(absl::StrCat("2111001d", ends, "010003667470",
                                     "ee0001ff", "03000400000000"))),
            "192.0.2.10:1 203.0.113.9:2 45");
  const ProxyFacts facts = {
      .unique_id = "65536",
      .tls = TlsFacts{.version = "TLSv1.3", .cipher = "C", .subject = "anna"}};
  const std::string written = ProxyV2(*Address::Parse("192.0.2.10:1"),
                                      *Address::Parse("203.0.113.9:2"), facts);
  EXPECT_EQ(Read(written),
            absl::StrCat("192.0.2.10:1 203.0.113.9:2 ", written.size()));
}

TEST(ProxyReaderTest, TlvsMustBeWhole) {
  const std::string ends = "c000020acb00710900010002";
  for (const char* tlv : {"04", "0400", "040001", "0400000400010004"}) {
    const std::string block = absl::StrCat(ends, tlv);
    const std::string header = absl::StrCat(
        "2111", absl::BytesToHexString(
                    std::string({'\0', static_cast<char>(block.size() / 2)})));
    EXPECT_EQ(Refused(Binary(absl::StrCat(header, block))),
              "a TLV of it is longer than the header")
        << tlv;
  }
}

TEST(ProxyReaderTest, BinaryThatIsMalformed) {
  EXPECT_EQ(Refused(Binary("11110000")), "its version or command is unknown");
  EXPECT_EQ(Refused(Binary("31110000")), "its version or command is unknown");
  EXPECT_EQ(Refused(Binary("22110000")), "its version or command is unknown");
  EXPECT_EQ(Refused(Binary("2f")), "its version or command is unknown");
  EXPECT_EQ(Refused(Binary("2110000c0102030405060708090a0b0c")),
            "its family is unknown");
  EXPECT_EQ(Refused(Binary("2113000c0102030405060708090a0b0c")),
            "its family is unknown");
  EXPECT_EQ(Refused(Binary("21410000")), "its family is unknown");
  EXPECT_EQ(Refused(Binary("2111000b0102030405060708090a0b")),
            "it is too short for its addresses");
  EXPECT_EQ(Refused(Binary("2121000c0102030405060708090a0b0c")),
            "it is too short for its addresses");
}

TEST(ProxyReaderTest, TheLongestBinaryHeader) {
  const size_t longest = limits::kMaxProxyHeaderBytes - 16;
  const auto local = [](size_t size) {
    std::string header = Binary("2000");
    header.push_back(static_cast<char>(size >> 8));
    header.push_back(static_cast<char>(size & 0xff));
    return absl::StrCat(header, std::string(size, 'x'));
  };
  EXPECT_EQ(Read(local(longest)),
            absl::StrCat("own ", limits::kMaxProxyHeaderBytes));
  // Refused before it has come.
  EXPECT_EQ(Refused(local(longest + 1).substr(0, 16)), "it is too long");
  EXPECT_EQ(Refused(Binary("2000ffff")), "it is too long");
}

TEST(ProxyReaderTest, WhatIsNoHeader) {
  for (const char* bytes : {"USER anna\r\n", "PASS x\r\n", "PROXYTCP4", "PROXX",
                            "proxy TCP4 ", "\r\n\r\nU", "\n", "\x16\x03\x01"}) {
    EXPECT_EQ(Shown(ReadProxyHeader(bytes)), "none") << bytes;
  }
  EXPECT_EQ(Shown(ReadProxyHeader(std::string(12, '\0'))), "none");
}

TEST(ProxyReaderTest, Signatures) {
  const std::string text = "PROXY TCP4";
  const std::string binary = ProxyV2Local();
  for (size_t size = 0; size <= text.size(); ++size) {
    EXPECT_EQ(FindProxySignature(text.substr(0, size)),
              size < 6 ? ProxySignature::kPart : ProxySignature::kWhole);
  }
  for (size_t size = 0; size <= binary.size(); ++size) {
    EXPECT_EQ(FindProxySignature(binary.substr(0, size)),
              size < kProxySignatureBytes ? ProxySignature::kPart
                                          : ProxySignature::kWhole);
  }
  EXPECT_EQ(FindProxySignature("PASV\r\n"), ProxySignature::kAbsent);
  EXPECT_EQ(FindProxySignature("\r\n\r\n\r\n"), ProxySignature::kAbsent);
}

}  // namespace
}  // namespace pinnace::ingress
