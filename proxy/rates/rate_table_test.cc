#include "proxy/rates/rate_table.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::rates {
namespace {

constexpr TransferLimit kSlow = {.download = {.bytes_per_second = 1024}};

TEST(RateTableTest, OneUserHasOneBucketPerRule) {
  RateTable table(10);
  const auto first = table.Find("rule", "anna", kSlow);
  EXPECT_EQ(table.Find("rule", "anna", kSlow), first);
  EXPECT_NE(table.Find("rule", "bert", kSlow), first);
  EXPECT_NE(table.Find("other", "anna", kSlow), first);
  EXPECT_TRUE(first->download.is_limited());
  EXPECT_FALSE(first->upload.is_limited());
}

TEST(RateTableTest, ARuleThatChangesHoldsForWhoRunsAlready) {
  RateTable table(10);
  const auto anna = table.Find("rule", "anna", kSlow);
  const auto bert = table.Find("other", "bert", kSlow);
  table.Update([](absl::string_view rule) {
    return rule == "rule" ? TransferLimit() : kSlow;
  });
  EXPECT_FALSE(anna->download.is_limited());
  EXPECT_TRUE(bert->download.is_limited());
}

TEST(RateTableTest, IsBoundedAndForgetsWhoIsGone) {
  RateTable table(100);
  std::vector<std::shared_ptr<TransferBuckets>> held;
  for (int i = 0; i < 100; ++i) {
    held.push_back(table.Find("rule", absl::StrCat(i), kSlow));
    ASSERT_NE(held.back(), nullptr);
  }
  EXPECT_EQ(table.Find("rule", "one more", kSlow), nullptr);
  held.clear();
  EXPECT_NE(table.Find("rule", "one more", kSlow), nullptr);
  for (int i = 0; i < 10'000; ++i) table.Find("rule", absl::StrCat(i), kSlow);
  EXPECT_LE(table.size(), 100u);
}

}  // namespace
}  // namespace pinnace::rates
