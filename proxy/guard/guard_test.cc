#include "proxy/guard/guard.h"

#include "gtest/gtest.h"
#include "proxy/guard/refusal_notice.h"

namespace pinnace::guard {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);
const IpAddress kClient = IpAddress::Parse("203.0.113.9").value();

TEST(GuardTest, SaysWhyAtTheDoor) {
  Guard guard(
      {.gateway = "gw",
       .clients = {.sessions_per_address = 1, .connections_per_second = 2},
       .failed_logins = {}});
  const Guard::Entry first = guard.Enter(kClient, kNow);
  EXPECT_EQ(first.refusal, Refusal::kNone);
  const Guard::Entry second = guard.Enter(kClient, kNow);
  EXPECT_EQ(second.refusal, Refusal::kTooManySessions);
  EXPECT_EQ(second.why,
            "Too many sessions from your address, try again later.");
  const Guard::Entry third = guard.Enter(kClient, kNow);
  EXPECT_EQ(third.refusal, Refusal::kTooFast);
  EXPECT_EQ(third.why, "Too many connections from your address, slow down.");
  guard.bans().Add({.client = NetworkOf(kClient),
                    .user = "",
                    .reason = "",
                    .origin = kOperator,
                    .started = kNow,
                    .expires = kNow + absl::Seconds(1)});
  const Guard::Entry fourth = guard.Enter(kClient, kNow);
  EXPECT_EQ(fourth.refusal, Refusal::kBanned);
  EXPECT_EQ(fourth.why, "You are banned until 2001-09-09T01:46:41Z.");
}

TEST(GuardTest, FailedLoginsMakeABan) {
  Guard guard({.gateway = "gw", .clients = {}, .failed_logins = {.most = 2}});
  EXPECT_FALSE(guard.OnLoginFailed(kClient, "ann", kNow).has_value());
  const std::optional<Ban> ban = guard.OnLoginFailed(kClient, "ann", kNow);
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->Key(), "203.0.113.9/32");
  EXPECT_EQ(ban->reason, "2 failed logins");
  EXPECT_EQ(ban->origin, "gw");
  EXPECT_EQ(ban->expires, kNow + absl::Minutes(1));
  EXPECT_TRUE(guard.FindBan(kClient, "", kNow).has_value());
  EXPECT_TRUE(guard.FindBan(kClient, "bob", kNow).has_value());
}

TEST(GuardTest, OfAUserWhereOthersLogIn) {
  Guard guard({.gateway = "gw", .clients = {}, .failed_logins = {.most = 1}});
  guard.OnLoginSucceeded(kClient, "ann", kNow);
  const std::optional<Ban> ban = guard.OnLoginFailed(kClient, "e\rve", kNow);
  ASSERT_TRUE(ban.has_value());
  EXPECT_EQ(ban->Key(), "203.0.113.9/32/user:e\\x0dve");
  EXPECT_EQ(guard.Enter(kClient, kNow).refusal, Refusal::kNone);
  EXPECT_FALSE(guard.FindBan(kClient, "ann", kNow).has_value());
  EXPECT_TRUE(guard.FindBan(kClient, "e\rve", kNow).has_value());
}

TEST(GuardTest, AnOperatorsLongerBanStays) {
  Guard guard({.gateway = "gw", .clients = {}, .failed_logins = {.most = 1}});
  guard.bans().Add({.client = NetworkOf(kClient),
                    .user = "",
                    .reason = "said so",
                    .origin = kOperator,
                    .started = kNow,
                    .expires = kNow + absl::Hours(1)});
  EXPECT_EQ(guard.OnLoginFailed(kClient, "ann", kNow)->reason, "said so");
  EXPECT_EQ(guard.FindBan(kClient, "", kNow)->reason, "said so");
}

TEST(RefusalNoticeTest, OneOfAKindInASecondWithHowManyWereLeftOut) {
  RefusalNotice notice;
  EXPECT_EQ(notice.OnRefusal(Refusal::kBanned, kNow), 0);
  EXPECT_EQ(notice.OnRefusal(Refusal::kBanned, kNow), std::nullopt);
  EXPECT_EQ(notice.OnRefusal(Refusal::kBanned, kNow + absl::Seconds(0.9)),
            std::nullopt);
  EXPECT_EQ(notice.OnRefusal(Refusal::kTooFast, kNow), 0);
  EXPECT_EQ(notice.OnRefusal(Refusal::kBanned, kNow + absl::Seconds(1)), 2);
  EXPECT_EQ(notice.OnRefusal(Refusal::kBanned, kNow + absl::Seconds(2)), 0);
}

}  // namespace
}  // namespace pinnace::guard
