// Storms of sessions in virtual time. A run is its seed: give it back with
//   --seed=N  or  PINNACE_SEED=N,  and --sessions=N or PINNACE_SESSIONS=N;
// --show=N prints what session N of it sees and does.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/simulation/model_gateway.h"

namespace pinnace::simulation {
namespace {

constexpr int kSessionsPerGateway = 200;

uint64_t g_seed = 20260101;
int g_sessions = 10'000;
int g_shown = -1;

void Expect(const ModelGateway& gateway, uint64_t seed) {
  EXPECT_TRUE(gateway.faults().empty())
      << "--seed=" << seed << " --sessions=" << kSessionsPerGateway << "\n"
      << absl::StrJoin(gateway.faults(), "\n");
  EXPECT_TRUE(gateway.Leftovers().empty())
      << "--seed=" << seed << " --sessions=" << kSessionsPerGateway << "\n"
      << absl::StrJoin(gateway.Leftovers(), "\n");
}

TEST(SimulationTest, AStormEndsWithEveryGaugeAtZero) {
  std::printf("seed %llu, %d sessions\n",
              static_cast<unsigned long long>(g_seed), g_sessions);
  ModelGateway::Tally sum;
  uint64_t seed = g_seed;
  for (int left = g_sessions; left > 0; left -= kSessionsPerGateway, ++seed) {
    ModelGateway gateway(seed);
    gateway.Show(g_shown);
    gateway.Run(std::min(left, kSessionsPerGateway));
    Expect(gateway, seed);
    if (HasFailure()) return;
    const ModelGateway::Tally& tally = gateway.tally();
    sum.downloads += tally.downloads;
    sum.uploads += tally.uploads;
    sum.aborts += tally.aborts;
    sum.ends += tally.ends;
    sum.strangers += tally.strangers;
    sum.mistaken += tally.mistaken;
  }
  std::printf(
      "%lld ended, %lld downloads and %lld uploads whole, %lld ABOR\n",
      static_cast<long long>(sum.ends), static_cast<long long>(sum.downloads),
      static_cast<long long>(sum.uploads), static_cast<long long>(sum.aborts));
  std::printf("%lld strangers, %lld came to a port leased anew\n",
              static_cast<long long>(sum.strangers),
              static_cast<long long>(sum.mistaken));
  EXPECT_EQ(sum.ends, g_sessions);
  // A storm in which nothing succeeds shows nothing.
  EXPECT_GT(sum.downloads, g_sessions / 10);
  EXPECT_GT(sum.uploads, g_sessions / 10);
}

TEST(SimulationTest, ASeedReplaysExactly) {
  ModelGateway first(g_seed);
  ModelGateway second(g_seed);
  ModelGateway other(g_seed + 1);
  first.Run(100);
  second.Run(100);
  other.Run(100);
  EXPECT_EQ(first.trace(), second.trace());
  EXPECT_NE(first.trace(), other.trace());
}

void Take(absl::string_view text) {
  absl::string_view value = text;
  if (absl::ConsumePrefix(&value, "--seed=")) {
    (void)absl::SimpleAtoi(value, &g_seed);
  } else if (absl::ConsumePrefix(&value, "--sessions=")) {
    (void)absl::SimpleAtoi(value, &g_sessions);
  } else if (absl::ConsumePrefix(&value, "--show=")) {
    (void)absl::SimpleAtoi(value, &g_shown);
  }
}

}  // namespace
}  // namespace pinnace::simulation

int main(int argc, char** argv) {
  using pinnace::simulation::Take;
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) Take(argv[i]);
  if (const char* seed = std::getenv("PINNACE_SEED")) {
    Take(absl::StrCat("--seed=", seed));
  }
  if (const char* sessions = std::getenv("PINNACE_SESSIONS")) {
    Take(absl::StrCat("--sessions=", sessions));
  }
  return RUN_ALL_TESTS();
}
