#include "proxy/rates/pacer.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"

namespace pinnace::rates {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
constexpr uint64_t kMib = 1024 * 1024;

using BucketPtr = std::shared_ptr<RateBucket>;

BucketPtr Bucket(uint64_t bytes_per_second, uint64_t burst = 64 * 1024) {
  return std::make_shared<RateBucket>(
      RateLimit{.bytes_per_second = bytes_per_second, .burst_bytes = burst});
}

// Transfers that would move any amount: what each has moved after `time`.
std::vector<uint64_t> MovedBy(std::vector<std::unique_ptr<Pacer>>& pacers,
                              absl::Duration time) {
  std::vector<uint64_t> moved(pacers.size(), 0);
  std::multimap<absl::Time, size_t> next;
  for (size_t i = 0; i < pacers.size(); ++i) next.emplace(kStart, i);
  while (next.begin()->first < kStart + time) {
    const auto [now, i] = *next.begin();
    next.erase(next.begin());
    const uint64_t allowed = pacers[i]->Allowed(kMib, now);
    pacers[i]->Moved(allowed);
    moved[i] += allowed;
    next.emplace(
        allowed > 0 ? now + absl::Microseconds(20) : pacers[i]->ready_at(), i);
  }
  return moved;
}

uint64_t Sum(const std::vector<uint64_t>& values) {
  return std::accumulate(values.begin(), values.end(), uint64_t{0});
}

TEST(PacerTest, WithoutLimitsAllThatIsWantedIsAllowed) {
  Pacer none({});
  EXPECT_EQ(none.Allowed(kMib, kStart), kMib);
  Pacer unlimited({Bucket(0), Bucket(0)});
  EXPECT_EQ(unlimited.Allowed(kMib, kStart), kMib);
  unlimited.Moved(kMib);
  EXPECT_EQ(unlimited.Allowed(kMib, kStart), kMib);
}

TEST(PacerTest, KeepsToTheRate) {
  for (const uint64_t rate : {100'000ull, 3'000'000ull, 200'000'000ull}) {
    std::vector<std::unique_ptr<Pacer>> one;
    one.push_back(std::make_unique<Pacer>(Pacer::Buckets{Bucket(rate)}));
    const double moved =
        static_cast<double>(Sum(MovedBy(one, absl::Seconds(10))));
    EXPECT_NEAR(moved, 10.0 * static_cast<double>(rate) + 64 * 1024,
                0.02 * 10 * static_cast<double>(rate));
  }
}

TEST(PacerTest, TheNarrowestCounts) {
  std::vector<std::unique_ptr<Pacer>> one;
  one.push_back(std::make_unique<Pacer>(
      Pacer::Buckets{Bucket(50 * kMib), Bucket(kMib), Bucket(0)}));
  EXPECT_NEAR(static_cast<double>(Sum(MovedBy(one, absl::Seconds(10)))),
              10.0 * kMib, 0.02 * 10 * kMib);
}

TEST(PacerTest, TenShareEvenly) {
  const BucketPtr shared = Bucket(5 * kMib);
  std::vector<std::unique_ptr<Pacer>> ten;
  for (int i = 0; i < 10; ++i) {
    ten.push_back(std::make_unique<Pacer>(Pacer::Buckets{shared}));
  }
  const std::vector<uint64_t> moved = MovedBy(ten, absl::Seconds(10));
  const auto [least, most] = std::minmax_element(moved.begin(), moved.end());
  EXPECT_LT(static_cast<double>(*most) / static_cast<double>(*least), 1.1);
  EXPECT_NEAR(static_cast<double>(Sum(moved)), 50.0 * kMib, 0.02 * 50 * kMib);
}

TEST(PacerTest, WhatOneMayNotHaveTheOthersHave) {
  const BucketPtr shared = Bucket(4 * kMib);
  std::vector<std::unique_ptr<Pacer>> two;
  two.push_back(std::make_unique<Pacer>(Pacer::Buckets{shared, Bucket(kMib)}));
  two.push_back(std::make_unique<Pacer>(Pacer::Buckets{shared}));
  const std::vector<uint64_t> moved = MovedBy(two, absl::Seconds(10));
  EXPECT_NEAR(static_cast<double>(moved[0]), 10.0 * kMib, 0.5 * kMib);
  EXPECT_NEAR(static_cast<double>(moved[1]), 30.0 * kMib, 1.5 * kMib);
}

TEST(PacerTest, WhatIsNotMovedGoesBack) {
  const BucketPtr bucket = Bucket(kMib, 1);
  {
    Pacer pacer({bucket});
    EXPECT_EQ(pacer.Allowed(kMib, kStart), 0u);
    EXPECT_GT(pacer.ready_at(), kStart);
  }
  EXPECT_LT(bucket->Take(1, kStart), kStart + absl::Milliseconds(1));
}

TEST(PacerTest, WhoWaitsUnderAFormerLimitWaitsNoMore) {
  const BucketPtr bucket = Bucket(1024, 1);
  Pacer first({bucket}), second({bucket});
  EXPECT_EQ(first.Allowed(kMib, kStart), 0u);
  EXPECT_EQ(second.Allowed(kMib, kStart), 0u);
  EXPECT_GE(second.ready_at(), kStart + absl::Seconds(1));
  bucket->Set({.bytes_per_second = 100 * kMib});
  EXPECT_GT(first.Allowed(kMib, kStart), 0u);
  bucket->Set({});
  EXPECT_EQ(second.Allowed(kMib, kStart), kMib);
}

TEST(PacerTest, ALimitMayComeWhileItRuns) {
  const BucketPtr bucket = Bucket(0);
  Pacer pacer({bucket});
  EXPECT_EQ(pacer.Allowed(kMib, kStart), kMib);
  bucket->Set({.bytes_per_second = kMib, .burst_bytes = 1});
  EXPECT_EQ(pacer.Allowed(kMib, kStart), 0u);
  EXPECT_EQ(pacer.Allowed(kMib, pacer.ready_at()), kMib / 100);
  pacer.Moved(kMib / 100);
  bucket->Set({});
  EXPECT_EQ(pacer.Allowed(kMib, kStart), kMib);
}

}  // namespace
}  // namespace pinnace::rates
