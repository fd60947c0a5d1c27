#include "proxy/fleet/fleet.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/fleet/test_farm.h"

namespace pinnace::fleet {
namespace {

Backend At(std::string id, std::string host) {
  Backend backend;
  backend.id = std::move(id);
  backend.address = {std::move(host), 21};
  return backend;
}

Fleet OneFarm(std::string name, std::vector<Backend> backends) {
  Farm farm;
  farm.name = std::move(name);
  farm.backends = std::move(backends);
  Fleet fleet;
  fleet.farms.push_back(std::move(farm));
  return fleet;
}

TEST(FleetTest, FindsByName) {
  const Fleet fleet = OneFarm("main", {At("a", "h"), At("b", "h")});
  ASSERT_NE(fleet.FindFarm("main"), nullptr);
  EXPECT_EQ(fleet.FindFarm("Main"), nullptr);
  EXPECT_EQ(fleet.FindFarm("main")->FindBackend("b")->id, "b");
  EXPECT_EQ(fleet.FindFarm("main")->FindBackend("c"), nullptr);
}

// What is known of a backend outlives a new snapshot, unless it is another
// server under the old name.
TEST(FleetTest, InheritsLiveFactsOfWhatIsTheSame) {
  const Fleet former =
      OneFarm("main", {At("same", "h1"), At("moved", "h2"), At("gone", "h3")});
  Fleet now =
      OneFarm("main", {At("moved", "h9"), At("same", "h1"), At("new", "h4")});
  now.Prepare("", &former);
  const Farm& before = former.farms[0];
  const Farm& after = now.farms[0];
  EXPECT_EQ(after.progress, before.progress);
  EXPECT_EQ(after.FindBackend("same")->status,
            before.FindBackend("same")->status);
  EXPECT_NE(after.FindBackend("moved")->status,
            before.FindBackend("moved")->status);
  EXPECT_NE(after.FindBackend("new")->status, nullptr);

  Fleet other = OneFarm("other", {At("same", "h1")});
  other.Prepare("", &former);
  EXPECT_NE(other.farms[0].progress, before.progress);
  EXPECT_NE(other.farms[0].backends[0].status,
            before.FindBackend("same")->status);
}

TEST(FleetTest, FindsWhenPrepared) {
  Fleet fleet = OneFarm("main", {At("a", "h"), At("b", "h")});
  fleet.farms.push_back(OneFarm("other", {}).farms[0]);
  fleet.Prepare("", nullptr);
  const Fleet copy = fleet;  // as each snapshot is one of the last
  for (const Fleet* each : std::initializer_list<const Fleet*>{&fleet, &copy}) {
    EXPECT_EQ(each->FindFarm("other"), &each->farms[1]);
    EXPECT_EQ(each->FindFarm("none"), nullptr);
    const Farm& farm = *each->FindFarm("main");
    EXPECT_EQ(farm.FindBackend("b"), &farm.backends[1]);
    EXPECT_EQ(farm.FindBackend("c"), nullptr);
  }
}

// A snapshot of a hundred farms costs what the one that changed costs.
TEST(FleetTest, WhatIsTheSameIsTakenOverReadyMade) {
  const auto index_after = [](auto change, absl::string_view zone = "z") {
    Fleet former = OneFarm("main", {At("a", "h1"), At("b", "h2")});
    former.farms[0].balance = Balance::kMaglev;
    former.Prepare("z", nullptr);
    Fleet next = former;
    change(next.farms[0]);
    next.Prepare(zone, &former);
    EXPECT_EQ(next.farms[0].FindBackend("b")->status,
              former.farms[0].FindBackend("b")->status);
    return next.farms[0].index == former.farms[0].index;
  };
  EXPECT_TRUE(index_after([](Farm&) {}));
  EXPECT_TRUE(index_after([](Farm& farm) {
    farm.backends[0].state = AdminState::kDraining;
    farm.backends[0].address.host = "h9";
    farm.slow_start = absl::Seconds(9);
  }));
  EXPECT_FALSE(index_after([](Farm&) {}, "elsewhere"));
  EXPECT_FALSE(index_after([](Farm& f) { f.backends[0].weight = 2; }));
  EXPECT_FALSE(index_after([](Farm& f) { f.backends[0].capacity = 2; }));
  EXPECT_FALSE(index_after([](Farm& f) { f.backends[0].zone = "z"; }));
  EXPECT_FALSE(index_after([](Farm& f) { f.backends[0].id = "c"; }));
  EXPECT_FALSE(
      index_after([](Farm& f) { f.backends.push_back(At("c", "h")); }));
  EXPECT_FALSE(index_after([](Farm& f) { f.prefer_zone = true; }));
  EXPECT_FALSE(index_after([](Farm& f) { f.balance = Balance::kP2c; }));
  EXPECT_FALSE(
      index_after([](Farm& f) { std::swap(f.backends[0], f.backends[1]); }));
}

// The schedule of the weights goes on where it was.
TEST(FleetTest, WeightedTurnsGoOnInTheNextSnapshot) {
  Fleet fleet = OneFarm("main", {At("a", "h"), At("b", "h"), At("c", "h")});
  fleet.farms[0].balance = Balance::kWeighted;
  fleet.farms[0].backends[0].weight = 5;
  fleet.Prepare("", nullptr);
  std::string picked;
  for (int i = 0; i < 7; ++i) {
    picked += testing::PickId(fleet.farms[0]);
    Fleet next = fleet;
    next.Prepare("", &fleet);
    fleet = next;
  }
  EXPECT_EQ(picked, "aabacaa");
}

TEST(BackendStatusTest, FeaturesAreNothingUntilAsked) {
  BackendStatus status;
  EXPECT_EQ(status.features(), nullptr);
  status.SetFeatures(std::make_shared<const std::vector<std::string>>());
  ASSERT_NE(status.features(), nullptr);
  EXPECT_TRUE(status.features()->empty());
  EXPECT_EQ(status.trouble(), "");
  status.SetTrouble("connection refused");
  EXPECT_EQ(status.trouble(), "connection refused");
}

}  // namespace
}  // namespace pinnace::fleet
