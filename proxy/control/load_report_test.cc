#include "proxy/control/load_report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::control {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

snapshot::Snapshot SnapshotOf(const std::vector<std::string>& ids) {
  fleet::Farm farm;
  farm.name = "main";
  for (const std::string& id : ids) {
    fleet::Backend backend;
    backend.id = id;
    farm.backends.push_back(std::move(backend));
  }
  snapshot::Snapshot snapshot;
  snapshot.fleet.farms.push_back(std::move(farm));
  return snapshot;
}

std::vector<std::string> Reported(LoadReport& loads,
                                  const snapshot::Snapshot& snapshot) {
  v1::Report report;
  loads.AddTo(snapshot, kNow, report);
  std::vector<std::string> told = {report.full() ? "full" : "changes"};
  for (const v1::BackendLoad& load : report.backends()) {
    told.push_back(load.backend());
  }
  return told;
}

TEST(LoadReportTest, FirstEverythingThenWhatHasChanged) {
  const snapshot::Snapshot snapshot = SnapshotOf({"a", "b"});
  LoadReport loads;
  EXPECT_THAT(Reported(loads, snapshot), ElementsAre("full", "a", "b"));
  EXPECT_THAT(Reported(loads, snapshot), ElementsAre("changes"));
  snapshot.fleet.farms[0].backends[1].status->sessions = 3;
  EXPECT_THAT(Reported(loads, snapshot), ElementsAre("changes", "b"));
  EXPECT_THAT(Reported(loads, snapshot), ElementsAre("changes"));
}

TEST(LoadReportTest, EverythingAgainWhenOthersHaveComeOrGone) {
  LoadReport loads;
  EXPECT_THAT(Reported(loads, SnapshotOf({"a", "b"})),
              ElementsAre("full", "a", "b"));
  EXPECT_THAT(Reported(loads, SnapshotOf({"a"})), ElementsAre("full", "a"));
  EXPECT_THAT(Reported(loads, SnapshotOf({"b"})), ElementsAre("full", "b"));
  EXPECT_THAT(Reported(loads, SnapshotOf({})), ElementsAre("full"));
  EXPECT_THAT(Reported(loads, SnapshotOf({})), ElementsAre("changes"));
}

}  // namespace
}  // namespace pinnace::control
