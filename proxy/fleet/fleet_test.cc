#include "proxy/fleet/fleet.h"

#include <utility>

#include "gtest/gtest.h"

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
  now.InheritStatus(former);
  const Farm& before = former.farms[0];
  const Farm& after = now.farms[0];
  EXPECT_EQ(after.turn, before.turn);
  EXPECT_EQ(after.FindBackend("same")->status,
            before.FindBackend("same")->status);
  EXPECT_NE(after.FindBackend("moved")->status,
            before.FindBackend("moved")->status);
  EXPECT_NE(after.FindBackend("new")->status, nullptr);

  Fleet other = OneFarm("other", {At("same", "h1")});
  other.InheritStatus(former);
  EXPECT_NE(other.farms[0].turn, before.turn);
  EXPECT_NE(other.farms[0].backends[0].status,
            before.FindBackend("same")->status);
}

TEST(BackendStatusTest, EjectionEnds) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000'000);
  BackendStatus status;
  EXPECT_FALSE(status.IsEjected(now));
  status.Eject(now + absl::Seconds(5));
  EXPECT_TRUE(status.IsEjected(now));
  EXPECT_TRUE(status.IsEjected(now + absl::Seconds(5) - absl::Nanoseconds(1)));
  EXPECT_FALSE(status.IsEjected(now + absl::Seconds(5)));
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
