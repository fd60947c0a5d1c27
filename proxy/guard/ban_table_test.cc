#include "proxy/guard/ban_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace pinnace::guard {
namespace {

using Merged = BanTable::Merged;

constexpr absl::Duration kMinute = absl::Minutes(1);

absl::Time At(int seconds) { return absl::FromUnixSeconds(1000 + seconds); }
IpAddress Ip(absl::string_view text) { return IpAddress::Parse(text).value(); }

Ban NewBan(absl::string_view client, int started = 0,
           absl::Duration lasts = kMinute, std::string user = "") {
  return {.client = ParseBanClient(client).value(),
          .user = std::move(user),
          .reason = "why",
          .origin = "gw",
          .started = At(started),
          .expires = At(started) + lasts};
}

std::string Keys(const BanTable& table, absl::Time now) {
  std::vector<std::string> keys;
  for (const Ban& ban : table.List(now)) keys.push_back(ban.Key());
  std::sort(keys.begin(), keys.end());
  return absl::StrJoin(keys, " ");
}

// "KEY -KEY": banned and lifted.
std::string Text(const BanTable::Changes& changes) {
  return absl::StrJoin(
      changes.changes, " ", [](std::string* out, const auto& change) {
        absl::StrAppend(out, change.is_lifted ? "-" : "", change.ban.Key());
      });
}

TEST(BanTableTest, FindsWhomANetworkHolds) {
  BanTable table(10);
  EXPECT_EQ(table.Find(Ip("10.1.2.3"), At(0)), std::nullopt);
  table.Add(NewBan("10.0.0.0/8"));
  table.Add(NewBan("2001:db8::/32"));
  table.Add(NewBan("203.0.113.9"));
  EXPECT_TRUE(table.Find(Ip("10.1.2.3"), At(0)).has_value());
  EXPECT_FALSE(table.Find(Ip("11.1.2.3"), At(0)).has_value());
  EXPECT_TRUE(table.Find(Ip("2001:db8:7::1"), At(0)).has_value());
  EXPECT_FALSE(table.Find(Ip("2001:db9::1"), At(0)).has_value());
  EXPECT_TRUE(table.Find(Ip("203.0.113.9"), At(0)).has_value());
  EXPECT_FALSE(table.Find(Ip("203.0.113.8"), At(0)).has_value());
  table.Add(NewBan("0.0.0.0/0"));
  EXPECT_TRUE(table.Find(Ip("203.0.113.8"), At(0)).has_value());
  EXPECT_FALSE(table.Find(Ip("::1"), At(0)).has_value());
}

TEST(BanTableTest, OfSeveralTheOneThatEndsLastIsTold) {
  BanTable table(10);
  table.Add(NewBan("10.0.0.0/8", 0, 3 * kMinute));
  table.Add(NewBan("10.1.2.3", 0, 2 * kMinute));
  EXPECT_EQ(table.Find(Ip("10.1.2.3"), At(0))->Key(), "10.0.0.0/8");
}

TEST(BanTableTest, EndsByItself) {
  BanTable table(10);
  table.Add(NewBan("10.1.2.3"));
  EXPECT_TRUE(table.Find(Ip("10.1.2.3"), At(59)).has_value());
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), At(60)).has_value());
  EXPECT_EQ(Keys(table, At(60)), "");
  EXPECT_EQ(table.size(), 1u);
  table.Add(NewBan("10.1.2.4", 60));
  EXPECT_EQ(table.size(), 1u);
}

TEST(BanTableTest, AUserAtAnAddressIsNobodyElse) {
  BanTable table(10);
  table.Add(NewBan("10.1.2.3", 0, kMinute, "a\\x0dnn"));
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), At(0)).has_value());
  EXPECT_TRUE(table.Find(Ip("10.1.2.3"), "a\rnn", At(0)).has_value());
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), "ann", At(0)).has_value());
  EXPECT_FALSE(table.Find(Ip("10.1.2.4"), "a\rnn", At(0)).has_value());
  EXPECT_EQ(Keys(table, At(0)), "10.1.2.3/32/user:a\\x0dnn");
  EXPECT_TRUE(table.Lift("10.1.2.3/user:a\\x0dnn", At(0)));
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), "a\rnn", At(0)).has_value());
}

TEST(BanTableTest, AddChangesWhatIsThere) {
  BanTable table(10);
  table.Add(NewBan("10.1.2.3", 0, 10 * kMinute));
  const Ban changed = table.Add(NewBan("10.1.2.3", 0, kMinute));
  EXPECT_GT(changed.started, At(0));
  EXPECT_EQ(table.size(), 1u);
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), At(60)).has_value());
}

TEST(BanTableTest, LiftsOnceAndOnlyWhatIsThere) {
  BanTable table(10);
  table.Add(NewBan("10.1.2.3"));
  EXPECT_FALSE(table.Lift("10.1.2.4", At(1)));
  EXPECT_FALSE(table.Lift("nonsense", At(1)));
  EXPECT_TRUE(table.Lift("10.1.2.3", At(1)));
  EXPECT_FALSE(table.Lift("10.1.2.3", At(1)));
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), At(1)).has_value());
  EXPECT_EQ(table.size(), 0u);
  table.Add(NewBan("10.1.2.3", 2));
  EXPECT_TRUE(table.Find(Ip("10.1.2.3"), At(2)).has_value());
  EXPECT_FALSE(table.Lift("10.1.2.3", At(90)));
}

TEST(BanTableTest, TheLaterWordCounts) {
  BanTable table(10);
  const auto merge = [&table](const Ban& ban, bool is_lifted, int now) {
    return table.Merge({.ban = ban, .is_lifted = is_lifted, .from = "other"},
                       At(now));
  };
  EXPECT_EQ(Merged::kTaken, merge(NewBan("10.1.2.3", 5), false, 6));
  EXPECT_EQ(Merged::kNothingNew, merge(NewBan("10.1.2.3", 5), false, 6));
  EXPECT_EQ(Merged::kNothingNew, merge(NewBan("10.1.2.3", 4), false, 6));
  EXPECT_EQ(Merged::kTaken, merge(NewBan("10.1.2.3", 7), false, 8));
  EXPECT_TRUE(table.Lift("10.1.2.3", At(9)));
  // What another had to say before it was lifted.
  EXPECT_EQ(Merged::kIsLifted, merge(NewBan("10.1.2.3", 8), false, 10));
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), At(10)).has_value());
  EXPECT_EQ(Merged::kTaken, merge(NewBan("10.1.2.3", 11), false, 12));
  EXPECT_EQ(Merged::kTaken, merge(NewBan("10.1.2.3", 12), true, 12));
  EXPECT_FALSE(table.Find(Ip("10.1.2.3"), At(12)).has_value());
  // Over already.
  EXPECT_EQ(Merged::kNothingNew, merge(NewBan("10.9.9.9", 0), false, 100));
}

TEST(BanTableTest, ALiftIsKeptInMindUntilTheBanWouldBeOver) {
  BanTable table(10);
  table.Add(NewBan("10.1.2.3", 0, 10 * kMinute));
  // It says nothing of how long that was to last.
  EXPECT_EQ(Merged::kTaken,
            table.Merge({.ban = NewBan("10.1.2.3", 5, absl::Seconds(1)),
                         .is_lifted = true,
                         .from = "other"},
                        At(5)));
  table.Add(NewBan("10.9.9.9", 300));
  EXPECT_EQ(Merged::kIsLifted,
            table.Merge({.ban = NewBan("10.1.2.3", 0, 10 * kMinute),
                         .is_lifted = false,
                         .from = "other"},
                        At(300)));
}

TEST(BanTableTest, ChangesSinceAVersion) {
  BanTable table(10);
  table.Add(NewBan("10.0.0.1"));
  table.Add(NewBan("10.0.0.2"));
  EXPECT_EQ(Text(table.Since(0, 10, At(1))), "10.0.0.1/32 10.0.0.2/32");
  const BanTable::Changes first = table.Since(0, 1, At(1));
  EXPECT_EQ(Text(first), "10.0.0.1/32");
  const BanTable::Changes second = table.Since(first.version, 10, At(1));
  EXPECT_EQ(Text(second), "10.0.0.2/32");
  EXPECT_EQ(second.version, table.version());
  EXPECT_EQ(Text(table.Since(second.version, 10, At(1))), "");
  table.Lift("10.0.0.1", At(1));
  table.Add(NewBan("10.0.0.3", 1));
  EXPECT_EQ(Text(table.Since(second.version, 10, At(1))),
            "-10.0.0.1/32 10.0.0.3/32");
  // The last word on each, once.
  EXPECT_EQ(Text(table.Since(0, 10, At(1))),
            "10.0.0.2/32 -10.0.0.1/32 10.0.0.3/32");
  EXPECT_EQ(Text(table.Since(0, 10, At(60))), "10.0.0.3/32");
}

TEST(BanTableTest, RoomIsMadeByTheLiftedThenByWhatIsOverFirst) {
  BanTable table(3);
  Ban of_operator = NewBan("10.0.0.1", 0, kMinute / 2);
  of_operator.origin = kOperator;
  table.Add(of_operator);
  table.Add(NewBan("10.0.0.2", 0, 3 * kMinute));
  table.Add(NewBan("10.0.0.3", 0, 2 * kMinute));
  table.Lift("10.0.0.2", At(1));
  table.Add(NewBan("10.0.0.4", 2));
  EXPECT_EQ(Keys(table, At(2)), "10.0.0.1/32 10.0.0.3/32 10.0.0.4/32");
  table.Add(NewBan("10.0.0.5", 3, 9 * kMinute));
  EXPECT_EQ(Keys(table, At(3)), "10.0.0.1/32 10.0.0.3/32 10.0.0.5/32");
  EXPECT_EQ(table.evictions(), 2);
  of_operator.client = ParseBanClient("10.0.0.6").value();
  table.Add(of_operator);
  of_operator.client = ParseBanClient("10.0.0.7").value();
  table.Add(of_operator);
  EXPECT_EQ(Keys(table, At(3)), "10.0.0.1/32 10.0.0.6/32 10.0.0.7/32");
}

}  // namespace
}  // namespace pinnace::guard
