#include "proxy/fleet/outlier.h"

#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/fleet/test_farm.h"

namespace pinnace::fleet {
namespace {

using testing::kNow;
using testing::NewFarm;

// Of ten, unless `backends` says otherwise.
Farm FarmWith(OutlierEjection options, int backends = 10) {
  Farm farm = NewFarm(Balance::kRoundRobin, std::vector<int>(backends, 1));
  farm.outlier_ejection = options;
  return farm;
}

std::optional<absl::Duration> ConnectFails(const Farm& farm, int backend,
                                           absl::Time now = kNow) {
  return NoteFailure(farm, farm.backends[backend], FailureKind::kConnect, now);
}

std::optional<absl::Duration> DataFails(const Farm& farm, int backend,
                                        absl::Time now = kNow) {
  return NoteFailure(farm, farm.backends[backend], FailureKind::kData, now);
}

TEST(OutlierTest, AFailedConnectEjects) {
  const Farm farm = FarmWith({});
  const BackendStatus& status = *farm.backends[3].status;
  EXPECT_EQ(ConnectFails(farm, 3), absl::Seconds(5));
  EXPECT_TRUE(status.IsEjected(kNow + absl::Milliseconds(4999)));
  EXPECT_FALSE(status.IsEjected(kNow + absl::Seconds(5)));
  EXPECT_EQ(status.connect_failures, 1);
  EXPECT_EQ(status.data_failures, 0);
  EXPECT_EQ(status.ejections_total, 1);
}

TEST(OutlierTest, SoManyInARowOfOneKind) {
  const Farm farm = FarmWith({.connect_failures = 2, .data_failures = 3});
  BackendStatus& status = *farm.backends[0].status;
  EXPECT_EQ(ConnectFails(farm, 0), std::nullopt);
  EXPECT_EQ(DataFails(farm, 0), std::nullopt);
  EXPECT_EQ(DataFails(farm, 0), std::nullopt);
  NoteSuccess(status, FailureKind::kConnect);
  EXPECT_EQ(ConnectFails(farm, 0), std::nullopt);  // in a row: the first
  NoteSuccess(status, FailureKind::kConnect);      // of the other kind
  EXPECT_EQ(DataFails(farm, 0), absl::Seconds(5));
  EXPECT_EQ(status.connect_failures, 2);
  EXPECT_EQ(status.data_failures, 3);
  EXPECT_EQ(status.ejections_total, 1);
}

TEST(OutlierTest, EachFurtherOneIsTwiceAsLongUpToTheLongest) {
  const Farm farm = FarmWith({.data_failures = 1,
                              .base = absl::Seconds(5),
                              .longest = absl::Seconds(30)});
  absl::Time now = kNow;
  for (const int seconds : {5, 10, 20, 30, 30}) {
    EXPECT_EQ(DataFails(farm, 0, now), absl::Seconds(seconds));
    now += absl::Seconds(seconds);
  }
  // Connects say nothing of data, data does.
  NoteSuccess(*farm.backends[0].status, FailureKind::kConnect);
  EXPECT_EQ(DataFails(farm, 0, now), absl::Seconds(30));
  now += absl::Seconds(30);
  NoteSuccess(*farm.backends[0].status, FailureKind::kData);
  EXPECT_EQ(DataFails(farm, 0, now), absl::Seconds(5));
}

TEST(OutlierTest, TheBaseHoldsWhereTheLongestIsShorter) {
  const Farm farm =
      FarmWith({.base = absl::Seconds(50), .longest = absl::Seconds(30)});
  EXPECT_EQ(ConnectFails(farm, 0), absl::Seconds(50));
}

// Sessions that were under way fail together: one ejection, of the base.
TEST(OutlierTest, OneThatIsOutIsNotEjectedAgain) {
  const Farm farm = FarmWith({});
  EXPECT_EQ(ConnectFails(farm, 0), absl::Seconds(5));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ConnectFails(farm, 0), std::nullopt);
  EXPECT_EQ(farm.backends[0].status->connect_failures, 21);
  EXPECT_EQ(farm.backends[0].status->ejections_total, 1);
  EXPECT_EQ(ConnectFails(farm, 0, kNow + absl::Seconds(5)), absl::Seconds(10));
}

TEST(OutlierTest, NoMoreThanThePartAtOnce) {
  const Farm farm = FarmWith({.most_percent = 30});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ConnectFails(farm, i).has_value());
  for (int i = 3; i < 10; ++i) EXPECT_EQ(ConnectFails(farm, i), std::nullopt);
  EXPECT_EQ(farm.backends[5].status->ejections_total, 0);
  EXPECT_EQ(farm.backends[5].status->connect_failures, 1);
  // When one of them is back, the next may go.
  EXPECT_TRUE(ConnectFails(farm, 5, kNow + absl::Seconds(5)).has_value());
}

TEST(OutlierTest, OneAlwaysMayGoAndOneAlwaysStays) {
  EXPECT_TRUE(ConnectFails(FarmWith({.most_percent = 1}), 0).has_value());
  const Farm two = FarmWith({.most_percent = 1}, 2);
  EXPECT_TRUE(ConnectFails(two, 0).has_value());
  EXPECT_EQ(ConnectFails(two, 1), std::nullopt);
  const Farm all = FarmWith({.most_percent = 100}, 4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ConnectFails(all, i).has_value());
  EXPECT_EQ(ConnectFails(all, 3), std::nullopt);
  EXPECT_EQ(ConnectFails(FarmWith({}, 1), 0), std::nullopt);
}

TEST(OutlierTest, TheLastThatIsUsableStays) {
  Farm farm = FarmWith({}, 3);
  farm.backends[0].state = AdminState::kDraining;
  farm.backends[1].status->SetHealth(Health::kUnhealthy, kNow);
  EXPECT_EQ(ConnectFails(farm, 2), std::nullopt);
  farm.backends[1].status->SetHealth(Health::kHealthy, kNow);
  EXPECT_TRUE(ConnectFails(farm, 2).has_value());
}

}  // namespace
}  // namespace pinnace::fleet
