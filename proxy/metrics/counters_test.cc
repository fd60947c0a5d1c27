#include "proxy/metrics/counters.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace pinnace::metrics {
namespace {

TEST(CountersTest, EveryCounterHasARowOfItsOwn) {
  std::set<std::string> names;
  size_t index = 0;
  for (const CounterRow& row : CounterRows()) {
    EXPECT_EQ(static_cast<size_t>(row.counter), index++);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    // Prometheus: a counter's name ends so, and is made of these.
    EXPECT_TRUE(absl::EndsWith(row.name, "_total")) << row.name;
    EXPECT_EQ(
        std::string(row.name).find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
        std::string::npos)
        << row.name;
    EXPECT_TRUE(absl::EndsWith(row.help, ".")) << row.name;
  }
  EXPECT_EQ(index, static_cast<size_t>(Counter::kCount));
}

TEST(CountersTest, AddToSumsTheWorkers) {
  Counters one;
  Counters two;
  one.Add(Counter::kLogins);
  one.Add(Counter::kBytesToClients, 1'000'000'000'000);
  two.Add(Counter::kLogins, 2);
  CounterValues sum{};
  one.AddTo(sum);
  two.AddTo(sum);
  EXPECT_EQ(sum[static_cast<size_t>(Counter::kLogins)], 3);
  EXPECT_EQ(sum[static_cast<size_t>(Counter::kBytesToClients)],
            1'000'000'000'000);
  EXPECT_EQ(sum[static_cast<size_t>(Counter::kCommands)], 0);
}

}  // namespace
}  // namespace pinnace::metrics
