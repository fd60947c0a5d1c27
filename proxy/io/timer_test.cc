#include "proxy/io/timer.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

TEST(TimerTest, ExpiresInOrderNotBeforeItsTime) {
  Loop loop;
  std::string order;
  const absl::Time start = loop.now();
  Timer late(loop, [&] { order += 'l'; }), soon(loop, [&] { order += 's'; });
  late.Set(start + absl::Milliseconds(8));
  soon.Set(start + absl::Milliseconds(3));
  EXPECT_EQ(loop.live_timers(), 2);
  // A slow machine may see both in one turn.
  ASSERT_TRUE(TurnUntil(loop, [&] { return !order.empty(); }));
  EXPECT_GE(loop.now(), start + absl::Milliseconds(3));
  ASSERT_TRUE(TurnUntil(loop, [&] { return order.size() == 2; }));
  EXPECT_GE(loop.now(), start + absl::Milliseconds(8));
  EXPECT_EQ(order, "sl");
  EXPECT_EQ(loop.live_timers(), 0);
  EXPECT_EQ(soon.deadline(), absl::InfiniteFuture());
}

TEST(TimerTest, MovedLaterExpiresOnceAtTheLastDeadline) {
  Loop loop;
  int expired = 0;
  const absl::Time start = loop.now();
  Timer timer(loop, [&] { ++expired; });
  for (int ms = 1; ms <= 10; ++ms) timer.Set(start + absl::Milliseconds(ms));
  EXPECT_EQ(timer.deadline(), start + absl::Milliseconds(10));
  ASSERT_TRUE(TurnUntil(loop, [&] { return expired > 0; }));
  EXPECT_GE(loop.now(), start + absl::Milliseconds(10));
  Settle(loop);
  EXPECT_EQ(expired, 1);
}

TEST(TimerTest, MovedSooner) {
  Loop loop;
  bool expired = false;
  Timer timer(loop, [&] { expired = true; });
  timer.Set(loop.now() + absl::Hours(1));
  timer.Set(loop.now() + absl::Milliseconds(1));
  ASSERT_TRUE(TurnUntil(loop, [&] { return expired; }));
}

TEST(TimerTest, InfiniteFutureDisarms) {
  Loop loop;
  Timer timer(loop, [] { FAIL(); });
  timer.Set(loop.now() - absl::Hours(1));
  timer.Set(absl::InfiniteFuture());
  EXPECT_EQ(loop.live_timers(), 0);
  Settle(loop);
}

TEST(TimerTest, OneThatSetsItselfToThePastWaitsATurn) {
  Loop loop;
  int expired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    ++expired;
    timer->Set(loop.now() - absl::Seconds(1));
  });
  timer->Set(loop.now());
  for (int i = 1; i <= 5; ++i) {
    loop.RunOnce(absl::ZeroDuration());
    EXPECT_EQ(expired, i);
  }
}

TEST(TimerTest, MayBeDestroyedWhenItExpires) {
  Loop loop;
  const auto token = std::make_shared<std::string>("captured");
  std::string seen;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&, token] {
    timer.reset();
    seen = *token;
  });
  timer->Set(loop.now());
  ASSERT_TRUE(TurnUntil(loop, [&] { return !seen.empty(); }));
  EXPECT_EQ(seen, "captured");
}

class CountingNode final : public TimerQueue::Node {
 private:
  void OnReached(absl::Time) override {}
};

TEST(TimerQueueTest, StaysInOrderThroughEveryKindOfChange) {
  TimerQueue queue;
  std::vector<CountingNode> nodes(200);
  uint32_t state = 7;
  const auto draw = [&](uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 16) % below;
  };
  for (int i = 0; i < 20'000; ++i) {
    CountingNode& node = nodes[draw(200)];
    if (draw(3) == 0) {
      queue.Remove(&node);
      ASSERT_FALSE(node.is_queued());
    } else {
      queue.Put(&node, absl::UnixEpoch() + absl::Seconds(draw(1000)));
    }
    const auto soonest = std::min_element(
        nodes.begin(), nodes.end(),
        [](const CountingNode& a, const CountingNode& b) {
          return (a.is_queued() ? a.at() : absl::InfiniteFuture()) <
                 (b.is_queued() ? b.at() : absl::InfiniteFuture());
        });
    ASSERT_EQ(queue.empty(), !soonest->is_queued());
    if (queue.empty()) continue;
    ASSERT_EQ(queue.top()->at(), soonest->at());
  }
}

}  // namespace
}  // namespace pinnace::io
