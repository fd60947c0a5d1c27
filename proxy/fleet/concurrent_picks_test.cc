// Workers share farms and pins: what holds for one holds for all together.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/fleet/outlier.h"
#include "proxy/fleet/pin_table.h"
#include "proxy/fleet/test_farm.h"

namespace pinnace::fleet {
namespace {

using testing::ClientAddress;
using testing::kNow;
using testing::NewFarm;
using testing::Prepared;

constexpr int kWorkers = 4;
constexpr int kPicks = 2000;  // of each

void OnWorkers(const std::function<void(int)>& work) {
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
}

std::map<std::string, int> PickOnWorkers(const Farm& farm) {
  OnWorkers([&](int worker) {
    for (int i = 0; i < kPicks; ++i) {
      const Backend* backend =
          Pick(farm, {.now = kNow,
                      .client = ClientAddress(
                          static_cast<uint32_t>(worker * kPicks + i))});
      backend->status->sessions.fetch_add(1);
    }
  });
  std::map<std::string, int> picked;
  for (const Backend& backend : farm.backends) {
    picked[backend.id] = static_cast<int>(backend.status->sessions);
  }
  return picked;
}

TEST(ConcurrentPicksTest, SharesHold) {
  for (const Balance balance : {Balance::kRoundRobin, Balance::kWeighted}) {
    const bool weighs = balance == Balance::kWeighted;
    std::map<std::string, int> picked =
        PickOnWorkers(Prepared(NewFarm(balance, {5, 2, 1})));
    EXPECT_NEAR(picked["a"], weighs ? 5000 : 2667, 1);
    EXPECT_NEAR(picked["b"], weighs ? 2000 : 2667, 1);
    EXPECT_NEAR(picked["c"], weighs ? 1000 : 2667, 1);
  }
  // Two may pick by the same numbers before either is counted.
  for (const Balance balance : {Balance::kLeastSessions, Balance::kP2c}) {
    std::map<std::string, int> picked =
        PickOnWorkers(Prepared(NewFarm(balance, {5, 2, 1})));
    EXPECT_NEAR(picked["a"], 5000, 100);
    EXPECT_NEAR(picked["b"], 2000, 100);
    EXPECT_NEAR(picked["c"], 1000, 100);
  }
}

// Health, ejections and new snapshots come while workers pick.
TEST(ConcurrentPicksTest, TheFarmChangesMeanwhile) {
  for (const Balance balance :
       {Balance::kRoundRobin, Balance::kWeighted, Balance::kLeastSessions,
        Balance::kP2c, Balance::kMaglev}) {
    Farm farm = NewFarm(balance, {5, 2, 1, 1});
    farm.slow_start = absl::Minutes(1);
    Fleet fleet;
    fleet.farms.push_back(farm);
    fleet.Prepare("", nullptr);
    std::atomic<int> nobody{0};
    OnWorkers([&](int worker) {
      const Farm& shared = fleet.farms[0];
      if (worker == 0) {
        for (int i = 0; i < 50; ++i) {
          const Backend& b = shared.backends[1 + i % 3];
          b.status->SetHealth(
              i % 2 == 0 ? Health::kUnhealthy : Health::kHealthy, kNow);
          NoteFailure(shared, shared.backends[i % 4], FailureKind::kConnect,
                      kNow + i * absl::Seconds(6));
          NoteSuccess(*b.status, FailureKind::kConnect);
          Fleet next;
          next.farms.push_back(farm);
          next.Prepare("", &fleet);
        }
        return;
      }
      for (int i = 0; i < 300; ++i) {
        nobody +=
            Pick(shared, {.now = kNow,
                          .client = ClientAddress(static_cast<uint32_t>(i))}) ==
            nullptr;
      }
    });
    EXPECT_EQ(nobody, 0);  // "a" is well all the time.
  }
}

TEST(ConcurrentPicksTest, OneIsLeftWhateverFails) {
  const Farm farm = Prepared([] {
    Farm four = NewFarm(Balance::kRoundRobin, {1, 1, 1, 1});
    four.outlier_ejection.most_percent = 100;
    return four;
  }());
  OnWorkers([&](int worker) {
    NoteFailure(farm, farm.backends[worker], FailureKind::kConnect, kNow);
  });
  int usable = 0;
  for (const Backend& backend : farm.backends) {
    usable += IsUsable(backend, kNow);
  }
  EXPECT_EQ(usable, 1);
}

TEST(ConcurrentPicksTest, FirstSessionsOfAClientMeet) {
  constexpr int kClients = 500;
  PinTable pins(kClients);
  std::vector<std::vector<BackendId>> met(kWorkers,
                                          std::vector<BackendId>(kClients));
  OnWorkers([&](int worker) {
    for (uint32_t i = 0; i < kClients; ++i) {
      met[worker][i] =
          pins.SetIfAbsent({"main", ClientAddress(i), {}},
                           std::string(1, static_cast<char>('a' + worker)),
                           kNow, kNow + absl::Seconds(10));
    }
  });
  for (int worker = 1; worker < kWorkers; ++worker) {
    EXPECT_EQ(met[worker], met[0]);
  }
  EXPECT_EQ(pins.size(), static_cast<size_t>(kClients));
}

}  // namespace
}  // namespace pinnace::fleet
