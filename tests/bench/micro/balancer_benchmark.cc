// The choice of a backend for a new session.
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "proxy/fleet/balancer.h"

namespace pinnace::fleet {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);

Farm NewFarm(Balance balance, int64_t backends) {
  Farm farm;
  farm.name = "main";
  farm.balance = balance;
  for (int64_t i = 0; i < backends; ++i) {
    Backend backend;
    backend.id = absl::StrCat("backend-", i);
    backend.status->sessions = i % 7;
    farm.backends.push_back(std::move(backend));
  }
  return farm;
}

void BM_Pick(benchmark::State& state, Balance balance) {
  const Farm farm = NewFarm(balance, state.range(0));
  for (auto _ : state) {
    const Backend* backend = Pick(farm, {.now = kNow});
    benchmark::DoNotOptimize(backend);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(BM_Pick, round_robin, Balance::kRoundRobin)
    ->ArgName("backends")
    ->Arg(3)
    ->Arg(100);
BENCHMARK_CAPTURE(BM_Pick, least_sessions, Balance::kLeastSessions)
    ->ArgName("backends")
    ->Arg(3)
    ->Arg(100);

}  // namespace
}  // namespace pinnace::fleet
