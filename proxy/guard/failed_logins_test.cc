#include "proxy/guard/failed_logins.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::guard {
namespace {

const FailedLoginLimits kLimits = {.most = 3,
                                   .window = absl::Minutes(8),
                                   .base = absl::Minutes(1),
                                   .longest = absl::Minutes(3)};
const IpAddress kClient = IpAddress::Parse("203.0.113.9").value();

class FailedLoginsTest : public testing::Test {
 protected:
  // "address 3 1m": banned whom, after how many, for how long.
  std::string Fail(absl::string_view user, const IpAddress& client = kClient) {
    const std::optional<FailedLogins::Sentence> sentence =
        logins_.Fail(client, user, now_);
    if (!sentence.has_value()) return "";
    return absl::StrCat(
        sentence->whom == FailedLogins::Whom::kAddress ? "address " : "user ",
        sentence->failures, " ", absl::FormatDuration(sentence->duration));
  }
  // The last word of so many failures.
  std::string FailOften(int times, absl::string_view user) {
    for (int i = 1; i < times; ++i) EXPECT_EQ(Fail(user), "") << i;
    return Fail(user);
  }
  void Pass(absl::Duration time) { now_ += time; }

  absl::Time now_ = absl::FromUnixSeconds(1'000'000'000);
  FailedLogins logins_{kLimits};
};

TEST_F(FailedLoginsTest, TheAddressIsBannedWhateverItsUsers) {
  EXPECT_EQ(Fail("ann"), "");
  EXPECT_EQ(Fail("bob"), "");
  EXPECT_EQ(Fail("eve", *IpAddress::Parse("203.0.113.8")), "");
  EXPECT_EQ(Fail("eve"), "address 3 1m");
}

TEST_F(FailedLoginsTest, WithoutABoundNobodyIs) {
  FailedLogins none({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(none.Fail(kClient, "ann", now_).has_value());
  }
}

TEST_F(FailedLoginsTest, ASixtyFourIsOneClient) {
  Fail("ann", *IpAddress::Parse("2001:db8::1"));
  Fail("ann", *IpAddress::Parse("2001:db8::2"));
  EXPECT_EQ(Fail("ann", *IpAddress::Parse("2001:db8::3")), "address 3 1m");
}

TEST_F(FailedLoginsTest, OnlyWithinTheWindow) {
  EXPECT_EQ(FailOften(2, "ann"), "");
  Pass(absl::Minutes(10));
  EXPECT_EQ(FailOften(2, "ann"), "");
  EXPECT_EQ(Fail("ann"), "address 3 1m");
}

TEST_F(FailedLoginsTest, EachFurtherBanIsTwiceAsLongUpToTheLongest) {
  EXPECT_EQ(FailOften(3, "ann"), "address 3 1m");
  Pass(absl::Minutes(1));
  EXPECT_EQ(FailOften(3, "ann"), "address 3 2m");
  Pass(absl::Minutes(2));
  EXPECT_EQ(FailOften(3, "ann"), "address 3 3m");
  Pass(absl::Minutes(3));
  EXPECT_EQ(FailOften(3, "ann"), "address 3 3m");
}

TEST_F(FailedLoginsTest, WhoHasBeenQuietBeginsAnew) {
  EXPECT_EQ(FailOften(3, "ann"), "address 3 1m");
  // The ban, the window, and as long again as the ban; not a second less.
  Pass(absl::Minutes(10) - absl::Seconds(1));
  EXPECT_EQ(FailOften(3, "ann"), "address 3 2m");
  Pass(absl::Minutes(12));
  EXPECT_EQ(FailOften(3, "ann"), "address 3 1m");
}

TEST_F(FailedLoginsTest, WhatAUserFailedBeforeHeGotInWasNoGuess) {
  EXPECT_EQ(FailOften(2, "ann"), "");
  logins_.Succeed(kClient, "ann", now_);
  EXPECT_EQ(FailOften(2, "bob"), "");
  EXPECT_EQ(Fail("bob"), "user 3 1m");
}

TEST_F(FailedLoginsTest, AnotherUsersSuccessForgivesNothing) {
  EXPECT_EQ(FailOften(1, "eve"), "");
  EXPECT_EQ(FailOften(1, "bob"), "");
  logins_.Succeed(kClient, "ann", now_);
  EXPECT_EQ(Fail("eve"), "address 3 1m");
}

TEST_F(FailedLoginsTest, WhereOthersLogInOnlyTheUserIsBannedOnce) {
  logins_.Succeed(kClient, "ann", now_);
  EXPECT_EQ(FailOften(3, "bob"), "user 3 1m");
  // The next one is after the passwords of all.
  EXPECT_EQ(FailOften(3, "eve"), "address 3 1m");
}

TEST_F(FailedLoginsTest, HisOwnSuccessDoesNotMakeAnAddressShared) {
  logins_.Succeed(kClient, "ann", now_);
  EXPECT_EQ(FailOften(3, "ann"), "address 3 1m");
}

TEST_F(FailedLoginsTest, ASuccessOfLongAgoDoesNotEither) {
  logins_.Succeed(kClient, "ann", now_);
  Pass(absl::Minutes(8));
  EXPECT_EQ(FailOften(3, "bob"), "address 3 1m");
}

TEST_F(FailedLoginsTest, TheQuietestIsForgottenAndCounted) {
  FailedLogins few(kLimits, 4);  // two clients, each with a user
  const IpAddress other = IpAddress::Parse("10.0.0.1").value();
  const IpAddress third = IpAddress::Parse("10.0.0.2").value();
  for (int i = 0; i < 2; ++i) few.Fail(kClient, "ann", now_);
  few.Fail(other, "ann", now_);
  EXPECT_EQ(few.forgotten(), 0);
  few.Fail(third, "ann", now_);
  EXPECT_EQ(few.forgotten(), 2);
  EXPECT_FALSE(few.Fail(kClient, "ann", now_).has_value());
}

}  // namespace
}  // namespace pinnace::guard
