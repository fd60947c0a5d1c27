#include "proxy/gateway/policy_rates.h"

#include "gtest/gtest.h"

namespace pinnace::gateway {
namespace {

using policy::Policy;
using policy::PolicySet;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);
constexpr rates::TransferLimit kSlow = {.download = {.bytes_per_second = 2048}};

TEST(PolicyRatesTest, OfSessionAndUserOfEveryPolicyThatHolds) {
  rates::RateTable table(10);
  const auto set = std::make_shared<const PolicySet>(std::vector<Policy>{
      {.name = "a", .session_rate = kSlow, .user_rate = kSlow},
      {.name = "b", .user = "bert", .user_rate = kSlow},
      {.name = "c"}});
  const IpAddress client = *IpAddress::Parse("192.0.2.1");
  const policy::Restrictions anna(
      set, {.listener = "", .farm = "", .user = "anna", .client = client});
  const PolicyRates first = RatesOf(anna, 1, "anna", table, kNow);
  ASSERT_EQ(first.buckets.size(), 2u);
  const PolicyRates second = RatesOf(anna, 2, "anna", table, kNow);
  EXPECT_NE(first.buckets[0], second.buckets[0]);
  EXPECT_EQ(first.buckets[1], second.buckets[1]);
  const policy::Restrictions bert(
      set, {.listener = "", .farm = "", .user = "bert", .client = client});
  EXPECT_EQ(RatesOf(bert, 3, "bert", table, kNow).buckets.size(), 3u);
  EXPECT_TRUE(first.is_complete);
}

TEST(PolicyRatesTest, ANewSnapshotHoldsForWhoRuns) {
  rates::RateTable table(10);
  const auto bucket = table.Find("user/a", "anna", kSlow, kNow);
  const PolicySet without({{.name = "b", .user_rate = kSlow}});
  UpdateRates(&without, table, kNow);
  EXPECT_FALSE(bucket->download.is_limited());
  const PolicySet with({{.name = "a", .user_rate = kSlow}});
  UpdateRates(&with, table, kNow);
  EXPECT_TRUE(bucket->download.is_limited());
  UpdateRates(nullptr, table, kNow);
  EXPECT_FALSE(bucket->download.is_limited());
}

TEST(PolicyRatesTest, AFullTableIsTold) {
  rates::RateTable table(0);
  const auto set = std::make_shared<const PolicySet>(
      std::vector<Policy>{{.name = "a", .user_rate = kSlow}});
  const IpAddress client = *IpAddress::Parse("192.0.2.1");
  const policy::Restrictions anna(
      set, {.listener = "", .farm = "", .user = "anna", .client = client});
  EXPECT_FALSE(RatesOf(anna, 1, "anna", table, kNow).is_complete);
}

}  // namespace
}  // namespace pinnace::gateway
