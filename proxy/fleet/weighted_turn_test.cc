#include "proxy/fleet/weighted_turn.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/fleet/mix.h"

namespace pinnace::fleet {
namespace {

std::string Turns(std::vector<int> weights, int times, uint64_t done = 0) {
  WeightedTurn turn(weights, done);
  std::string had;
  for (int i = 0; i < times; ++i) {
    had += static_cast<char>('a' + turn.Next());
  }
  return had;
}

TEST(WeightedTurnTest, IsSmooth) {
  EXPECT_EQ(Turns({5, 1, 1}, 14), "aabacaaaabacaa");
  EXPECT_EQ(Turns({1, 1, 1}, 6), "abcabc");
  EXPECT_EQ(Turns({4}, 3), "aaa");
  EXPECT_EQ(Turns({4, 2, 3}, 9), "acbacabca");
}

TEST(WeightedTurnTest, BeginsWhereItWould) {
  EXPECT_EQ(Turns({5, 1, 1}, 7, 2), "bacaaaa");
  EXPECT_EQ(Turns({5, 1, 1}, 7, 7), "aabacaa");
  EXPECT_EQ(Turns({5, 1, 1}, 7, 700'000'002), "bacaaaa");
}

// nginx's own way (ngx_http_upstream_get_peer), over all members.
std::vector<size_t> AsNginxHasIt(const std::vector<int>& weights, int times) {
  std::vector<int64_t> credit(weights.size());
  std::vector<size_t> had;
  for (int i = 0; i < times; ++i) {
    int64_t total = 0;
    size_t best = 0;
    for (size_t m = 0; m < weights.size(); ++m) {
      credit[m] += weights[m];
      total += weights[m];
      if (credit[m] > credit[best]) best = m;
    }
    credit[best] -= total;
    had.push_back(best);
  }
  return had;
}

TEST(WeightedTurnTest, ClassesAreOnlyFaster) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::vector<int> weights;
    for (uint64_t i = 0; i < 1 + Mix(seed) % 20; ++i) {
      weights.push_back(1 + static_cast<int>(Mix(seed * 100 + i) % 6));
    }
    WeightedTurn turn(weights);
    std::vector<size_t> had(200);
    std::generate(had.begin(), had.end(), [&] { return turn.Next(); });
    ASSERT_EQ(had, AsNginxHasIt(weights, 200)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace pinnace::fleet
