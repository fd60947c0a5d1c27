#include "proxy/gateway/memory_watch.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace pinnace::gateway {
namespace {

TEST(MemoryWatchTest, KnowsWhatThisProcessHas) {
  const uint64_t before = ResidentBytes();
  EXPECT_GT(before, uint64_t{1024 * 1024});
  constexpr size_t kMore = 64 * 1024 * 1024;
  std::vector<char> touched(kMore, 'x');
  EXPECT_GT(ResidentBytes(), before + kMore / 2) << touched.back();
}

// What a watch is told. Its thread looks too: a look changes nothing that the
// next one of the same would.
struct Looked {
  std::atomic<uint64_t> resident{0};
  std::atomic<int> trims{0};
  std::atomic<uint64_t> freed_by_trim{0};

  MemoryWatch::Memory memory() {
    return {.resident = [this] { return resident.load(); },
            .trim =
                [this] {
                  ++trims;
                  resident -= freed_by_trim.exchange(0);
                }};
  }
};

TEST(MemoryWatchTest, WithoutALimitNothingIsShort) {
  Looked looked;
  looked.resident = uint64_t{1} << 50;
  const MemoryWatch watch(0, looked.memory());
  EXPECT_FALSE(watch.is_short());
  EXPECT_EQ(looked.trims, 0);
}

TEST(MemoryWatchTest, RefusesFromNineTenthsUntilThereIsRoomAgain) {
  Looked looked;
  MemoryWatch watch(1000, looked.memory());
  const auto is_short_at = [&](uint64_t resident) {
    looked.resident = resident;
    watch.Look();
    return watch.is_short();
  };
  EXPECT_FALSE(is_short_at(900));
  EXPECT_TRUE(is_short_at(901));
  // Between the two marks it stays what it was.
  EXPECT_TRUE(is_short_at(860));
  EXPECT_FALSE(is_short_at(850));
  EXPECT_FALSE(is_short_at(899));
}

TEST(MemoryWatchTest, WhatTheAllocatorKeepsIsNotCounted) {
  Looked looked;
  looked.resident = 950;
  looked.freed_by_trim = 100;
  MemoryWatch watch(1000, looked.memory());
  watch.Look();
  EXPECT_FALSE(watch.is_short());
  EXPECT_GE(looked.trims, 1);
}

TEST(MemoryWatchTest, LooksByItself) {
  Looked looked;
  looked.resident = 1000;
  const MemoryWatch watch(1000, looked.memory());
  while (!watch.is_short()) std::this_thread::yield();
  looked.resident = 10;
  while (watch.is_short()) std::this_thread::yield();
}

}  // namespace
}  // namespace pinnace::gateway
