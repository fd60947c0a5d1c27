#include "proxy/fleet/slow_start.h"

#include <map>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "proxy/fleet/test_farm.h"

namespace pinnace::fleet {
namespace {

using testing::Fill;
using testing::kNow;
using testing::NewBackend;
using testing::NewFarm;
using testing::PickMany;
using testing::Prepared;

constexpr absl::Duration kSlowStart = absl::Seconds(100);

TEST(SlowStartTest, GrowsInALineFromATenth) {
  Farm farm = NewFarm(Balance::kRoundRobin, {1});
  const Backend& backend = farm.backends[0];
  backend.status->SetHealth(Health::kUnhealthy, kNow);
  backend.status->SetHealth(Health::kHealthy, kNow);
  EXPECT_EQ(ShareNow(farm, backend, kNow), kFullShare);  // none is set
  farm.slow_start = kSlowStart;
  EXPECT_EQ(ShareNow(farm, backend, kNow - absl::Seconds(1)), 100);
  EXPECT_EQ(ShareNow(farm, backend, kNow), 100);
  EXPECT_EQ(ShareNow(farm, backend, kNow + absl::Seconds(50)), 550);
  EXPECT_EQ(ShareNow(farm, backend, kNow + absl::Seconds(99)), 991);
  EXPECT_EQ(ShareNow(farm, backend, kNow + kSlowStart), kFullShare);
}

TEST(SlowStartTest, NotForThoseThatWereThereFromTheStart) {
  Farm farm = NewFarm(Balance::kRoundRobin, {1});
  farm.slow_start = kSlowStart;
  farm = Prepared(farm);
  EXPECT_EQ(ShareNow(farm, farm.backends[0], kNow), kFullShare);
  farm.backends[0].status->SetHealth(Health::kHealthy, kNow);
  EXPECT_EQ(ShareNow(farm, farm.backends[0], kNow), kFullShare);
}

Fleet FleetOf(Farm farm) {
  Fleet fleet;
  fleet.farms.push_back(std::move(farm));
  return fleet;
}

TEST(SlowStartTest, OneOfALaterSnapshotIsNew) {
  Farm farm = NewFarm(Balance::kRoundRobin, {1});
  farm.slow_start = kSlowStart;
  Fleet former = FleetOf(farm);
  former.Prepare("", nullptr);
  farm.backends.push_back(NewBackend("new"));
  farm.backends.push_back(NewBackend("probed"));
  Fleet next = FleetOf(farm);
  next.Prepare("", &former);
  const Farm& now = next.farms[0];
  const BackendStatus& status = *now.FindBackend("new")->status;
  EXPECT_EQ(status.healthy_since(), absl::InfiniteFuture());
  // It begins when the balancer comes upon it, or with a probe before that.
  EXPECT_EQ(ShareNow(now, *now.FindBackend("new"), kNow), 100);
  EXPECT_EQ(status.healthy_since(), kNow);
  now.FindBackend("new")->status->SetHealth(Health::kHealthy,
                                            kNow + absl::Seconds(50));
  EXPECT_EQ(status.healthy_since(), kNow);
  now.FindBackend("probed")->status->SetHealth(Health::kHealthy,
                                               kNow - absl::Seconds(50));
  EXPECT_EQ(ShareNow(now, *now.FindBackend("probed"), kNow), 550);
  // The next snapshot does not make it new again.
  Fleet after = FleetOf(farm);
  after.farms[0].backends.pop_back();
  after.Prepare("", &next);
  EXPECT_EQ(after.farms[0].FindBackend("new")->status->healthy_since(), kNow);
}

// In percent of its full share, at so many seconds.
double ShareOfB(Balance balance, int second) {
  Farm farm = NewFarm(balance, {2, 2, 2});
  farm.slow_start = kSlowStart;
  farm.backends[1].status->MarkNew();
  farm.backends[1].status->EndNewness(kNow);
  const std::map<std::string, int> picked =
      PickMany(Prepared(farm), 20'000, kNow + absl::Seconds(second));
  return 200.0 * picked.at("b") / (picked.at("a") + picked.at("c"));
}

TEST(SlowStartTest, DrawsFollowTheLine) {
  for (const Balance balance : {Balance::kRoundRobin, Balance::kWeighted}) {
    EXPECT_NEAR(ShareOfB(balance, 0), 10, 2);
    EXPECT_NEAR(ShareOfB(balance, 30), 37, 3);
    EXPECT_NEAR(ShareOfB(balance, 60), 64, 3);
    EXPECT_NEAR(ShareOfB(balance, 100), 100, 1);
  }
}

// Sessions that stay: it is filled up to its share for the moment.
TEST(SlowStartTest, LoadsFollowTheLine) {
  for (const Balance balance : {Balance::kLeastSessions, Balance::kP2c}) {
    Farm farm = NewFarm(balance, {1, 1, 1});
    farm.slow_start = kSlowStart;
    farm.backends[1].status->MarkNew();
    farm.backends[1].status->EndNewness(kNow);
    farm = Prepared(farm);
    std::map<std::string, int> picked = Fill(farm, 2100);
    EXPECT_NEAR(picked["b"], 100, 5);
    picked = Fill(farm, 2000, kNow + kSlowStart);
    EXPECT_NEAR(picked["b"], 1267, 20);
  }
}

}  // namespace
}  // namespace pinnace::fleet
