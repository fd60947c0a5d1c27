#include "proxy/fleet/alias_table.h"

#include <vector>

#include "gtest/gtest.h"
#include "proxy/fleet/mix.h"

namespace pinnace::fleet {
namespace {

TEST(AliasTableTest, DrawsByWeight) {
  const std::vector<int> weights = {1, 1000, 7, 7, 300, 1, 50, 634};  // 2000
  const AliasTable table(weights);
  std::vector<int> drawn(weights.size());
  for (uint64_t i = 0; i < 2'000'000; ++i) ++drawn[table.Draw(Mix(i))];
  for (size_t i = 0; i < weights.size(); ++i) {
    const double expected = weights[i] * 1000.0;
    EXPECT_NEAR(drawn[i], expected, 0.01 * expected + 100) << i;
  }
}

TEST(AliasTableTest, EveryChanceDrawsSomebody) {
  const AliasTable one(std::vector<int>{5});
  EXPECT_EQ(one.Draw(0), 0u);
  EXPECT_EQ(one.Draw(~uint64_t{0}), 0u);
  const AliasTable three(std::vector<int>{1, 1, 1});
  EXPECT_EQ(three.Draw(0), 0u);
  EXPECT_EQ(three.Draw(~uint64_t{0}), 2u);
}

}  // namespace
}  // namespace pinnace::fleet
