#include "proxy/gateway/probe_schedule.h"

#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {
namespace {

using fleet::Health;

constexpr absl::Duration kInterval = absl::Seconds(10);

// A backend under one schedule.
class Probed {
 public:
  Probed(int rise, int fall) : check_{.rise = rise, .fall = fall} {}

  Health Well() { return Add(ProbeOutcome::kWell); }
  Health Failed() { return Add(ProbeOutcome::kFailed); }
  Health Inconclusive() { return Add(ProbeOutcome::kInconclusive); }
  absl::Duration pause() const { return schedule_.Pause(health_, kInterval); }

 private:
  Health Add(ProbeOutcome outcome) {
    return health_ = schedule_.Add(health_, outcome, check_);
  }

  const fleet::HealthCheck check_;
  ProbeSchedule schedule_;
  Health health_ = Health::kUnknown;
};

TEST(ProbeSchedule, TheFirstResultDecides) {
  EXPECT_EQ(Probed(3, 3).Well(), Health::kHealthy);
  EXPECT_EQ(Probed(3, 3).Failed(), Health::kUnhealthy);
}

TEST(ProbeSchedule, AnInconclusiveOneCountsForNothing) {
  Probed probed(1, 2);
  EXPECT_EQ(probed.Inconclusive(), Health::kUnknown);
  EXPECT_EQ(probed.pause(), limits::kProbeRetry);
  probed.Well();
  EXPECT_EQ(probed.Inconclusive(), Health::kHealthy);
  EXPECT_EQ(probed.pause(), kInterval);
  EXPECT_EQ(probed.Failed(), Health::kHealthy);
  EXPECT_EQ(probed.Inconclusive(), Health::kHealthy);
  EXPECT_EQ(probed.Failed(), Health::kUnhealthy);
}

TEST(ProbeSchedule, FallsAfterFailuresInARow) {
  Probed probed(1, 3);
  probed.Well();
  EXPECT_EQ(probed.Failed(), Health::kHealthy);
  EXPECT_EQ(probed.Failed(), Health::kHealthy);
  EXPECT_EQ(probed.Well(), Health::kHealthy);
  EXPECT_EQ(probed.Failed(), Health::kHealthy);
  EXPECT_EQ(probed.Failed(), Health::kHealthy);
  EXPECT_EQ(probed.Failed(), Health::kUnhealthy);
}

TEST(ProbeSchedule, RisesAfterGoodOnesInARow) {
  Probed probed(3, 1);
  probed.Failed();
  EXPECT_EQ(probed.Well(), Health::kUnhealthy);
  EXPECT_EQ(probed.Well(), Health::kUnhealthy);
  EXPECT_EQ(probed.Failed(), Health::kUnhealthy);
  EXPECT_EQ(probed.Well(), Health::kUnhealthy);
  EXPECT_EQ(probed.Well(), Health::kUnhealthy);
  EXPECT_EQ(probed.Well(), Health::kHealthy);
}

TEST(ProbeSchedule, DoubtIsShort) {
  Probed probed(2, 2);
  probed.Well();
  EXPECT_EQ(probed.pause(), kInterval);
  probed.Failed();  // still well
  EXPECT_EQ(probed.pause(), limits::kProbeRetry);
  probed.Failed();
  EXPECT_EQ(probed.pause(), limits::kProbeRetry);
  probed.Well();  // still not well
  EXPECT_EQ(probed.pause(), limits::kProbeRetry);
  probed.Well();
  EXPECT_EQ(probed.pause(), kInterval);
}

TEST(ProbeSchedule, APauseIsNeverLongerThanTheInterval) {
  EXPECT_EQ(ProbeSchedule().Pause(Health::kUnhealthy, absl::Milliseconds(20)),
            absl::Milliseconds(20));
}

TEST(ProbeSchedule, SpreadsByATenthInAll) {
  EXPECT_EQ(Spread(absl::Seconds(100), 0), absl::Seconds(95));
  EXPECT_EQ(Spread(absl::Seconds(100), 0.5), absl::Seconds(100));
  EXPECT_EQ(Spread(absl::Seconds(100), 1), absl::Seconds(105));
}

}  // namespace
}  // namespace pinnace::gateway
