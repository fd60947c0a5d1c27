#include "proxy/ftp/data_address.h"

#include <gtest/gtest.h>

#include <string>

namespace pinnace::ftp {
namespace {

Address At(absl::string_view text) { return Address::Parse(text).value(); }

// What was read, as text: "none" when nothing was.
std::string Show(const std::optional<Address>& address) {
  return address.has_value() ? address->ToString() : "none";
}

struct TextCase {
  absl::string_view text;
  absl::string_view read;
};

TEST(PortArgument, Parse) {
  constexpr TextCase kCases[] = {
      {"10,0,0,7,200,1", "10.0.0.7:51201"},
      {"0,0,0,0,0,0", "0.0.0.0:0"},
      {"255,255,255,255,255,255", "255.255.255.255:65535"},
      {"010,000,0,7,4,01", "10.0.0.7:1025"},
      {"", "none"},
      {"10,0,0,7,200", "none"},
      {"10,0,0,7,200,1,2", "none"},
      {"10,0,0,7,200,1 ", "none"},
      {" 10,0,0,7,200,1", "none"},
      {"10, 0,0,7,200,1", "none"},
      {"10,0,0,7,200,", "none"},
      {",0,0,7,200,1", "none"},
      {"10,0,,7,200,1", "none"},
      {"256,0,0,7,200,1", "none"},
      {"10,0,0,7,256,1", "none"},
      {"10,0,0,7,200,1000", "none"},
      {"0010,0,0,7,200,1", "none"},
      {"10,0,0,7,200,4294967297", "none"},
      {"-10,0,0,7,200,1", "none"},
      {"+10,0,0,7,200,1", "none"},
      {"10.0.0.7.200.1", "none"},
      {"(10,0,0,7,200,1)", "none"},
      {"a,b,c,d,e,f", "none"},
      {{"10,0,0,7,200,1\0", 15}, "none"},
  };
  for (const TextCase& c : kCases) {
    EXPECT_EQ(Show(ParsePortArgument(c.text)), c.read) << c.text;
  }
}

TEST(PortArgument, Format) {
  EXPECT_EQ(FormatPortArgument(At("10.0.0.7:51201")), "10,0,0,7,200,1");
  EXPECT_EQ(FormatPortArgument(At("255.0.1.2:255")), "255,0,1,2,0,255");
}

TEST(PortArgumentDeathTest, HasNoIpv6) {
  EXPECT_DEATH(FormatPortArgument(At("[::1]:21")), "CHECK failed");
}

TEST(EprtArgument, Parse) {
  constexpr TextCase kCases[] = {
      {"|1|132.235.1.2|6275|", "132.235.1.2:6275"},
      {"|2|1080::8:800:200C:417A|5282|", "[1080::8:800:200c:417a]:5282"},
      {"!1!10.0.0.7!1!", "10.0.0.7:1"},
      {"~2~::1~65535~", "[::1]:65535"},
      {"|1|10.0.0.7|00021|", "10.0.0.7:21"},
      {"|3|10.0.0.7|21|", "unknown family"},
      {"|0||21|", "unknown family"},
      {"|99999999999999999999|x|21|", "unknown family"},
      {"", "syntax"},
      {"|", "syntax"},
      {"|||||", "syntax"},
      {"||||||", "syntax"},
      {"|1|10.0.0.7|21", "syntax"},
      {"|1|10.0.0.7|21|x", "syntax"},
      {"|1|10.0.0.7|21||", "syntax"},
      {"|1|10.0.0.7|0|", "syntax"},
      {"|1|10.0.0.7|65536|", "syntax"},
      {"|1|10.0.0.7|000021|", "syntax"},
      {"|1|10.0.0.7|-1|", "syntax"},
      {"|1|10.0.0.7| 21|", "syntax"},
      {"|1|10.0.0.7|21 |", "syntax"},
      {"|1|10.0.0.7||", "syntax"},
      {"||10.0.0.7|21|", "syntax"},
      {"|x|10.0.0.7|21|", "syntax"},
      {"|-1|10.0.0.7|21|", "syntax"},
      {"|3|10.0.0.7|x|", "syntax"},
      {"|1|::1|21|", "syntax"},
      {"|2|10.0.0.7|21|", "syntax"},
      {"|1|::ffff:10.0.0.7|21|", "syntax"},
      {"|2|::ffff:10.0.0.7|21|", "syntax"},
      {"|2|fe80::1%eth0|21|", "syntax"},
      {"|2|[::1]|21|", "syntax"},
      {"|1|localhost|21|", "syntax"},
      {"|1||21|", "syntax"},
      {":2:::1:21:", "syntax"},
      {" 1 10.0.0.7 21 ", "syntax"},
      {"\xff"
       "1\xff"
       "10.0.0.7\xff"
       "21\xff",
       "syntax"},
      {{"\0001\00010.0.0.7\00021\0", 15}, "syntax"},
  };
  for (const TextCase& c : kCases) {
    const EprtArgument eprt = ParseEprtArgument(c.text);
    std::string read;
    switch (eprt.error) {
      case EprtError::kNone:
        read = eprt.address.ToString();
        break;
      case EprtError::kSyntax:
        read = "syntax";
        break;
      case EprtError::kUnknownFamily:
        read = "unknown family";
        break;
    }
    EXPECT_EQ(read, c.read) << c.text;
  }
}

TEST(EprtArgument, Format) {
  EXPECT_EQ(FormatEprtArgument(At("10.0.0.7:51201")), "|1|10.0.0.7|51201|");
  EXPECT_EQ(FormatEprtArgument(At("[2001:db8::7]:21")), "|2|2001:db8::7|21|");
}

TEST(EpsvArgument, Parse) {
  EXPECT_EQ(ParseEpsvArgument(""), EpsvArgument::kNone);
  EXPECT_EQ(ParseEpsvArgument("1"), EpsvArgument::kIpv4);
  EXPECT_EQ(ParseEpsvArgument("2"), EpsvArgument::kIpv6);
  EXPECT_EQ(ParseEpsvArgument("ALL"), EpsvArgument::kAll);
  EXPECT_EQ(ParseEpsvArgument("all"), EpsvArgument::kAll);
  for (const char* text : {"0", "3", "12", "99999999999999999999"}) {
    EXPECT_EQ(ParseEpsvArgument(text), EpsvArgument::kUnknownFamily) << text;
  }
  for (const char* text : {" ", "1 ", " 1", "-1", "ALLX", "AL", "x", "|1|"}) {
    EXPECT_EQ(ParseEpsvArgument(text), EpsvArgument::kSyntax) << text;
  }
}

TEST(PassiveText, Parse) {
  constexpr TextCase kCases[] = {
      {"Entering Passive Mode (10,0,0,7,200,1).", "10.0.0.7:51201"},
      {"Entering Passive Mode (10,0,0,7,200,1)", "10.0.0.7:51201"},
      {"Entering Passive Mode 10,0,0,7,200,1", "10.0.0.7:51201"},
      {"Entering Passive Mode (10, 0, 0, 7, 200, 1)", "10.0.0.7:51201"},
      {"Entering Passive Mode (10 ,0 ,0,7,200,1)", "10.0.0.7:51201"},
      {"=10,0,0,7,200,1", "10.0.0.7:51201"},
      {"10,0,0,7,0,21", "10.0.0.7:21"},
      {"Mode 2 is passive (10,0,0,7,200,1)", "10.0.0.7:51201"},
      {"v1.2, 3 of 4: (10,0,0,7,200,1)", "10.0.0.7:51201"},
      {"(1,2,3) or (10,0,0,7,200,1)", "10.0.0.7:51201"},
      {"", "none"},
      {"Entering Passive Mode", "none"},
      {"Entering Passive Mode (10,0,0,7,200)", "none"},
      {"Entering Passive Mode (10,0,0,7,0,0)", "none"},
      {"Entering Passive Mode (10,0,0,7,200,1000)", "none"},
      {"Entering Passive Mode (300,10,0,0,7,200,1)", "none"},
      {"Entering Passive Mode (10,0,0,7,200,-1)", "none"},
      {"Entering Passive Mode (10.0.0.7.200.1)", "none"},
      {"Entering Passive Mode (10,\t0,0,7,200,1)", "none"},
      {"(10,0,0,7,200,", "none"},
  };
  for (const TextCase& c : kCases) {
    EXPECT_EQ(Show(ParsePassiveText(c.text)), c.read) << c.text;
  }
}

TEST(ExtendedPassiveText, Parse) {
  struct Case {
    absl::string_view text;
    int port;  // 0: none
  };
  constexpr Case kCases[] = {
      {"Entering Extended Passive Mode (|||6446|)", 6446},
      {"Entering Extended Passive Mode (|||6446|).", 6446},
      {"(!!!1!)", 1},
      {"(|||65535|)", 65535},
      {"(again) (|||6446|)", 6446},
      {"(((|||6446|)", 6446},
      {"((((6446()", 6446},
      {"(||||) (|||21|)", 21},
      {"", 0},
      {"(", 0},
      {"()", 0},
      {"|||6446|", 0},
      {"(|||6446", 0},
      {"(|||6446|", 0},
      {"(|||6446)", 0},
      {"(||6446|)", 0},
      {"(|||0|)", 0},
      {"(|||65536|)", 0},
      {"(|||000021|)", 0},
      {"(|||-1|)", 0},
      {"(||| 21|)", 0},
      {"(|1|10.0.0.7|6446|)", 0},
      {"(|!|6446|)", 0},
      {"(1112211)", 0},
      {"(   21 )", 0},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(ParseExtendedPassiveText(c.text).value_or(0), c.port) << c.text;
  }
}

TEST(PassiveText, Format) {
  EXPECT_EQ(FormatPassiveText(At("203.0.113.9:30007")),
            "Entering Passive Mode (203,0,113,9,117,55).");
  EXPECT_EQ(FormatExtendedPassiveText(30007),
            "Entering Extended Passive Mode (|||30007|).");
}

TEST(PassiveTextDeathTest, PortZeroIsNeverAnnounced) {
  EXPECT_DEATH(FormatExtendedPassiveText(0), "CHECK failed");
}

}  // namespace
}  // namespace pinnace::ftp
