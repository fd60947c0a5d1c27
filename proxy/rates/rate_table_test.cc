#include "proxy/rates/rate_table.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::rates {
namespace {

constexpr TransferLimit kSlow = {.download = {.bytes_per_second = 1024}};
const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

TEST(RateTableTest, OneUserHasOneBucketPerRule) {
  RateTable table(10);
  const auto first = table.Find("rule", "anna", kSlow, kNow);
  EXPECT_EQ(table.Find("rule", "anna", kSlow, kNow), first);
  EXPECT_NE(table.Find("rule", "bert", kSlow, kNow), first);
  EXPECT_NE(table.Find("other", "anna", kSlow, kNow), first);
  EXPECT_TRUE(first->download.is_limited());
  EXPECT_FALSE(first->upload.is_limited());
}

TEST(RateTableTest, ARuleThatChangesHoldsForWhoRunsAlready) {
  RateTable table(10);
  const auto anna = table.Find("rule", "anna", kSlow, kNow);
  const auto bert = table.Find("other", "bert", kSlow, kNow);
  table.Update({{"other", kSlow}}, kNow);
  EXPECT_FALSE(anna->download.is_limited());
  EXPECT_TRUE(bert->download.is_limited());
  // Who has not heard of it yet does not bring the former limit back.
  EXPECT_FALSE(table.Find("rule", "anna", kSlow, kNow)->download.is_limited());
}

TEST(RateTableTest, WhoComesAgainHasNotPaidByGoing) {
  RateTable table(1000);
  table.Find("rule", "anna", kSlow, kNow)->download.Take(1024 * 1024, kNow);
  for (int i = 0; i < 500; ++i) {
    table.Find("rule", absl::StrCat(i), kSlow, kNow);
  }
  EXPECT_GT(table.Find("rule", "anna", kSlow, kNow)->download.Take(1, kNow),
            kNow + absl::Minutes(10));
}

TEST(RateTableTest, IsBoundedAndForgetsWhoIsGone) {
  RateTable table(100);
  std::vector<std::shared_ptr<TransferBuckets>> held;
  for (int i = 0; i < 100; ++i) {
    held.push_back(table.Find("rule", absl::StrCat(i), kSlow, kNow));
    ASSERT_NE(held.back(), nullptr);
  }
  EXPECT_EQ(table.Find("rule", "one more", kSlow, kNow), nullptr);
  held.clear();
  EXPECT_NE(table.Find("rule", "one more", kSlow, kNow), nullptr);
  for (int i = 0; i < 10'000; ++i) {
    table.Find("rule", absl::StrCat(i), kSlow, kNow);
  }
  EXPECT_LE(table.size(), 100u);
}

}  // namespace
}  // namespace pinnace::rates
