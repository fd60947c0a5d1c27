// Farms made by hand, and sessions that come one after the other. For tests
// only.
#ifndef PINNACE_PROXY_FLEET_TEST_FARM_H_
#define PINNACE_PROXY_FLEET_TEST_FARM_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/fleet/balancer.h"
#include "proxy/fleet/fleet.h"

namespace pinnace::fleet::testing {

inline const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);

inline Backend NewBackend(std::string id) {
  Backend backend;
  backend.address = {absl::StrCat("host-", id), 21};
  backend.id = std::move(id);
  return backend;
}

// "a" to "z", then "b26", ...
inline std::string LetterId(size_t i) {
  return i < 26 ? std::string(1, static_cast<char>('a' + i))
                : absl::StrCat("b", i);
}

// With a backend for each weight.
inline Farm NewFarm(Balance balance, std::vector<int> weights) {
  Farm farm;
  farm.name = "main";
  farm.balance = balance;
  for (size_t i = 0; i < weights.size(); ++i) {
    farm.backends.push_back(NewBackend(LetterId(i)));
    farm.backends.back().weight = weights[i];
  }
  return farm;
}

inline Farm Prepared(Farm farm, absl::string_view gateway_zone = "") {
  Fleet fleet;
  fleet.farms.push_back(std::move(farm));
  fleet.Prepare(gateway_zone, nullptr);
  return fleet.farms[0];
}

// Client number `i`: 10.x.y.z.
inline IpAddress ClientAddress(uint32_t i) {
  return IpAddress::FromIpv4({10, static_cast<uint8_t>(i >> 16),
                              static_cast<uint8_t>(i >> 8),
                              static_cast<uint8_t>(i)});
}

struct Ask {
  absl::Time now = kNow;
  std::vector<BackendId> tried = {};
  uint32_t client = 0;
  std::string user = {};
};

inline std::string PickId(const Farm& farm, const Ask& ask = {}) {
  const Backend* backend = Pick(farm, {.now = ask.now,
                                       .tried = ask.tried,
                                       .client = ClientAddress(ask.client),
                                       .user = ask.user});
  return backend == nullptr ? "none" : backend->id;
}

// Sessions that end before the next comes, each of another client: only the
// policy counts.
inline std::map<std::string, int> PickMany(const Farm& farm, int times,
                                           absl::Time now = kNow) {
  std::map<std::string, int> picked;
  for (int i = 0; i < times; ++i) {
    ++picked[PickId(farm, {.now = now, .client = static_cast<uint32_t>(i)})];
  }
  return picked;
}

// Sessions that stay: each counts itself in.
inline std::map<std::string, int> Fill(const Farm& farm, int times,
                                       absl::Time now = kNow) {
  std::map<std::string, int> picked;
  for (int i = 0; i < times; ++i) {
    const std::string id =
        PickId(farm, {.now = now, .client = static_cast<uint32_t>(i)});
    ++picked[id];
    if (id != "none") ++farm.FindBackend(id)->status->sessions;
  }
  return picked;
}

inline void Eject(const Backend& backend, absl::Time until) {
  backend.status->outlier.Eject(FailureKind::kConnect, until);
}

}  // namespace pinnace::fleet::testing

#endif  // PINNACE_PROXY_FLEET_TEST_FARM_H_
