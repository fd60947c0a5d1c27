// The choice of a backend for a new session, and what a new snapshot costs
// before it can be made.
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "proxy/base/address.h"
#include "proxy/base/check.h"
#include "proxy/fleet/balancer.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::fleet {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);

// All are well; `weights` different weights.
Fleet NewFleet(Balance balance, int64_t backends, int64_t weights) {
  Farm farm;
  farm.name = "main";
  farm.balance = balance;
  for (int64_t i = 0; i < backends; ++i) {
    Backend backend;
    backend.id = absl::StrCat("backend-", i);
    backend.address = {absl::StrCat(backend.id, ".ftp.svc.cluster.local"), 21};
    backend.weight = static_cast<int>(1 + i % weights);
    backend.status->sessions = i % 7;
    farm.backends.push_back(std::move(backend));
  }
  Fleet fleet;
  fleet.farms.push_back(std::move(farm));
  return fleet;
}

void BM_Pick(benchmark::State& state, Balance balance, int64_t weights) {
  Fleet fleet = NewFleet(balance, state.range(0), weights);
  fleet.Prepare("", nullptr);
  const Farm& farm = fleet.farms[0];
  uint32_t client = 0;
  for (auto _ : state) {
    ++client;
    const IpAddress address = IpAddress::FromIpv4(
        {10, static_cast<uint8_t>(client >> 16),
         static_cast<uint8_t>(client >> 8), static_cast<uint8_t>(client)});
    const Backend* backend = Pick(farm, {.now = kNow, .client = address});
    PINNACE_CHECK(backend != nullptr);
    benchmark::DoNotOptimize(backend);
  }
  state.SetItemsProcessed(state.iterations());
}
void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("backends")->Arg(10)->Arg(100)->Arg(1000)->Arg(10'000);
}
BENCHMARK_CAPTURE(BM_Pick, round_robin, Balance::kRoundRobin, 5)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Pick, weighted, Balance::kWeighted, 5)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Pick, p2c, Balance::kP2c, 5)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Pick, maglev, Balance::kMaglev, 5)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Pick, least_sessions, Balance::kLeastSessions, 5)
    ->Apply(Sizes);
// As many weights as there can be: what a turn costs grows with them.
BENCHMARK_CAPTURE(BM_Pick, weighted_by_1000_weights, Balance::kWeighted, 1000)
    ->ArgName("backends")
    ->Arg(10'000);

// A snapshot in which the farm's backends are the same, and one in which one
// more is there.
void BM_Prepare(benchmark::State& state, Balance balance, int64_t more) {
  Fleet former = NewFleet(balance, state.range(0), 5);
  former.Prepare("", nullptr);
  const Fleet news = NewFleet(balance, state.range(0) + more, 5);
  for (auto _ : state) {
    state.PauseTiming();
    Fleet next = news;
    state.ResumeTiming();
    next.Prepare("", &former);
    state.PauseTiming();
    next = Fleet();
    state.ResumeTiming();
  }
}
BENCHMARK_CAPTURE(BM_Prepare, same, Balance::kMaglev, 0)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Prepare, one_more_p2c, Balance::kP2c, 1)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Prepare, one_more_maglev, Balance::kMaglev, 1)
    ->Apply(Sizes);

}  // namespace
}  // namespace pinnace::fleet
