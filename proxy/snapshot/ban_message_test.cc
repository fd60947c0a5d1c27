#include "proxy/snapshot/ban_message.h"

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::snapshot {
namespace {

constexpr char kGood[] =
    "client: '203.0.113.9/32' user: 'ann' reason: '3 failed logins' "
    "origin: 'gw' started { seconds: 1000 nanos: 7 } expires { seconds: 1060 }";

std::string ProblemOf(const std::string& change) {
  v1::Ban message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kGood, &message));
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(change, &message));
  return std::string(ChangeOf(message).status().message());
}

TEST(BanMessageTest, ThereAndBack) {
  const guard::Ban ban = {.client = *Cidr::Parse("203.0.113.9/32"),
                          .user = "ann",
                          .reason = "3 failed logins",
                          .origin = "gw",
                          .started = absl::FromUnixNanos(1'000'000'000'007),
                          .expires = absl::FromUnixSeconds(1060)};
  const v1::Ban message = BanMessage(ban);
  EXPECT_EQ(message.ShortDebugString(),
            "key: \"203.0.113.9/32/user:ann\" client: \"203.0.113.9/32\" "
            "user: \"ann\" reason: \"3 failed logins\" origin: \"gw\" "
            "started { seconds: 1000 nanos: 7 } expires { seconds: 1060 }");
  const auto change = ChangeOf(message);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_FALSE(change->is_lifted);
  EXPECT_EQ(BanMessage(change->ban).ShortDebugString(),
            message.ShortDebugString());
}

TEST(BanMessageTest, ALiftedOneEndsWhenItStarts) {
  guard::BanTable::Change lifted;
  lifted.ban = {.client = *Cidr::Parse("10.0.0.0/8"),
                .user = "",
                .reason = "",
                .origin = "operator",
                .started = absl::FromUnixSeconds(1000),
                .expires = absl::FromUnixSeconds(2000)};
  lifted.is_lifted = true;
  const v1::Ban message = ChangeMessage(lifted);
  EXPECT_EQ(message.expires().seconds(), 1000);
  const auto change = ChangeOf(message);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_TRUE(change->is_lifted);
  EXPECT_EQ(change->ban.started, absl::FromUnixSeconds(1000));
  EXPECT_EQ(change->ban.expires,
            absl::FromUnixSeconds(1000) + limits::kLongestBan);
}

TEST(BanMessageTest, WhatIsWrongIsNamed) {
  EXPECT_EQ(ProblemOf(""), "");
  EXPECT_EQ(ProblemOf("client: 'ann'"),
            "ban.client: must be a network like 10.0.0.0/8, not \"ann\"");
  EXPECT_EQ(ProblemOf("client: '10.0.0.1/8'"),
            "ban.client: must be a network like 10.0.0.0/8, not "
            "\"10.0.0.1/8\"");
  EXPECT_EQ(ProblemOf("user: 'a\\rb'"), "ban.user: must be printable");
  EXPECT_EQ(ProblemOf("user: '" + std::string(1025, 'u') + "'"),
            "ban.user: must have at most 1024 characters");
  EXPECT_EQ(ProblemOf("reason: '" + std::string(1025, 'r') + "'"),
            "ban.reason: must have at most 1024 characters");
  EXPECT_EQ(ProblemOf("origin: '" + std::string(129, 'o') + "'"),
            "ban.origin: must have at most 128 characters");
  v1::Ban message;
  message.set_client("10.0.0.0/8");
  EXPECT_EQ(ChangeOf(message).status().message(), "ban.started: must be set");
  message.mutable_started();
  EXPECT_EQ(ChangeOf(message).status().message(), "ban.expires: must be set");
}

}  // namespace
}  // namespace pinnace::snapshot
