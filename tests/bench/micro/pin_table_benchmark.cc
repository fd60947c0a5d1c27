// Pins: looked up at USER, made and renewed while a session lives.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "proxy/base/address.h"
#include "proxy/base/check.h"
#include "proxy/fleet/pin_table.h"

namespace pinnace::fleet {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);
const absl::Time kExpires = kNow + absl::Minutes(30);
constexpr uint32_t kClients = 10'000;

PinTable::Client Client(uint32_t i) {
  return {.farm = "main",
          .address = IpAddress::FromIpv4({10, static_cast<uint8_t>(i >> 16),
                                          static_cast<uint8_t>(i >> 8),
                                          static_cast<uint8_t>(i)})};
}

// Every thread is a worker; all share the table, as in a gateway.
PinTable& SharedPins() {
  static PinTable* pins = [] {
    auto* table = new PinTable(kClients);
    for (uint32_t i = 0; i < kClients; ++i) {
      table->Renew(Client(i), "backend-1", kNow, kExpires);
    }
    return table;
  }();
  return *pins;
}

void BM_FindPin(benchmark::State& state) {
  PinTable& pins = SharedPins();
  uint32_t i = kClients / 2 * static_cast<uint32_t>(state.thread_index());
  for (auto _ : state) {
    PINNACE_CHECK(pins.Find(Client(i++ % kClients), kNow).has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_FindPin)->ThreadRange(1, 2)->UseRealTime();

// A farm that pins by user, with names as people have them.
void BM_FindPinOfUser(benchmark::State& state) {
  std::vector<std::string> users;
  PinTable pins(kClients);
  for (uint32_t i = 0; i < kClients; ++i) {
    users.push_back(absl::StrCat("user.number-", i));
    pins.Renew({.farm = "main", .user = users.back()}, "backend-1", kNow,
               kExpires);
  }
  uint32_t i = 0;
  for (auto _ : state) {
    PINNACE_CHECK(
        pins.Find({.farm = "main", .user = users[i++ % kClients]}, kNow)
            .has_value());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_FindPinOfUser);

void BM_RenewPin(benchmark::State& state) {
  PinTable& pins = SharedPins();
  uint32_t i = kClients / 2 * static_cast<uint32_t>(state.thread_index());
  for (auto _ : state) {
    pins.Renew(Client(i++ % kClients), "backend-1", kNow, kExpires);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_RenewPin)->ThreadRange(1, 2)->UseRealTime();

// In a full table: the pin used least recently makes room.
void BM_NewPin(benchmark::State& state) {
  PinTable pins(kClients);
  uint32_t i = 0;
  for (auto _ : state) {
    pins.Renew(Client(i++), "backend-1", kNow, kExpires);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_NewPin);

}  // namespace
}  // namespace pinnace::fleet
