#include "proxy/policy/policy.h"

#include "gtest/gtest.h"

namespace pinnace::policy {
namespace {

NetworkSet Networks(std::vector<const char*> texts) {
  std::vector<Cidr> networks;
  for (const char* text : texts) networks.push_back(*Cidr::Parse(text));
  return NetworkSet(networks);
}

TEST(PolicyTest, EveryConditionHasToHold) {
  const Policy policy = {.name = "p",
                         .listener = "0.0.0.0:21",
                         .farm = "main",
                         .user = "web-*",
                         .client = Cidr::Parse("10.0.0.0/8")};
  const struct {
    const char* listener;
    const char* farm;
    const char* user;
    const char* client;
    bool holds;
  } kCases[] = {
      {"0.0.0.0:21", "main", "web-1", "10.1.2.3", true},
      {"0.0.0.0:22", "main", "web-1", "10.1.2.3", false},
      {"0.0.0.0:21", "other", "web-1", "10.1.2.3", false},
      {"0.0.0.0:21", "main", "Web-1", "10.1.2.3", true},
      {"0.0.0.0:21", "main", " web-1 ", "10.1.2.3", true},
      {"0.0.0.0:21", "main", "w eb-1", "10.1.2.3", false},
      {"0.0.0.0:21", "main", "", "10.1.2.3", false},
      {"0.0.0.0:21", "main", "web-1", "11.1.2.3", false},
  };
  for (const auto& c : kCases) {
    const IpAddress client = *IpAddress::Parse(c.client);
    EXPECT_EQ(policy.HoldsFor({.listener = c.listener,
                               .farm = c.farm,
                               .user = c.user,
                               .client = client}),
              c.holds)
        << c.listener << " " << c.farm << " " << c.user << " " << c.client;
  }
}

TEST(PolicyTest, WithoutConditionsItAlwaysHolds) {
  const IpAddress client = *IpAddress::Parse("10.0.0.1");
  EXPECT_TRUE(Policy().HoldsFor({.listener = "l", .client = client}));
  // A condition on the user holds for nobody before USER.
  EXPECT_FALSE(Policy{.user = "*"}.HoldsFor({.client = client}));
  EXPECT_FALSE(Policy{.farm = "f"}.HoldsFor({.client = client}));
}

TEST(PolicyTest, Networks) {
  const struct {
    const char* what;
    Policy policy;
    const char* client;
    bool refused;
  } kCases[] = {
      {"no lists", {}, "10.0.0.1", false},
      {"allowed",
       {.allow_clients = Networks({"10.0.0.0/8"})},
       "10.0.0.1",
       false},
      {"not allowed",
       {.allow_clients = Networks({"10.0.0.0/8"})},
       "11.0.0.1",
       true},
      {"denied", {.deny_clients = Networks({"10.0.0.0/8"})}, "10.0.0.1", true},
      {"not denied", {.deny_clients = Networks({"10.0.0.0/8"})}, "::1", false},
      {"in both",
       {.allow_clients = Networks({"10.0.0.0/8"}),
        .deny_clients = Networks({"10.1.0.0/16"})},
       "10.1.0.1",
       true},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(c.policy.RefusesClient(*IpAddress::Parse(c.client)), c.refused)
        << c.what;
  }
}

TEST(PolicyTest, AllThatHoldHaveToAdmit) {
  const PolicySet set(
      {{.name = "a", .deny_clients = Networks({"192.0.2.0/24"})},
       {.name = "b",
        .farm = "inner",
        .allow_clients = Networks({"10.0.0.0/8"})},
       {.name = "c",
        .user = "ann",
        .deny_clients = Networks({"10.9.0.0/16"})}});
  const auto admits = [&set](const char* client, const char* farm,
                             const char* user) {
    const IpAddress ip = *IpAddress::Parse(client);
    return set.Admits({.farm = farm, .user = user, .client = ip});
  };
  EXPECT_FALSE(admits("192.0.2.1", "", ""));
  EXPECT_TRUE(admits("203.0.113.1", "", ""));
  EXPECT_FALSE(admits("203.0.113.1", "inner", "bob"));
  EXPECT_TRUE(admits("10.0.0.1", "inner", "ann"));
  EXPECT_FALSE(admits("10.9.0.1", "inner", "ann"));
  EXPECT_TRUE(admits("10.9.0.1", "inner", "bob"));
}

TEST(PolicyTest, Words) {
  const WordLists allow = {.allow = {"RETR", "LIST"}};
  EXPECT_FALSE(allow.Refuses("retr"));
  EXPECT_TRUE(allow.Refuses("STOR"));
  EXPECT_TRUE(allow.Names("list"));
  const WordLists deny = {.deny = {"STOR"}};
  EXPECT_TRUE(deny.Refuses("Stor"));
  EXPECT_FALSE(deny.Refuses("RETR"));
  EXPECT_FALSE(deny.Names("RETR"));
  EXPECT_TRUE((WordLists{.allow = {"STOR"}, .deny = {"STOR"}}).Refuses("STOR"));
  EXPECT_FALSE(WordLists().Refuses("STOR"));
}

}  // namespace
}  // namespace pinnace::policy
