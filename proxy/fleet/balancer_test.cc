// Who is picked, whatever the farm's size: each test runs on the farm as it was
// made by hand and as it is after Prepare().
#include "proxy/fleet/balancer.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/fleet/test_farm.h"

namespace pinnace::fleet {
namespace {

using testing::Ask;
using testing::Eject;
using ::testing::ElementsAre;
using testing::Fill;
using testing::kNow;
using ::testing::Pair;
using testing::PickId;
using testing::PickMany;
using ::testing::UnorderedElementsAre;

constexpr Balance kBalances[] = {Balance::kRoundRobin, Balance::kLeastSessions,
                                 Balance::kWeighted, Balance::kP2c,
                                 Balance::kMaglev};

enum class Made : uint8_t { kByHand, kPrepared };

class BalancerTest : public ::testing::TestWithParam<Made> {
 protected:
  Farm Finish(Farm farm, absl::string_view zone = "") const {
    return GetParam() == Made::kByHand
               ? farm
               : testing::Prepared(std::move(farm), zone);
  }
  Farm NewFarm(Balance balance, std::vector<int> weights) const {
    return Finish(testing::NewFarm(balance, std::move(weights)));
  }
};

INSTANTIATE_TEST_SUITE_P(Made, BalancerTest,
                         ::testing::Values(Made::kByHand, Made::kPrepared),
                         [](const auto& info) {
                           return info.param == Made::kByHand ? "ByHand"
                                                              : "Prepared";
                         });

std::vector<std::string> PickSome(const Farm& farm, int times) {
  std::vector<std::string> picked;
  for (int i = 0; i < times; ++i) picked.push_back(PickId(farm));
  return picked;
}

TEST_P(BalancerTest, RoundRobinTakesTurns) {
  const Farm farm = NewFarm(Balance::kRoundRobin, {1, 7, 1});
  EXPECT_THAT(PickSome(farm, 4), ElementsAre("a", "b", "c", "a"));
}

// The neighbour of one that is out has no double share.
TEST_P(BalancerTest, RoundRobinIsEvenAmongThoseThatAreLeft) {
  const Farm farm = NewFarm(Balance::kRoundRobin, {1, 1, 1, 1});
  farm.backends[1].status->SetHealth(Health::kUnhealthy, kNow);
  EXPECT_THAT(
      PickMany(farm, 300),
      UnorderedElementsAre(Pair("a", 100), Pair("c", 100), Pair("d", 100)));
}

TEST_P(BalancerTest, WeightedIsSmooth) {
  const Farm farm = NewFarm(Balance::kWeighted, {5, 1, 1});
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(PickSome(farm, 7),
                ElementsAre("a", "a", "b", "a", "c", "a", "a"));
  }
}

TEST_P(BalancerTest, WeightsHoldAmongThoseThatAreLeft) {
  const Farm farm = NewFarm(Balance::kWeighted, {5, 3, 2, 90});
  farm.backends[1].status->SetHealth(Health::kUnhealthy, kNow);
  farm.backends[3].status->SetHealth(Health::kUnhealthy, kNow);
  const std::map<std::string, int> picked = PickMany(farm, 7000);
  EXPECT_EQ(picked.size(), 2u);
  EXPECT_NEAR(picked.at("a"), 5000, 200);
}

TEST_P(BalancerTest, LeastSessionsTakesTheLeastLoaded) {
  const Farm farm = NewFarm(Balance::kLeastSessions, {1, 1, 1});
  farm.backends[0].status->sessions = 2;
  farm.backends[1].status->sessions = 1;
  farm.backends[2].status->sessions = 2;
  EXPECT_THAT(PickSome(farm, 3), ElementsAre("b", "b", "b"));
}

TEST_P(BalancerTest, LeastSessionsFillsAnIdleFarmEvenly) {
  EXPECT_THAT(Fill(NewFarm(Balance::kLeastSessions, {1, 1, 1, 1}), 40),
              UnorderedElementsAre(Pair("a", 10), Pair("b", 10), Pair("c", 10),
                                   Pair("d", 10)));
}

TEST_P(BalancerTest, LeastSessionsTakesTurnsAmongEquals) {
  const Farm farm = NewFarm(Balance::kLeastSessions, {1, 1, 1, 1});
  farm.backends[0].status->sessions = 1;
  EXPECT_THAT(PickSome(farm, 5), ElementsAre("b", "b", "c", "d", "b"));
  farm.backends[2].status->sessions = 2;  // between two that are equal
  EXPECT_THAT(PickSome(farm, 4), ElementsAre("b", "d", "d", "b"));
}

TEST_P(BalancerTest, LeastSessionsMindsWeights) {
  EXPECT_THAT(
      Fill(NewFarm(Balance::kLeastSessions, {1, 2, 5}), 80),
      UnorderedElementsAre(Pair("a", 10), Pair("b", 20), Pair("c", 50)));
}

TEST_P(BalancerTest, LeastSessionsMindsCapacityBeforeWeight) {
  Farm farm = testing::NewFarm(Balance::kLeastSessions, {50, 1, 1});
  farm.backends[0].capacity = 100;
  farm.backends[1].capacity = 200;
  farm.backends[2].capacity = 500;
  EXPECT_THAT(
      Fill(Finish(farm), 80),
      UnorderedElementsAre(Pair("a", 10), Pair("b", 20), Pair("c", 50)));
}

// One that states no capacity has the others' mean per weight: 100.
TEST_P(BalancerTest, LeastSessionsInAMixedFarm) {
  Farm farm = testing::NewFarm(Balance::kLeastSessions, {1, 3, 2});
  farm.backends[0].capacity = 100;
  farm.backends[1].capacity = 300;
  EXPECT_THAT(
      Fill(Finish(farm), 600),
      UnorderedElementsAre(Pair("a", 100), Pair("b", 300), Pair("c", 200)));
}

TEST_P(BalancerTest, TwoDrawsSpreadByWeightAndLoad) {
  const Farm farm = NewFarm(Balance::kP2c, {1, 2, 3, 4});
  std::map<std::string, int> picked = Fill(farm, 1000);
  EXPECT_NEAR(picked["a"], 100, 10);
  EXPECT_NEAR(picked["b"], 200, 10);
  EXPECT_NEAR(picked["c"], 300, 10);
  EXPECT_NEAR(picked["d"], 400, 10);
}

// Two draws are of two: the more loaded of two is never picked.
TEST_P(BalancerTest, TwoDrawsDiffer) {
  const Farm farm = NewFarm(Balance::kP2c, {1000, 1});
  farm.backends[0].status->sessions = 10'000;
  farm.backends[1].status->sessions = 1;
  EXPECT_THAT(PickMany(farm, 100), ElementsAre(Pair("b", 100)));
}

TEST_P(BalancerTest, AHashKeepsAClientAndSpreadsThem) {
  const Farm farm = NewFarm(Balance::kMaglev, {1, 1});
  const Ask ask = {.client = 7};
  const std::string first = PickId(farm, ask);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(PickId(farm, ask), first);
  EXPECT_NEAR(PickMany(farm, 200)["a"], 100, 30);
}

TEST_P(BalancerTest, AHashOfTheUserIsTheSameFromEverywhere) {
  Farm farm = testing::NewFarm(Balance::kMaglev, {1, 1, 1, 1});
  farm.hash_on = ClientIdentity::kUser;
  farm = Finish(farm);
  std::map<std::string, int> of_users;
  for (uint32_t user = 0; user < 40; ++user) {
    const std::string name = absl::StrCat("user-", user);
    const std::string first = PickId(farm, {.client = 1, .user = name});
    EXPECT_EQ(PickId(farm, {.client = user, .user = name}), first);
    ++of_users[first];
  }
  EXPECT_EQ(of_users.size(), 4u);
}

TEST_P(BalancerTest, NoDrainingNoUnhealthyNoFullNoTriedOne) {
  for (const Balance balance : kBalances) {
    Farm farm = testing::NewFarm(balance, {9, 8, 1, 1, 7});
    farm.backends[0].state = AdminState::kDraining;
    farm.backends[1].status->SetHealth(Health::kUnhealthy, absl::UnixEpoch());
    farm.backends[3].status->SetHealth(Health::kHealthy, absl::UnixEpoch());
    farm.backends[4].max_sessions = 2;
    farm.backends[4].status->sessions = 2;
    farm = Finish(farm);
    std::map<std::string, int> picked = PickMany(farm, 100);
    EXPECT_EQ(picked["c"] + picked["d"], 100);
    for (uint32_t client = 0; client < 10; ++client) {
      EXPECT_EQ(PickId(farm, {.tried = {"c"}, .client = client}), "d");
    }
    EXPECT_EQ(PickId(farm, {.tried = {"c", "d"}}), "none");
    --farm.backends[4].status->sessions;
    EXPECT_EQ(PickId(farm, {.tried = {"c", "d"}}), "e");
    EXPECT_TRUE(HasCandidate(farm));
  }
}

TEST_P(BalancerTest, OneOfManyIsFound) {
  for (const Balance balance : kBalances) {
    const Farm farm = NewFarm(balance, std::vector<int>(200, 3));
    for (size_t i = 0; i < farm.backends.size(); ++i) {
      if (i != 143) {
        farm.backends[i].status->SetHealth(Health::kUnhealthy, kNow);
      }
    }
    EXPECT_EQ(Pick(farm, {.now = kNow, .client = IpAddress()}),
              &farm.backends[143]);
  }
}

TEST_P(BalancerTest, AnEjectedOneOnlyWhenNoOtherIsLeft) {
  for (const Balance balance : kBalances) {
    const Farm farm = NewFarm(balance, {1, 1});
    Eject(farm.backends[0], kNow + absl::Seconds(5));
    farm.backends[1].status->sessions = 100;
    EXPECT_THAT(PickMany(farm, 10), ElementsAre(Pair("b", 10)));
    EXPECT_EQ(PickId(farm, {.tried = {"b"}}), "a");
    EXPECT_EQ(PickId(farm, {.tried = {"a", "b"}}), "none");
    EXPECT_GT(PickMany(farm, 100, kNow + absl::Seconds(5)).count("a"), 0u);
  }
}

TEST_P(BalancerTest, WhyNobodyIsThere) {
  const PickRequest request = {.now = kNow, .client = IpAddress()};
  EXPECT_EQ(WhyNobody(NewFarm(Balance::kP2c, {}), request),
            Nobody::kNoBackends);
  Farm farm = testing::NewFarm(Balance::kP2c, {1, 1, 1});
  farm.backends[0].state = AdminState::kDraining;
  farm.backends[1].status->SetHealth(Health::kUnhealthy, absl::UnixEpoch());
  farm.backends[2].max_sessions = 1;
  farm.backends[2].status->sessions = 1;
  farm = Finish(farm);
  EXPECT_EQ(PickId(farm), "none");
  EXPECT_EQ(WhyNobody(farm, request), Nobody::kAllFull);
  const std::vector<BackendId> tried = {"c"};
  EXPECT_EQ(
      WhyNobody(farm, {.now = kNow, .tried = tried, .client = IpAddress()}),
      Nobody::kAllOut);
}

TEST_P(BalancerTest, NobodyInAnEmptyFarm) {
  for (const Balance balance : kBalances) {
    EXPECT_EQ(PickId(NewFarm(balance, {})), "none");
    EXPECT_FALSE(HasCandidate(NewFarm(balance, {})));
    Farm farm = testing::NewFarm(balance, {1, 1});
    farm.backends[0].state = AdminState::kDraining;
    farm.backends[1].status->SetHealth(Health::kUnhealthy, absl::UnixEpoch());
    farm = Finish(farm);
    EXPECT_EQ(PickId(farm), "none");
    EXPECT_FALSE(HasCandidate(farm));
  }
}

TEST(IsUsableTest, WhoIsUpWellAndNotEjected) {
  const Farm farm = testing::NewFarm(Balance::kP2c, {1, 1, 1, 1});
  EXPECT_TRUE(IsUsable(farm.backends[0], kNow));  // nobody has asked it yet
  farm.backends[1].status->SetHealth(Health::kUnhealthy, kNow);
  EXPECT_FALSE(IsUsable(farm.backends[1], kNow));
  Eject(farm.backends[2], kNow + absl::Seconds(5));
  EXPECT_FALSE(IsUsable(farm.backends[2], kNow));
  EXPECT_TRUE(IsUsable(farm.backends[2], kNow + absl::Seconds(5)));
  Backend draining = farm.backends[3];
  draining.state = AdminState::kDraining;
  EXPECT_FALSE(IsUsable(draining, kNow));
}

// Backends a and b are here, c is there.
class ZoneTest : public ::testing::TestWithParam<Balance> {
 protected:
  static Farm NewFarm(absl::string_view gateway_zone) {
    Farm farm = testing::NewFarm(GetParam(), {1, 1, 8});
    farm.prefer_zone = true;
    farm.backends[0].zone = "here";
    farm.backends[1].zone = "here";
    farm.backends[2].zone = "there";
    return testing::Prepared(farm, gateway_zone);
  }
};

INSTANTIATE_TEST_SUITE_P(Balance, ZoneTest, ::testing::ValuesIn(kBalances));

TEST_P(ZoneTest, OnlyThoseOfTheZoneAsLongAsOneMayBePicked) {
  const Farm farm = NewFarm("here");
  const std::map<std::string, int> picked = Fill(farm, 200);
  EXPECT_EQ(picked.size(), 2u);
  EXPECT_NEAR(picked.at("a"), 100, 30);
  EXPECT_EQ(picked.count("c"), 0u);
  farm.backends[0].status->SetHealth(Health::kUnhealthy, kNow);
  EXPECT_THAT(PickMany(farm, 50), ElementsAre(Pair("b", 50)));
  Eject(farm.backends[1], kNow + absl::Seconds(5));
  EXPECT_THAT(PickMany(farm, 50), ElementsAre(Pair("c", 50)));
  EXPECT_EQ(PickId(farm, {.tried = {"c"}}), "b");
}

TEST_P(ZoneTest, AllWhereTheGatewaysZoneHasNone) {
  for (const char* zone : {"", "elsewhere"}) {
    const Farm farm = NewFarm(zone);
    const Farm plain = [] {
      Farm without = testing::NewFarm(GetParam(), {1, 1, 8});
      return testing::Prepared(without);
    }();
    EXPECT_EQ(Fill(farm, 100), Fill(plain, 100));
  }
}

}  // namespace
}  // namespace pinnace::fleet
