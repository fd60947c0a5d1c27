// Whole operations of the protocol core, without its shell.
#include "benchmark/benchmark.h"
#include "tests/bench/micro/core_driver.h"

namespace pinnace::bench {
namespace {

template <void (CoreDriver::*kOperation)()>
void BM_Core(benchmark::State& state) {
  CoreDriver driver;
  driver.Login();
  for (auto _ : state) (driver.*kOperation)();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Core<&CoreDriver::Login>)->Name("BM_Login");
BENCHMARK(BM_Core<&CoreDriver::Noop>)->Name("BM_Noop");
BENCHMARK(BM_Core<&CoreDriver::Retr>)->Name("BM_PasvRetr");
BENCHMARK(BM_Core<&CoreDriver::Stor>)->Name("BM_EpsvStor");

}  // namespace
}  // namespace pinnace::bench
