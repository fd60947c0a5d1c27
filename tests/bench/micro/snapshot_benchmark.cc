// A new snapshot is made from the news and the live facts of the former one,
// and each worker swaps its own pointer; one decision reads through that.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::snapshot {
namespace {

constexpr size_t kWorkers = 4;

SnapshotPtr NewSnapshot(int64_t backends) {
  fleet::Farm farm;
  farm.name = "main";
  for (int64_t i = 0; i < backends; ++i) {
    fleet::Backend backend;
    backend.id = absl::StrCat("backend-", i);
    backend.address = {absl::StrCat(backend.id, ".ftp.svc.cluster.local"), 21};
    farm.backends.push_back(std::move(backend));
  }
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->fleet.farms.push_back(std::move(farm));
  return snapshot;
}

void BM_Publish(benchmark::State& state) {
  const SnapshotPtr news = NewSnapshot(state.range(0));
  std::array<SnapshotPtr, kWorkers> workers;
  workers.fill(news);
  for (auto _ : state) {
    auto next = std::make_shared<Snapshot>(*news);
    next->fleet.Prepare("", &workers[0]->fleet);
    for (SnapshotPtr& snapshot : workers) snapshot = next;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Publish)->ArgName("backends")->Arg(3)->Arg(100);

void BM_Swap(benchmark::State& state) {
  SnapshotPtr worker = NewSnapshot(3);
  SnapshotPtr next = NewSnapshot(3);
  for (auto _ : state) {
    std::swap(worker, next);
    benchmark::DoNotOptimize(worker);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Swap);

void BM_Read(benchmark::State& state) {
  const SnapshotPtr worker = NewSnapshot(state.range(0));
  const std::string last = worker->fleet.farms[0].backends.back().id;
  for (auto _ : state) {
    const fleet::Farm* farm = worker->fleet.FindFarm("main");
    const fleet::Backend* backend = farm->FindBackend(last);
    benchmark::DoNotOptimize(backend);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Read)->ArgName("backends")->Arg(3)->Arg(100);

// What asking for it from outside costs: every holder counts in one place.
void BM_Hold(benchmark::State& state) {
  static const SnapshotPtr snapshot = NewSnapshot(3);
  for (auto _ : state) {
    SnapshotPtr held = snapshot;
    benchmark::DoNotOptimize(held);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Hold)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace pinnace::snapshot
