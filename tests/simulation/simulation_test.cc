// Storms of sessions in virtual time. A run is its seed: give it back with
//   --seed=N  or  PINNACE_SEED=N,  and --sessions=N or PINNACE_SESSIONS=N;
// --show=N prints what session N of it sees and does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <iterator>
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

void Add(const ModelGateway::Tally& tally, ModelGateway::Tally* sum) {
  sum->downloads += tally.downloads;
  sum->uploads += tally.uploads;
  sum->aborts += tally.aborts;
  sum->ends += tally.ends;
  sum->strangers += tally.strangers;
  sum->mistaken += tally.mistaken;
  for (const auto& [reason, count] : tally.ends_by_reason) {
    sum->ends_by_reason[reason] += count;
  }
}

// A storm that never gets somewhere shows nothing there.
void ExpectToHaveSeenAll(const ModelGateway::Tally& tally,
                         const metrics::CounterValues& counters) {
  EXPECT_GT(tally.downloads, tally.ends / 10);
  EXPECT_GT(tally.uploads, tally.ends / 10);
  EXPECT_GT(tally.aborts, 0);
  EXPECT_GT(tally.strangers, 0);
  for (int i = 0; i <= static_cast<int>(session::EndReason::kBackendDrained);
       ++i) {
    const absl::string_view reason =
        session::EndReasonName(static_cast<session::EndReason>(i));
    EXPECT_TRUE(tally.ends_by_reason.contains(std::string(reason))) << reason;
  }
  // What only the shell counts: the model has no door and no pipes. And a table
  // that is too large for a storm to fill.
  constexpr metrics::Counter kOfTheShell[] = {
      metrics::Counter::kSessionsRefused,
      metrics::Counter::kPipeSizesRefused,
      metrics::Counter::kPipesRefused,
      metrics::Counter::kUnmatchedConnections,
      metrics::Counter::kForeignSlices,
      metrics::Counter::kFxpConnections,
      metrics::Counter::kRatesFull,
      metrics::Counter::kProxyHeaders,
      metrics::Counter::kProxySourcesRefused,
      metrics::Counter::kProxyHeadersMalformed,
      metrics::Counter::kProxyHeadersMissing,
      metrics::Counter::kProxyWaitingFull,
      metrics::Counter::kBannedRefused,
      metrics::Counter::kAddressSessionsRefused,
      metrics::Counter::kConnectionRateRefused,
      metrics::Counter::kDescriptorsRefused,
      metrics::Counter::kMemoryRefused,
      metrics::Counter::kAcceptShortages,
      metrics::Counter::kBytesToClients,
      metrics::Counter::kBytesToBackends,
      metrics::Counter::kTimelineEntriesDropped,
      metrics::Counter::kSessionCountsFull,
  };
  for (const metrics::CounterRow& row : metrics::CounterRows()) {
    if (std::ranges::find(kOfTheShell, row.counter) != std::end(kOfTheShell)) {
      continue;
    }
    EXPECT_GT(counters[static_cast<size_t>(row.counter)], 0) << row.name;
  }
}

void Print(const ModelGateway::Tally& tally,
           const metrics::CounterValues& counters) {
  std::cout << tally.downloads << " downloads and " << tally.uploads
            << " uploads whole, " << tally.aborts << " ABOR, "
            << tally.strangers << " strangers, " << tally.mistaken
            << " came to a port leased anew\n";
  for (const auto& [reason, count] : tally.ends_by_reason) {
    std::cout << "  ended " << reason << " " << count << "\n";
  }
  for (const metrics::CounterRow& row : metrics::CounterRows()) {
    std::cout << "  " << row.name << " "
              << counters[static_cast<size_t>(row.counter)] << "\n";
  }
}

TEST(SimulationTest, AStormEndsWithEveryGaugeAtZero) {
  std::cout << "seed " << g_seed << ", " << g_sessions << " sessions"
            << std::endl;
  ModelGateway::Tally tally;
  metrics::CounterValues counters{};
  uint64_t seed = g_seed;
  for (int left = g_sessions; left > 0; left -= kSessionsPerGateway, ++seed) {
    ModelGateway gateway(seed);
    gateway.Show(g_shown);
    gateway.Run(std::min(left, kSessionsPerGateway));
    Expect(gateway, seed);
    if (HasFailure()) return;
    Add(gateway.tally(), &tally);
    gateway.AddCounters(counters);
  }
  Print(tally, counters);
  EXPECT_EQ(tally.ends, g_sessions);
  if (g_sessions >= 10'000) ExpectToHaveSeenAll(tally, counters);
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
