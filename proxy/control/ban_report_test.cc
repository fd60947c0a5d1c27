#include "proxy/control/ban_report.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/snapshot/ban_message.h"

namespace pinnace::control {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1000);

guard::Ban NewBan(const std::string& client, absl::Time started = kNow) {
  return {.client = guard::ParseBanClient(client).value(),
          .user = "",
          .reason = "why",
          .origin = "gw",
          .started = started,
          .expires = started + absl::Minutes(1)};
}

// "KEY -KEY": banned, and lifted.
std::string Reported(BanReport& report, const guard::BanTable& bans) {
  v1::Report message;
  report.AddTo(bans, kNow, message);
  std::string text;
  for (const v1::Ban& ban : message.bans()) {
    const bool lifted = ban.expires().seconds() == ban.started().seconds();
    absl::StrAppend(&text, text.empty() ? "" : " ", lifted ? "-" : "",
                    ban.key());
  }
  return text;
}

TEST(BanReportTest, FirstEverythingThenWhatIsItsOwn) {
  guard::BanTable bans(10);
  bans.Add(NewBan("10.0.0.1"));
  v1::BanUpdate update;
  *update.add_bans() = snapshot::BanMessage(NewBan("10.0.0.2"));
  TakeBans(update, kNow, bans);
  bans.Add(NewBan("10.0.0.3"));
  bans.Lift("10.0.0.3", kNow);
  BanReport report;
  EXPECT_EQ(Reported(report, bans), "10.0.0.1/32 10.0.0.2/32 -10.0.0.3/32");
  EXPECT_EQ(Reported(report, bans), "");
  update.Clear();
  *update.add_bans() = snapshot::BanMessage(NewBan("10.0.0.4"));
  update.add_lifted("10.0.0.1");
  TakeBans(update, kNow, bans);
  EXPECT_TRUE(bans.Find(*IpAddress::Parse("10.0.0.4"), kNow).has_value());
  EXPECT_FALSE(bans.Find(*IpAddress::Parse("10.0.0.1"), kNow).has_value());
  EXPECT_EQ(Reported(report, bans), "");
  bans.Add(NewBan("10.0.0.5"));
  bans.Lift("10.0.0.2", kNow);
  EXPECT_EQ(Reported(report, bans), "10.0.0.5/32 -10.0.0.2/32");
  BanReport next;
  EXPECT_EQ(Reported(next, bans),
            "-10.0.0.3/32 10.0.0.4/32 -10.0.0.1/32 10.0.0.5/32 -10.0.0.2/32");
}

TEST(BanReportTest, ManyGoInSeveralReports) {
  guard::BanTable bans(3000);
  for (int i = 0; i < 2500; ++i) {
    bans.Add(NewBan(absl::StrCat("10.0.", i / 250, ".", i % 250)));
  }
  BanReport report;
  for (const int count : {1000, 1000, 500, 0}) {
    v1::Report message;
    report.AddTo(bans, kNow, message);
    EXPECT_EQ(message.bans_size(), count);
  }
}

TEST(BanReportTest, WhatIsNotWellFormedIsLeftOut) {
  guard::BanTable bans(10);
  v1::BanUpdate update;
  update.add_bans()->set_client("nonsense");
  update.add_lifted("nonsense");
  *update.add_bans() = snapshot::BanMessage(NewBan("10.0.0.2"));
  TakeBans(update, kNow, bans);
  EXPECT_EQ(bans.size(), 1u);
}

}  // namespace
}  // namespace pinnace::control
