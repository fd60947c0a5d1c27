#include "proxy/gateway/event_ring.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

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

TEST_F(EventRingTest, AnEventComesBackAsItWas) {
  Event event = {.kind = Event::Kind::kTransferStart,
                 .ok = true,
                 .time = absl::FromUnixSeconds(1000),
                 .session = 257,
                 .client = *Address::Parse("[2001:db8::1]:4000"),
                 .user = "ann",
                 .farm = "main",
                 .backend = "a",
                 .text = "words"};
  event.transfer = session::TransferFacts{
      .verb = "RETR",
      .path = "/big",
      .client_mode = "passive",
      .backend_mode = "active",
      .bytes = 7,
      .public_port = 50000,
      .client_data = *Address::Parse("203.0.113.7:1"),
      .backend_data = *Address::Parse("10.0.0.1:2"),
      .started = absl::FromUnixSeconds(999),
      .client_protected = true,
      .client_local = *Address::Parse("203.0.113.1:50000"),
      .backend_local = *Address::Parse("10.0.0.9:3"),
      .rate = 8};
  ring_.Add(event);
  const std::vector<Event> read = ring_.Read(0, 10, absl::ZeroDuration());
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].kind, event.kind);
  EXPECT_TRUE(read[0].ok);
  EXPECT_EQ(read[0].time, event.time);
  EXPECT_EQ(read[0].session, event.session);
  EXPECT_EQ(read[0].client, event.client);
  EXPECT_EQ(read[0].user, "ann");
  EXPECT_EQ(read[0].farm, "main");
  EXPECT_EQ(read[0].backend, "a");
  EXPECT_EQ(read[0].text, "words");
  ASSERT_TRUE(read[0].transfer.has_value());
  const session::TransferFacts& transfer = *read[0].transfer;
  EXPECT_EQ(transfer.verb, "RETR");
  EXPECT_EQ(transfer.path, "/big");
  EXPECT_EQ(transfer.client_mode, "passive");
  EXPECT_EQ(transfer.backend_mode, "active");
  EXPECT_EQ(transfer.bytes, 7);
  EXPECT_EQ(transfer.public_port, 50000);
  EXPECT_EQ(transfer.client_data, event.transfer->client_data);
  EXPECT_EQ(transfer.backend_data, event.transfer->backend_data);
  EXPECT_EQ(transfer.started, event.transfer->started);
  EXPECT_TRUE(transfer.client_protected);
  EXPECT_FALSE(transfer.backend_protected);
  EXPECT_EQ(transfer.client_local, event.transfer->client_local);
  EXPECT_EQ(transfer.backend_local, event.transfer->backend_local);
  EXPECT_EQ(transfer.rate, 8);
}

// Longer ones take the place of several; none is ever torn.
TEST_F(EventRingTest, TextsOfEveryLengthGoRound) {
  EventRing ring(100);
  for (uint64_t i = 1; i <= 5000; ++i) {
    const size_t size = i * 7919 % (i % 10 == 0 ? 1500 : 200);
    ring.Add({.kind = Event::Kind::kBan,
              .session = i,
              .text = std::string(size, static_cast<char>('a' + i % 26))});
    if (i % 97 != 0) continue;
    const std::vector<Event> read = ring.Read(i - 50, 50, absl::ZeroDuration());
    ASSERT_GT(read.size(), 10u);
    EXPECT_EQ(read.back().number, i);
    for (const Event& event : read) {
      if (event.kind == Event::Kind::kGap) continue;
      const uint64_t number = event.number;
      EXPECT_EQ(event.session, number);
      EXPECT_EQ(event.text,
                std::string(number * 7919 % (number % 10 == 0 ? 1500 : 200),
                            static_cast<char>('a' + number % 26)));
    }
  }
  EXPECT_GE(ring.evictions(), 4900);
}

TEST_F(EventRingTest, ATextThatIsTooLongIsCut) {
  ring_.Add({.kind = Event::Kind::kBan, .text = std::string(70'000, 'x')});
  EXPECT_EQ(ring_.Read(0, 1, absl::ZeroDuration())[0].text.size(),
            4 * limits::kMaxEventTextBytes);
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
