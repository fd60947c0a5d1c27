// A lease is taken at PASV and claimed by the data connection, on any worker.
#include <cstdint>
#include <optional>
#include <vector>

#include "benchmark/benchmark.h"
#include "proxy/base/address.h"
#include "proxy/base/check.h"
#include "proxy/ports/lease_table.h"

namespace pinnace::ports {
namespace {

std::vector<IpAddress> NewClients(int64_t count) {
  std::vector<IpAddress> clients;
  for (int64_t i = 0; i < count; ++i) {
    clients.push_back(IpAddress::FromIpv4(
        {10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}));
  }
  return clients;
}

// Every thread is a worker; all share the table, as in a gateway.
void BM_TakeAndClaim(benchmark::State& state) {
  static LeaseTable leases(
      {.pool = {{50000, 50099}}},
      [](const LeaseOwner&, const IpAddress&, uint16_t) {});
  const std::vector<IpAddress> clients = NewClients(state.range(0));
  const LeaseOwner owner = {
      .session = static_cast<SessionId>(state.thread_index()), .data_path = 1};
  size_t next = clients.size() / 2 * static_cast<size_t>(state.thread_index());
  for (auto _ : state) {
    const IpAddress& client = clients[next++ % clients.size()];
    const LeaseTable::Taken taken = leases.Take(owner, client, std::nullopt);
    PINNACE_CHECK(leases.Claim(taken.port, client).has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_TakeAndClaim)
    ->ArgName("clients")
    ->Arg(1)
    ->Arg(1000)
    ->ThreadRange(1, 2)
    ->UseRealTime();

}  // namespace
}  // namespace pinnace::ports
