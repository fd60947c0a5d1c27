#include "proxy/fleet/balancer.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000'000);

// Backends "a", "b", ...
Farm NewFarm(Balance balance, int backends) {
  Farm farm;
  farm.name = "main";
  farm.balance = balance;
  for (int i = 0; i < backends; ++i) {
    Backend backend;
    backend.id = std::string(1, static_cast<char>('a' + i));
    farm.backends.push_back(std::move(backend));
  }
  return farm;
}

std::string PickId(const Farm& farm, std::vector<BackendId> tried = {}) {
  const Backend* backend = Pick(farm, {.now = kNow, .tried = tried});
  return backend == nullptr ? "none" : backend->id;
}

// As a session does: picks, and counts itself in.
std::map<std::string, int> PickMany(const Farm& farm, int times) {
  std::map<std::string, int> picked;
  for (int i = 0; i < times; ++i) {
    const std::string id = PickId(farm);
    ++picked[id];
    ++farm.FindBackend(id)->status->sessions;
  }
  return picked;
}

TEST(BalancerTest, RoundRobinTakesTurns) {
  const Farm farm = NewFarm(Balance::kRoundRobin, 3);
  std::vector<std::string> picked;
  for (int i = 0; i < 4; ++i) picked.push_back(PickId(farm));
  EXPECT_THAT(picked, ElementsAre("a", "b", "c", "a"));
}

TEST(BalancerTest, LeastSessionsTakesTheLeastLoaded) {
  const Farm farm = NewFarm(Balance::kLeastSessions, 3);
  farm.backends[0].status->sessions = 2;
  farm.backends[1].status->sessions = 1;
  farm.backends[2].status->sessions = 2;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(PickId(farm), "b");
}

TEST(BalancerTest, LeastSessionsFillsAnIdleFarmEvenly) {
  const Farm farm = NewFarm(Balance::kLeastSessions, 4);
  EXPECT_THAT(PickMany(farm, 40),
              UnorderedElementsAre(Pair("a", 10), Pair("b", 10), Pair("c", 10),
                                   Pair("d", 10)));
}

TEST(BalancerTest, LeastSessionsTakesTurnsAmongEquals) {
  const Farm farm = NewFarm(Balance::kLeastSessions, 4);
  farm.backends[0].status->sessions = 1;
  std::vector<std::string> picked;
  for (int i = 0; i < 5; ++i) picked.push_back(PickId(farm));
  EXPECT_THAT(picked, ElementsAre("b", "b", "c", "d", "b"));
  farm.backends[2].status->sessions = 2;  // between two that are equal
  picked.clear();
  for (int i = 0; i < 4; ++i) picked.push_back(PickId(farm));
  EXPECT_THAT(picked, ElementsAre("b", "d", "d", "b"));
}

TEST(BalancerTest, LeastSessionsMindsWeights) {
  Farm farm = NewFarm(Balance::kLeastSessions, 3);
  farm.backends[1].weight = 2;
  farm.backends[2].weight = 5;
  EXPECT_THAT(
      PickMany(farm, 80),
      UnorderedElementsAre(Pair("a", 10), Pair("b", 20), Pair("c", 50)));
}

TEST(BalancerTest, NoDrainingNoUnhealthyNoTriedOne) {
  Farm farm = NewFarm(Balance::kRoundRobin, 4);
  farm.backends[0].state = AdminState::kDraining;
  farm.backends[1].status->SetHealth(Health::kUnhealthy, absl::UnixEpoch());
  farm.backends[3].status->SetHealth(Health::kHealthy, absl::UnixEpoch());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(PickId(farm, {"c"}), "d");
  EXPECT_EQ(PickId(farm, {"c", "d"}), "none");
  EXPECT_TRUE(HasCandidate(farm));
  EXPECT_FALSE(IsUsable(farm.backends[0], kNow));
  EXPECT_FALSE(IsUsable(farm.backends[1], kNow));
  EXPECT_TRUE(IsUsable(farm.backends[2], kNow));  // nobody has asked it yet
}

TEST(BalancerTest, AnEjectedOneOnlyWhenNoOtherIsLeft) {
  const Farm farm = NewFarm(Balance::kLeastSessions, 2);
  farm.backends[0].status->Eject(kNow + absl::Seconds(5));
  farm.backends[1].status->sessions = 100;
  EXPECT_EQ(PickId(farm), "b");
  EXPECT_EQ(PickId(farm, {"b"}), "a");
  EXPECT_EQ(PickId(farm, {"a", "b"}), "none");
  EXPECT_FALSE(IsUsable(farm.backends[0], kNow));
  EXPECT_TRUE(IsUsable(farm.backends[0], kNow + absl::Seconds(5)));
}

TEST(BalancerTest, NobodyInAnEmptyFarm) {
  EXPECT_EQ(PickId(NewFarm(Balance::kRoundRobin, 0)), "none");
  EXPECT_FALSE(HasCandidate(NewFarm(Balance::kRoundRobin, 0)));
  Farm farm = NewFarm(Balance::kLeastSessions, 2);
  farm.backends[0].state = AdminState::kDraining;
  farm.backends[1].status->SetHealth(Health::kUnhealthy, absl::UnixEpoch());
  EXPECT_EQ(PickId(farm), "none");
  EXPECT_FALSE(HasCandidate(farm));
}

}  // namespace
}  // namespace pinnace::fleet
