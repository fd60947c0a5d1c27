// Bans between the gateways, the control plane and operators. The clock stands
// at 1000.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control-plane/service/control_plane_fixture.h"

namespace pinnace::service {
namespace {

constexpr char kReport[] =
    "report { bans { client: '203.0.113.9/32' reason: '3 failed logins' "
    "origin: 'one' started { seconds: 990 } expires { seconds: 1060 } } }";

// "KEY -KEY": made or changed, and lifted.
std::string Text(const v1::ControlMessage& message) {
  std::string text = absl::StrJoin(
      message.ban_update().bans(), " ",
      [](std::string* out, const v1::Ban& ban) { *out += ban.key(); });
  for (const std::string& key : message.ban_update().lifted()) {
    absl::StrAppend(&text, text.empty() ? "" : " ", "-", key);
  }
  return text;
}

class BansTest : public ControlPlaneTest {
 protected:
  std::string Keys() {
    v1::ListBansResponse list;
    EXPECT_EQ(Call(*sessions_, &Sessions::ListBans, "", &list), "OK");
    return absl::StrJoin(
        list.bans(), " ",
        [](std::string* out, const v1::Ban& ban) { *out += ban.key(); });
  }
  std::string Add(const std::string& request) {
    return Call(*sessions_, &Sessions::AddBan, request, &ban_);
  }
  std::string Delete(const std::string& key) {
    v1::DeleteBanResponse response;
    return Call(*sessions_, &Sessions::DeleteBan, "key: '" + key + "'",
                &response);
  }
  static void EndAll(std::initializer_list<Follower*> gateways) {
    for (Follower* gateway : gateways) {
      gateway->Cancel();
      gateway->End();
    }
  }

  v1::Ban ban_;
};

TEST_F(BansTest, WhatOneGatewayMadeTheOthersAreTold) {
  Follower one(channel_, "one");
  Follower two(channel_, "two");
  one.Next();
  two.Next();
  one.Send(kReport);
  const v1::ControlMessage told = two.Next();
  EXPECT_EQ(Text(told), "203.0.113.9/32");
  EXPECT_EQ(told.ban_update().bans(0).origin(), "one");
  EXPECT_EQ(told.ban_update().bans(0).expires().seconds(), 1060);
  EXPECT_EQ(Keys(), "203.0.113.9/32");
  Follower three(channel_, "three");
  EXPECT_TRUE(three.Next().has_snapshot());
  EXPECT_EQ(Text(three.Next()), "203.0.113.9/32");
  // Lifted everywhere, also where it was made; the first message of that one.
  EXPECT_EQ(Delete("203.0.113.9"), "OK");
  for (Follower* gateway : {&one, &two, &three}) {
    EXPECT_EQ(Text(gateway->Next()), "-203.0.113.9/32");
  }
  EXPECT_EQ(Keys(), "");
  EndAll({&one, &two, &three});
}

TEST_F(BansTest, ALiftedOneDoesNotComeBack) {
  Follower one(channel_, "one");
  one.Next();
  EXPECT_EQ(Add("client: '203.0.113.9'"), "OK");
  EXPECT_EQ(Text(one.Next()), "203.0.113.9/32");
  EXPECT_EQ(Delete("203.0.113.9/32"), "OK");
  EXPECT_EQ(Text(one.Next()), "-203.0.113.9/32");
  // A gateway that was away knows it still: it is told, and nobody else.
  Follower two(channel_, "two");
  EXPECT_TRUE(two.Next().has_snapshot());
  two.Send(kReport);
  EXPECT_EQ(Text(two.Next()), "-203.0.113.9/32");
  EXPECT_EQ(Keys(), "");
  // What is made later is another ban.
  now_ = 1001;
  two.Send(
      "report { bans { client: '203.0.113.9/32' origin: 'two' "
      "started { seconds: 1001 } expires { seconds: 1060 } } }");
  EXPECT_EQ(Text(one.Next()), "203.0.113.9/32");
  EndAll({&one, &two});
}

TEST_F(BansTest, AGatewayMayLiftOne) {
  Follower one(channel_, "one");
  Follower two(channel_, "two");
  one.Next();
  two.Next();
  EXPECT_EQ(Add("client: '203.0.113.9'"), "OK");
  EXPECT_EQ(Text(one.Next()), "203.0.113.9/32");
  EXPECT_EQ(Text(two.Next()), "203.0.113.9/32");
  now_ = 1010;
  one.Send(
      "report { bans { client: '203.0.113.9/32' started { seconds: 1010 } "
      "expires { seconds: 1010 } } }");
  EXPECT_EQ(Text(two.Next()), "-203.0.113.9/32");
  EXPECT_EQ(Keys(), "");
  EndAll({&one, &two});
}

TEST_F(BansTest, OperatorsMakeAndChangeThem) {
  EXPECT_EQ(Add("client: '2001:db8::7' reason: 'scanner'"), "OK");
  EXPECT_EQ(ban_.key(), "2001:db8::/64");
  EXPECT_EQ(ban_.origin(), "operator");
  EXPECT_EQ(ban_.reason(), "scanner");
  EXPECT_EQ(ban_.started().seconds(), 1000);
  EXPECT_EQ(ban_.expires().seconds(), 4600);
  EXPECT_EQ(Add("client: '10.0.0.0/8' user: 'ann' duration { seconds: 60 }"),
            "OK");
  EXPECT_EQ(ban_.key(), "10.0.0.0/8/user:ann");
  EXPECT_EQ(Keys(), "10.0.0.0/8/user:ann 2001:db8::/64");
  EXPECT_EQ(Add("client: '2001:db8::7' duration { seconds: 30 }"), "OK");
  EXPECT_EQ(ban_.expires().seconds(), 1030);
  now_ = 1060;
  EXPECT_EQ(Keys(), "");
  EXPECT_EQ(Delete("10.0.0.0/8/user:ann"),
            "NOT_FOUND: key: no ban \"10.0.0.0/8/user:ann\"");
}

TEST_F(BansTest, TheAuditHasThem) {
  EXPECT_EQ(Add("client: '10.0.0.1' reason: 'scanner'"), "OK");
  EXPECT_EQ(Delete("10.0.0.1"), "OK");
  v1::ReadAuditResponse audit;
  EXPECT_EQ(Call(*registry_, &Registry::ReadAudit, "", &audit), "OK");
  ASSERT_EQ(audit.entries_size(), 2);
  EXPECT_EQ(audit.entries(1).method(), "AddBan");
  EXPECT_EQ(audit.entries(1).subject(), "ban/10.0.0.1/32");
  EXPECT_EQ(audit.entries(1).detail(), "for 1h: scanner");
  EXPECT_EQ(audit.entries(0).method(), "DeleteBan");
  EXPECT_EQ(audit.entries(0).subject(), "ban/10.0.0.1");
}

TEST_F(BansTest, WhatAGatewayReportsWronglyIsLeftOut) {
  Follower one(channel_, "one");
  Follower two(channel_, "two");
  one.Next();
  two.Next();
  one.Send("report { bans { client: 'nonsense' } }");
  one.Send(kReport);
  EXPECT_EQ(Text(two.Next()), "203.0.113.9/32");
  EndAll({&one, &two});
}

TEST_F(BansTest, ManyGoInSeveralMessages) {
  for (int i = 0; i < 1500; ++i) {
    ASSERT_EQ(Add(absl::StrCat("client: '10.0.", i / 250, ".", i % 250, "'")),
              "OK");
  }
  Follower one(channel_, "one");
  EXPECT_TRUE(one.Next().has_snapshot());
  EXPECT_EQ(one.Next().ban_update().bans_size(), 1000);
  EXPECT_EQ(one.Next().ban_update().bans_size(), 500);
  EndAll({&one});
}

}  // namespace
}  // namespace pinnace::service
