#include "proxy/fleet/maglev_table.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/fleet/test_farm.h"

namespace pinnace::fleet {
namespace {

using testing::ClientAddress;
using testing::kNow;
using testing::NewBackend;
using testing::Prepared;

constexpr uint32_t kClients = 100'000;

std::string IdOf(int i) { return absl::StrCat("backend-", i); }

Farm NewFarm(int backends, int weight_of_first = 1) {
  Farm farm;
  farm.name = "main";
  farm.balance = Balance::kMaglev;
  for (int i = 0; i < backends; ++i) {
    farm.backends.push_back(NewBackend(IdOf(i)));
  }
  farm.backends[0].weight = weight_of_first;
  return farm;
}

std::vector<std::string> PicksOf(const Farm& farm) {
  std::vector<std::string> picks;
  picks.reserve(kClients);
  for (uint32_t i = 0; i < kClients; ++i) {
    picks.push_back(Pick(farm, {.now = kNow, .client = ClientAddress(i)})->id);
  }
  return picks;
}

// In percent; says it, for who reads the test's log.
double Moved(const char* what, const std::vector<std::string>& before,
             const std::vector<std::string>& after) {
  int moved = 0;
  for (size_t i = 0; i < before.size(); ++i) moved += before[i] != after[i];
  const double percent = 100.0 * moved / static_cast<double>(before.size());
  std::printf("%s: %.2f %% of the clients move\n", what, percent);
  return percent;
}

TEST(MaglevTest, SharesAreEven) {
  std::map<std::string, int> clients;
  for (const std::string& id : PicksOf(Prepared(NewFarm(20)))) ++clients[id];
  for (const auto& [id, count] : clients) EXPECT_NEAR(count, 5000, 300) << id;
}

TEST(MaglevTest, WhoWeighsLittleAmongHeavyOnesHasAShare) {
  std::vector<MaglevTable::Member> members;
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back(IdOf(i));
  for (int i = 0; i < 1000; ++i) members.push_back({ids[i], 1000 - i % 10});
  members[500].weight = 1;
  const MaglevTable table(members);
  int slots = 0;
  for (uint64_t hash = 0; hash < 65'537; ++hash) {
    slots += table.Find(hash) == 500;
  }
  EXPECT_EQ(slots, 1);
}

TEST(MaglevTest, OneThatGoesMovesLittle) {
  const std::vector<std::string> before = PicksOf(Prepared(NewFarm(20)));
  for (const int gone : {0, 7, 19}) {
    Farm farm = NewFarm(20);
    farm.backends.erase(farm.backends.begin() + gone);
    EXPECT_LT(Moved("1 of 20 goes", before, PicksOf(Prepared(farm))), 7);
  }
}

TEST(MaglevTest, OneThatComesMovesLittle) {
  EXPECT_LT(Moved("1 comes to 20", PicksOf(Prepared(NewFarm(20))),
                  PicksOf(Prepared(NewFarm(21)))),
            7);
}

TEST(MaglevTest, OneThatGoesMovesLittleAmongDifferentWeights) {
  Farm farm = NewFarm(20);
  for (int i = 0; i < 20; ++i) farm.backends[i].weight = 1 + i % 4;
  const std::vector<std::string> before = PicksOf(Prepared(farm));
  farm.backends.erase(farm.backends.begin() + 4);  // 2 % of the weight
  EXPECT_LT(Moved("1 of 20, 2 % of the weight, goes", before,
                  PicksOf(Prepared(farm))),
            7);
}

// By a probe or by its operator: the table stays as it is.
TEST(MaglevTest, OneThatIsDownMovesOnlyItsOwn) {
  Farm farm = Prepared(NewFarm(20));
  const std::vector<std::string> before = PicksOf(farm);
  farm.backends[7].status->SetHealth(Health::kUnhealthy, kNow);
  farm.backends[9].state = AdminState::kDraining;
  const std::vector<std::string> after = PicksOf(farm);
  std::map<std::string, int> heirs;
  for (uint32_t i = 0; i < kClients; ++i) {
    if (before[i] == IdOf(7) || before[i] == IdOf(9)) {
      ++heirs[after[i]];
    } else {
      ASSERT_EQ(before[i], after[i]);
    }
  }
  Moved("2 of 20 are down", before, after);
  ASSERT_EQ(heirs.size(), 18u);
  for (const auto& [id, count] : heirs) EXPECT_NEAR(count, 555, 150) << id;
}

// Past the rehashes too: one of a few small ones that goes moves only its own.
TEST(MaglevTest, IsConsistentWhereMostOfTheWeightIsDown) {
  const Farm farm = Prepared(NewFarm(5, 1000));
  farm.backends[0].status->SetHealth(Health::kUnhealthy, kNow);
  const std::vector<std::string> before = PicksOf(farm);
  std::map<std::string, int> clients;
  for (const std::string& id : before) ++clients[id];
  for (const auto& [id, count] : clients) EXPECT_NEAR(count, 25'000, 1000);
  farm.backends[3].status->SetHealth(Health::kUnhealthy, kNow);
  const std::vector<std::string> after = PicksOf(farm);
  for (uint32_t i = 0; i < kClients; ++i) {
    if (before[i] == IdOf(3)) continue;
    ASSERT_EQ(before[i], after[i]);
  }
}

TEST(MaglevTest, WeightsAreRespected) {
  std::map<std::string, int> clients;
  for (const std::string& id : PicksOf(Prepared(NewFarm(11, 10)))) {
    ++clients[id];
  }
  EXPECT_NEAR(clients[IdOf(0)], 50'000, 1000);
  EXPECT_NEAR(clients[IdOf(5)], 5'000, 400);
}

TEST(MaglevTest, TheOrderDoesNotMatter) {
  Farm farm = NewFarm(20, 3);
  const std::vector<std::string> before = PicksOf(Prepared(farm));
  std::reverse(farm.backends.begin(), farm.backends.end());
  EXPECT_EQ(PicksOf(Prepared(farm)), before);
  std::swap(farm.backends[3], farm.backends[11]);
  EXPECT_EQ(PicksOf(Prepared(farm)), before);
}

// Gateways of two releases meet one backend: what is hashed, and how, is fixed.
TEST(MaglevTest, IsTheSameInEveryRelease) {
  const std::vector<std::string> picks = PicksOf(Prepared(NewFarm(20)));
  EXPECT_EQ(picks[0], "backend-19");
  EXPECT_EQ(picks[1], "backend-7");
  EXPECT_EQ(picks[99'999], "backend-15");
}

TEST(MaglevTest, SlowStartHasNoPartInIt) {
  Farm farm = NewFarm(3);
  const std::vector<std::string> before = PicksOf(Prepared(farm));
  farm.slow_start = absl::Minutes(1);
  farm.backends[1].status->MarkNew();
  EXPECT_EQ(PicksOf(Prepared(farm)), before);
}

TEST(MaglevTest, TenThousandHaveATable) {
  std::vector<std::string> ids;
  std::vector<MaglevTable::Member> members;
  for (int i = 0; i < 10'000; ++i) ids.push_back(IdOf(i));
  for (const std::string& id : ids) members.push_back({.id = id});
  const MaglevTable table(members);
  std::vector<int> slots(ids.size());
  for (uint64_t slot = 0; slot < 655'373; ++slot) ++slots[table.Find(slot)];
  EXPECT_EQ(*std::min_element(slots.begin(), slots.end()), 65);
  EXPECT_EQ(*std::max_element(slots.begin(), slots.end()), 66);
}

}  // namespace
}  // namespace pinnace::fleet
