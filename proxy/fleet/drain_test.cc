#include "proxy/fleet/drain.h"

#include "gtest/gtest.h"

namespace pinnace::fleet {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

Fleet FleetOf(std::vector<std::string> ids) {
  Farm farm;
  farm.name = "main";
  farm.drain = {.grace = absl::Seconds(30), .deadline = absl::Minutes(10)};
  for (std::string& id : ids) {
    Backend backend;
    backend.address = {id, 21};
    backend.id = std::move(id);
    farm.backends.push_back(std::move(backend));
  }
  Fleet fleet;
  fleet.farms.push_back(std::move(farm));
  return fleet;
}

TEST(DrainTest, ADrainHasGraceAndDeadlineFromItsStart) {
  const Fleet former = FleetOf({"a", "b"});
  Fleet next = FleetOf({"a", "b"});
  next.Prepare("", &former);
  EXPECT_FALSE(UpdateDrains(former, next, kNow));

  next.farms[0].backends[0].state = AdminState::kDraining;
  EXPECT_TRUE(UpdateDrains(former, next, kNow));
  const BackendStatus& a = *next.farms[0].backends[0].status;
  EXPECT_EQ(a.drain().idle_end, kNow + absl::Seconds(30));
  EXPECT_EQ(a.drain().deadline, kNow + absl::Minutes(10));
  EXPECT_EQ(next.farms[0].backends[1].status->drain().deadline,
            absl::InfiniteFuture());

  // The next snapshot does not begin it again.
  EXPECT_FALSE(UpdateDrains(next, next, kNow + absl::Seconds(20)));
  EXPECT_EQ(a.drain().idle_end, kNow + absl::Seconds(30));

  next.farms[0].backends[0].state = AdminState::kUp;
  EXPECT_TRUE(UpdateDrains(next, next, kNow + absl::Seconds(40)));
  EXPECT_EQ(a.drain().idle_end, absl::InfiniteFuture());
  EXPECT_EQ(a.drain().deadline, absl::InfiniteFuture());
}

TEST(DrainTest, WhatIsGoneHasNoGrace) {
  const Fleet former = FleetOf({"a", "b"});
  Fleet next = FleetOf({"b"});
  next.Prepare("", &former);
  EXPECT_TRUE(UpdateDrains(former, next, kNow));
  const BackendStatus& a = *former.farms[0].backends[0].status;
  EXPECT_EQ(a.drain().idle_end, kNow);
  EXPECT_EQ(a.drain().deadline, kNow + absl::Minutes(10));
}

TEST(DrainTest, GoneAfterADrainKeepsTheDrainsDeadline) {
  const Fleet former = FleetOf({"a"});
  Fleet draining = FleetOf({"a"});
  draining.farms[0].backends[0].state = AdminState::kDraining;
  draining.Prepare("", &former);
  UpdateDrains(former, draining, kNow);
  Fleet empty = FleetOf({});
  empty.Prepare("", &draining);
  EXPECT_TRUE(UpdateDrains(draining, empty, kNow + absl::Minutes(1)));
  const BackendStatus& a = *former.farms[0].backends[0].status;
  EXPECT_EQ(a.drain().idle_end, kNow + absl::Minutes(1));
  EXPECT_EQ(a.drain().deadline, kNow + absl::Minutes(10));
}

TEST(DrainTest, AnotherAddressIsAnotherServer) {
  const Fleet former = FleetOf({"a"});
  Fleet next = FleetOf({"a"});
  next.farms[0].backends[0].address.port = 2121;
  next.Prepare("", &former);
  EXPECT_TRUE(UpdateDrains(former, next, kNow));
  EXPECT_EQ(former.farms[0].backends[0].status->drain().idle_end, kNow);
  EXPECT_EQ(next.farms[0].backends[0].status->drain().idle_end,
            absl::InfiniteFuture());
}

}  // namespace
}  // namespace pinnace::fleet
