#include "proxy/guard/window_count.h"

#include "gtest/gtest.h"

namespace pinnace::guard {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(80);
absl::Time At(int seconds) { return absl::FromUnixSeconds(8000 + seconds); }

TEST(WindowCountTest, CountsTheWholeWindowAndUpToAnEighthMore) {
  WindowCount count;
  count.Add(At(0), kWindow);
  count.Add(At(0), kWindow);
  count.Add(At(30), kWindow);
  EXPECT_EQ(count.Sum(At(80), kWindow), 3);
  EXPECT_EQ(count.Sum(At(89), kWindow), 3);
  EXPECT_EQ(count.Sum(At(90), kWindow), 1);
  EXPECT_EQ(count.Sum(At(119), kWindow), 1);
  EXPECT_EQ(count.Sum(At(120), kWindow), 0);
  count.Add(At(100'000), kWindow);
  EXPECT_EQ(count.Sum(At(100'000), kWindow), 1);
}

TEST(WindowCountTest, SubtractsPartByPart) {
  WindowCount all;
  WindowCount one;
  all.Add(At(0), kWindow);
  for (WindowCount* count : {&all, &one}) count->Add(At(20), kWindow);
  all.Subtract(one, At(30), kWindow);
  EXPECT_EQ(all.Sum(At(30), kWindow), 1);
  EXPECT_EQ(all.Sum(At(90), kWindow), 0);
}

TEST(WindowCountTest, ClearsAndDoesNotOverflow) {
  WindowCount count;
  for (int i = 0; i < 70'000; ++i) count.Add(At(0), kWindow);
  EXPECT_EQ(count.Sum(At(0), kWindow), 65'535);
  count.Clear();
  EXPECT_EQ(count.Sum(At(0), kWindow), 0);
}

}  // namespace
}  // namespace pinnace::guard
