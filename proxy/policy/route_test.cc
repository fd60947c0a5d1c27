#include "proxy/policy/route.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

using ::testing::ElementsAre;

IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

std::string FarmOf(const RouteTable& table, absl::string_view listener,
                   absl::string_view host, absl::string_view user,
                   absl::string_view client) {
  const IpAddress ip = Ip(client);
  return std::string(table.Farm(
      {.listener = listener, .host = host, .user = user, .client = ip},
      "main"));
}

TEST(RouteTest, WithoutRoutesTheListenersFarm) {
  EXPECT_EQ(FarmOf(RouteTable(), "0.0.0.0:21", "", "ann", "10.0.0.1"), "main");
}

TEST(RouteTest, EveryConditionHasToHold) {
  const RouteTable table({{.name = "r",
                           .listener = "0.0.0.0:21",
                           .host = "*.example.com",
                           .user = "web-*",
                           .client = Cidr::Parse("10.0.0.0/8"),
                           .farm = "web"}});
  const struct {
    const char* listener;
    const char* host;
    const char* user;
    const char* client;
    const char* farm;
  } kCases[] = {
      {"0.0.0.0:21", "ftp.example.com", "web-1", "10.1.2.3", "web"},
      {"0.0.0.0:21", "FTP.EXAMPLE.COM", "web-", "10.1.2.3", "web"},
      {"0.0.0.0:22", "ftp.example.com", "web-1", "10.1.2.3", "main"},
      {"0.0.0.0:21", "example.com", "web-1", "10.1.2.3", "main"},
      {"0.0.0.0:21", ".example.com", "web-1", "10.1.2.3", "main"},
      {"0.0.0.0:21", "ftp.example.org", "web-1", "10.1.2.3", "main"},
      {"0.0.0.0:21", "", "web-1", "10.1.2.3", "main"},
      {"0.0.0.0:21", "ftp.example.com", "Web-1", "10.1.2.3", "main"},
      {"0.0.0.0:21", "ftp.example.com", "web", "10.1.2.3", "main"},
      {"0.0.0.0:21", "ftp.example.com", "web-1", "11.1.2.3", "main"},
      {"0.0.0.0:21", "ftp.example.com", "web-1", "::1", "main"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(FarmOf(table, c.listener, c.host, c.user, c.client), c.farm)
        << c.listener << " " << c.host << " " << c.user << " " << c.client;
  }
}

TEST(RouteTest, UserGlobs) {
  const struct {
    const char* glob;
    const char* user;
    bool matches;
  } kCases[] = {
      {"*", "", true},         {"*", "a/b", true},
      {"a?c", "abc", true},    {"a?c", "ac", false},
      {"[a-c]*", "bob", true}, {"[a-c]*", "dan", false},
      {"a\\*", "a\\x", true},  {"dom\\*", "dom\\ann", true},
      {".*", ".hidden", true}, {"*", ".hidden", true},
  };
  for (const auto& c : kCases) {
    const RouteTable table({{.name = "r", .user = c.glob, .farm = "other"}});
    EXPECT_EQ(FarmOf(table, "l", "", c.user, "10.0.0.1") == "other", c.matches)
        << c.glob << " " << c.user;
  }
}

TEST(RouteTest, SubjectGlobs) {
  const struct {
    const char* glob;
    absl::string_view subject;
    bool matches;
  } kCases[] = {
      {"", "", true},
      {"", "ann", true},
      {"*", "ann", true},
      {"*", "", false},
      {"batch-?", "batch-7", true},
      {"batch-?", "Batch-7", false},
      {"*.example", "gw-1.example", true},
      {"ann", absl::string_view("ann\0.example", 12), false},
      {"*", absl::string_view("ann\0", 4), false},
  };
  const IpAddress ip = Ip("10.0.0.1");
  for (const auto& c : kCases) {
    const RouteTable table({{.name = "r", .subject = c.glob, .farm = "other"}});
    EXPECT_EQ(table.Farm({.subject = c.subject, .client = ip}, "main"),
              c.matches ? "other" : "main")
        << c.glob << " " << c.subject;
  }
}

TEST(RouteTest, TheSubjectIsKnownBeforeTheUser) {
  const RouteTable table(
      {{.name = "a", .order = 0, .user = "a*", .subject = "ann", .farm = "fa"},
       {.name = "b", .order = 1, .subject = "*", .farm = "certified"}});
  const IpAddress ip = Ip("10.0.0.1");
  EXPECT_THAT(table.PossibleFarms({.subject = "ann", .client = ip}, "main"),
              ElementsAre("fa", "certified"));
  EXPECT_THAT(table.PossibleFarms({.subject = "bob", .client = ip}, "main"),
              ElementsAre("certified"));
  EXPECT_THAT(table.PossibleFarms({.client = ip}, "main"), ElementsAre("main"));
}

TEST(RouteTest, TheFirstByOrderThenByName) {
  const RouteTable table(
      {{.name = "b", .order = 1, .farm = "fb"},
       {.name = "z", .order = 0, .user = "z*", .farm = "fz"},
       {.name = "a", .order = 1, .user = "a*", .farm = "fa"}});
  EXPECT_EQ(FarmOf(table, "l", "", "zoe", "10.0.0.1"), "fz");
  EXPECT_EQ(FarmOf(table, "l", "", "ann", "10.0.0.1"), "fa");
  EXPECT_EQ(FarmOf(table, "l", "", "bob", "10.0.0.1"), "fb");
}

TEST(RouteTest, PossibleFarmsBeforeTheUserIsKnown) {
  const RouteTable table(
      {{.name = "a", .order = 0, .user = "a*", .farm = "fa"},
       {.name = "b",
        .order = 1,
        .client = Cidr::Parse("10.0.0.0/8"),
        .farm = "ten"},
       {.name = "c", .order = 2, .user = "c*", .farm = "fa"}});
  const IpAddress ten = Ip("10.0.0.1");
  const IpAddress other = Ip("11.0.0.1");
  EXPECT_THAT(table.PossibleFarms({.client = ten}, "main"),
              ElementsAre("fa", "ten"));
  EXPECT_THAT(table.PossibleFarms({.client = other}, "main"),
              ElementsAre("fa", "main"));
}

}  // namespace
}  // namespace pinnace::policy
