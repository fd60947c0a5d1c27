#include "proxy/base/steady_clock.h"

#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace pinnace {
namespace {

TEST(SteadyClockTest, BeginsWithTheWallClock) {
  const absl::Time before = absl::Now();
  const absl::Time steady = SteadyNow();
  EXPECT_GE(steady, before - absl::Seconds(1));
  EXPECT_LE(steady, absl::Now() + absl::Seconds(1));
}

TEST(SteadyClockTest, IsOneForAllThreads) {
  const absl::Time before = SteadyNow();
  absl::Time of_another;
  std::thread([&] { of_another = SteadyNow(); }).join();
  EXPECT_LE(before, of_another);
  EXPECT_LE(of_another, SteadyNow());
}

}  // namespace
}  // namespace pinnace
