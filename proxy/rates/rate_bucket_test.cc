#include "proxy/rates/rate_bucket.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace pinnace::rates {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
constexpr uint64_t kMib = 1024 * 1024;

TEST(RateBucketTest, WithoutALimitEverythingMayGoNow) {
  RateBucket bucket;
  EXPECT_FALSE(bucket.is_limited());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bucket.Take(1'000'000'000, kStart), kStart);
  }
}

TEST(RateBucketTest, ABurstGoesAtOnceAndTheRestInTime) {
  RateBucket bucket({.bytes_per_second = 1000, .burst_bytes = 500});
  EXPECT_EQ(bucket.Take(500, kStart), kStart);
  EXPECT_EQ(bucket.Take(100, kStart), kStart + absl::Milliseconds(100));
  EXPECT_EQ(bucket.Take(100, kStart), kStart + absl::Milliseconds(200));
  // It fills again, and not beyond a burst.
  const absl::Time later = kStart + absl::Hours(1);
  EXPECT_EQ(bucket.Take(500, later), later);
  EXPECT_EQ(bucket.Take(1, later), later + absl::Milliseconds(1));
}

TEST(RateBucketTest, TheBurstIsAQuarterOfASecondIfNothingIsSaid) {
  EXPECT_EQ(DefaultBurst(1000), 64u * 1024);
  EXPECT_EQ(DefaultBurst(4 * kMib), kMib);
  RateBucket bucket({.bytes_per_second = 4 * kMib});
  EXPECT_EQ(bucket.Take(kMib, kStart), kStart);
  EXPECT_GT(bucket.Take(1, kStart), kStart);
}

TEST(RateBucketTest, WhatIsPutBackIsThereForOthers) {
  RateBucket bucket({.bytes_per_second = 1000, .burst_bytes = 1000});
  EXPECT_EQ(bucket.Take(1000, kStart), kStart);
  bucket.PutBack(400);
  EXPECT_EQ(bucket.Take(400, kStart), kStart);
  EXPECT_EQ(bucket.Take(100, kStart), kStart + absl::Milliseconds(100));
}

TEST(RateBucketTest, AnotherLimitBeginsAnew) {
  RateBucket bucket({.bytes_per_second = 1000, .burst_bytes = 1});
  EXPECT_EQ(bucket.Take(3'600'001, kStart), kStart + absl::Hours(1));
  const uint32_t generation = bucket.generation();
  bucket.Set({.bytes_per_second = 1000, .burst_bytes = 1});
  EXPECT_EQ(bucket.generation(), generation);
  EXPECT_FALSE(bucket.IsFull(kStart));
  bucket.Set({.bytes_per_second = 10'000, .burst_bytes = 1});
  EXPECT_NE(bucket.generation(), generation);
  EXPECT_TRUE(bucket.IsFull(kStart));
  EXPECT_LT(bucket.Take(1000, kStart), kStart + absl::Milliseconds(101));
  bucket.Set({});
  EXPECT_EQ(bucket.Take(1'000'000, kStart), kStart);
}

TEST(RateBucketTest, PiecesAreTenMillisecondsOfTheRate) {
  EXPECT_EQ(RateBucket({.bytes_per_second = 1000}).Piece(), 1024u);
  EXPECT_EQ(RateBucket({.bytes_per_second = kMib}).Piece(), kMib / 100);
  EXPECT_EQ(RateBucket({.bytes_per_second = 1000 * kMib}).Piece(), 64u * 1024);
}

TEST(RateBucketTest, ThreadsTakeNoMoreThanThereIs) {
  RateBucket bucket({.bytes_per_second = kMib, .burst_bytes = 1});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&bucket] {
      for (int k = 0; k < 1024; ++k) bucket.Take(1024, kStart);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const absl::Duration last = bucket.Take(1024, kStart) - kStart;
  EXPECT_NEAR(absl::ToDoubleSeconds(last), 4.0, 0.01);
}

}  // namespace
}  // namespace pinnace::rates
