#include "proxy/gateway/event_ring.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pinnace::gateway {
namespace {

using testing::ElementsAre;

class EventRingTest : public testing::Test {
 protected:
  void Add(int count) {
    for (int i = 0; i < count; ++i) ring_.Add({.kind = Event::Kind::kLogin});
  }
  // "1 2 3", a gap as "-7".
  std::vector<std::string> Read(uint64_t after, size_t most = 100) {
    std::vector<std::string> numbers;
    for (const Event& event : ring_.Read(after, most, absl::ZeroDuration())) {
      numbers.push_back(absl::StrCat(event.kind == Event::Kind::kGap ? "-" : "",
                                     event.number));
    }
    return numbers;
  }

  EventRing ring_{4};
};

TEST_F(EventRingTest, GivesWhatIsBehindANumber) {
  EXPECT_THAT(Read(0), ElementsAre());
  Add(3);
  EXPECT_THAT(Read(0), ElementsAre("1", "2", "3"));
  EXPECT_THAT(Read(2), ElementsAre("3"));
  EXPECT_THAT(Read(3), ElementsAre());
  EXPECT_THAT(Read(0, 2), ElementsAre("1", "2"));
  EXPECT_EQ(ring_.last(), 3u);
}

TEST_F(EventRingTest, WhoComesTooLateFindsAGap) {
  Add(10);
  EXPECT_EQ(ring_.evictions(), 6);
  EXPECT_THAT(Read(0), ElementsAre("-6", "7", "8", "9", "10"));
  EXPECT_THAT(Read(5), ElementsAre("-6", "7", "8", "9", "10"));
  EXPECT_THAT(Read(6), ElementsAre("7", "8", "9", "10"));
}

TEST_F(EventRingTest, NumbersOfAFormerProcessAreAGap) {
  Add(2);
  EXPECT_THAT(Read(4711), ElementsAre("-0", "1", "2"));
}

TEST_F(EventRingTest, AReaderIsWoken) {
  std::vector<Event> read;
  std::thread reader([&] { read = ring_.Read(0, 10, absl::Minutes(1)); });
  Add(1);
  reader.join();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].number, 1u);
}

TEST_F(EventRingTest, WakeEndsEveryWait) {
  std::atomic<bool> over{false};
  std::thread reader([&] {
    EXPECT_TRUE(ring_.Read(0, 10, absl::Minutes(1)).empty());
    over = true;
  });
  // It may not wait yet.
  while (!over) ring_.Wake();
  reader.join();
}

}  // namespace
}  // namespace pinnace::gateway
