#include "proxy/io/loop.h"

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/base/steady_clock.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

class RecordingCallback final : public Loop::ReadyCallback {
 public:
  void OnReady(Readiness readiness) override {
    calls.push_back(readiness);
    if (on_ready) on_ready();
  }
  std::vector<Readiness> calls;
  std::function<void()> on_ready;
};

class LoopTest : public testing::Test {
 protected:
  void Turn() { loop_.RunOnce(absl::ZeroDuration()); }

  Loop loop_;
  Pair pair_ = Connect();
  RecordingCallback first_, second_;
};

TEST_F(LoopTest, ToldOfEdgesOnce) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  Turn();
  ASSERT_EQ(first_.calls.size(), 1u);
  EXPECT_TRUE(first_.calls[0].writable);
  EXPECT_FALSE(first_.calls[0].readable);
  Turn();
  EXPECT_EQ(first_.calls.size(), 1u);
  SendOutside(pair_.far, "x");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return first_.calls.size() == 2; }));
  EXPECT_TRUE(first_.calls[1].readable);
  EXPECT_FALSE(first_.calls[1].peer_finished);
  Turn();
  EXPECT_EQ(first_.calls.size(), 2u);
}

TEST_F(LoopTest, TellsFinFromReset) {
  Pair other = Connect();
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  auto watch2 = loop_.WatchSocket(other.near.fd(), &second_, Priority::kBulk);
  Turn();
  pair_.far.ShutdownWrite();
  other.far.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return second_.calls.size() == 2; }));
  EXPECT_TRUE(first_.calls.back().peer_finished);
  EXPECT_FALSE(first_.calls.back().hang_up);
  EXPECT_TRUE(second_.calls.back().hang_up);
}

TEST_F(LoopTest, ControlComesBeforeBulk) {
  std::string order;
  std::vector<Pair> pairs;
  std::vector<std::unique_ptr<Loop::Watch>> watches;
  RecordingCallback control, bulk;
  control.on_ready = [&] { order += 'c'; };
  bulk.on_ready = [&] { order += 'b'; };
  for (int i = 0; i < 6; ++i) {
    pairs.push_back(Connect());
    const bool is_bulk = i % 2 == 0;
    watches.push_back(
        loop_.WatchSocket(pairs.back().near.fd(), is_bulk ? &bulk : &control,
                          is_bulk ? Priority::kBulk : Priority::kControl));
  }
  Turn();
  EXPECT_EQ(order, "cccbbb");
}

TEST_F(LoopTest, BulkStandsInLine) {
  std::string order;
  Pair pairs[3] = {Connect(), Connect(), Connect()};
  RecordingCallback callbacks[3];
  std::unique_ptr<Loop::Watch> watches[3];
  for (int i = 0; i < 3; ++i) {
    callbacks[i].on_ready = [&order, &watches, i] {
      order += static_cast<char>('a' + i);
      if (order.size() < 9) watches[i]->Again();
    };
    watches[i] =
        loop_.WatchSocket(pairs[i].near.fd(), &callbacks[i], Priority::kBulk);
  }
  ASSERT_TRUE(TurnUntil(loop_, [&] { return order.size() >= 11; }));
  // Whoever came first: nobody is told twice before all were told once.
  const std::string round = order.substr(0, 3);
  EXPECT_EQ(order, round + round + round + round.substr(0, 2));
  EXPECT_TRUE(callbacks[0].calls.back().readable);
}

TEST_F(LoopTest, EndlessBulkLetsControlIn) {
  auto bulk = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kBulk);
  first_.on_ready = [&] { bulk->Again(); };
  Turn();
  Pair other = Connect();
  auto control =
      loop_.WatchSocket(other.near.fd(), &second_, Priority::kControl);
  for (size_t i = 1; i <= 20; ++i) {
    SendOutside(other.far, "x");
    ASSERT_TRUE(TurnUntil(loop_, [&] { return second_.calls.size() >= i; }));
    // Does not sleep while anybody stands in line.
    const size_t told = first_.calls.size();
    loop_.RunOnce(absl::InfiniteDuration());
    EXPECT_GT(first_.calls.size(), told);
  }
}

TEST_F(LoopTest, AWatchMayGoWhileItStandsInLine) {
  Pair other = Connect();
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kBulk);
  auto watch2 = loop_.WatchSocket(other.near.fd(), &second_, Priority::kBulk);
  first_.on_ready = [&] { watch2.reset(); };
  second_.on_ready = [&] { watch.reset(); };
  Turn();
  EXPECT_EQ(first_.calls.size() + second_.calls.size(), 1u);
}

TEST_F(LoopTest, ANewOwnerHearsWhatStoodInLine) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kBulk);
  first_.on_ready = [&] {
    watch->Again();
    watch->Redirect(&second_, Priority::kBulk);
  };
  Turn();
  EXPECT_EQ(first_.calls.size(), 1u);
  ASSERT_FALSE(second_.calls.empty());
  EXPECT_TRUE(second_.calls[0].readable);
}

TEST_F(LoopTest, AWatchMayGoInTheTurnOfItsEvent) {
  Pair other = Connect();
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  auto watch2 =
      loop_.WatchSocket(other.near.fd(), &second_, Priority::kControl);
  // Whichever comes first removes both, and a new watch takes their place.
  RecordingCallback third;
  Pair another = Connect();
  std::unique_ptr<Loop::Watch> watch3;
  first_.on_ready = second_.on_ready = [&] {
    watch.reset();
    watch2.reset();
    pair_.near.Close();
    other.near.Close();
    watch3 = loop_.WatchSocket(another.near.fd(), &third, Priority::kControl);
  };
  Turn();
  EXPECT_EQ(first_.calls.size() + second_.calls.size(), 1u);
  EXPECT_EQ(third.calls.size(), 0u);
  Turn();
  EXPECT_EQ(third.calls.size(), 1u);
  EXPECT_EQ(loop_.live_watches(), 1);
}

TEST_F(LoopTest, ASocketThatOutlivesItsWatchIsHarmless) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  Turn();
  watch.reset();
  SendOutside(pair_.far, "x");
  Settle(loop_);
  EXPECT_EQ(first_.calls.size(), 1u);
  EXPECT_EQ(loop_.live_watches(), 0);
  // It can be watched again.
  watch = loop_.WatchSocket(pair_.near.fd(), &second_, Priority::kControl);
  Turn();
  ASSERT_EQ(second_.calls.size(), 1u);
  EXPECT_TRUE(second_.calls[0].readable);
}

TEST_F(LoopTest, AReleasedSocketGoesToAnotherLoop) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  watch->Release();
  EXPECT_EQ(loop_.live_watches(), 0);
  Loop other;
  auto watch2 =
      other.WatchSocket(pair_.near.fd(), &second_, Priority::kControl);
  SendOutside(pair_.far, "x");
  ASSERT_TRUE(TurnUntil(other, [&] { return !second_.calls.empty(); }));
  Turn();
  EXPECT_TRUE(first_.calls.empty());
}

TEST_F(LoopTest, RedirectTellsTheNextOwnerToTry) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  SendOutside(pair_.far, "x");
  pair_.far.ShutdownWrite();
  Turn();
  watch->Redirect(&second_, Priority::kBulk);
  EXPECT_TRUE(second_.calls.empty());
  Turn();
  ASSERT_EQ(second_.calls.size(), 1u);
  EXPECT_TRUE(second_.calls[0].readable);
  EXPECT_TRUE(second_.calls[0].writable);
  EXPECT_TRUE(second_.calls[0].peer_finished);
  EXPECT_FALSE(second_.calls[0].hang_up);
  Turn();
  EXPECT_EQ(second_.calls.size(), 1u);
}

TEST_F(LoopTest, AParkedWatchKeepsJustWhatCame) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), nullptr, Priority::kControl);
  Turn();
  watch->Redirect(&first_, Priority::kControl);
  Turn();
  ASSERT_EQ(first_.calls.size(), 1u);
  EXPECT_TRUE(first_.calls[0].writable);
  EXPECT_FALSE(first_.calls[0].readable);
  watch->Park({});
  watch->Redirect(&second_, Priority::kControl);
  Settle(loop_);
  EXPECT_TRUE(second_.calls.empty());
}

TEST_F(LoopTest, AnEventThatCameMeanwhileReplacesTheRetry) {
  Pair other = Connect();
  auto watch = loop_.WatchSocket(other.near.fd(), nullptr, Priority::kBulk);
  auto control =
      loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  first_.on_ready = [&] { watch->Redirect(&second_, Priority::kBulk); };
  Turn();
  EXPECT_EQ(second_.calls.size(), 1u);
}

TEST_F(LoopTest, ARedirectedWatchMayGoBeforeItIsTold) {
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  watch->Redirect(&second_, Priority::kControl);
  watch.reset();
  Settle(loop_);
  EXPECT_TRUE(second_.calls.empty());
}

TEST_F(LoopTest, DeferredRunsAtTheEndOfTheTurnAndOnce) {
  int runs = 0;
  Loop::Deferred deferred(loop_, [&] { ++runs; });
  auto watch = loop_.WatchSocket(pair_.near.fd(), &first_, Priority::kControl);
  first_.on_ready = [&] {
    deferred.Schedule();
    deferred.Schedule();
    EXPECT_EQ(runs, 0);
  };
  Turn();
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(deferred.is_scheduled());
  Turn();
  EXPECT_EQ(runs, 1);
}

TEST_F(LoopTest, DeferredWorkThatSchedulesItselfWaitsATurn) {
  int runs = 0;
  std::unique_ptr<Loop::Deferred> deferred;
  deferred = std::make_unique<Loop::Deferred>(loop_, [&] {
    if (++runs < 3) deferred->Schedule();
  });
  deferred->Schedule();
  Turn();
  EXPECT_EQ(runs, 1);
  loop_.RunOnce(absl::InfiniteDuration());  // Does not sleep.
  EXPECT_EQ(runs, 2);
}

TEST_F(LoopTest, DeferredMayDestroyItselfAndItsNeighbour) {
  const auto token = std::make_shared<std::string>("captured");
  std::string seen;
  std::unique_ptr<Loop::Deferred> one, two;
  one = std::make_unique<Loop::Deferred>(loop_, [&, token] {
    one.reset();
    two.reset();
    seen = *token;
  });
  two = std::make_unique<Loop::Deferred>(loop_, [&] { seen = "not this"; });
  one->Schedule();
  two->Schedule();
  Turn();
  EXPECT_EQ(seen, "captured");
}

TEST_F(LoopTest, CancelledWorkDoesNotRun) {
  Loop::Deferred deferred(loop_, [] { FAIL(); });
  deferred.Schedule();
  deferred.Cancel();
  Turn();
}

TEST_F(LoopTest, RunsUntilStopped) {
  int runs = 0;
  std::unique_ptr<Loop::Deferred> deferred;
  deferred = std::make_unique<Loop::Deferred>(
      loop_, [&] { ++runs == 5 ? loop_.Stop() : deferred->Schedule(); });
  deferred->Schedule();
  loop_.Run();
  EXPECT_EQ(runs, 5);
}

TEST_F(LoopTest, TheClockMovesOnceATurn) {
  const absl::Time before = loop_.now();
  EXPECT_EQ(loop_.now(), before);
  const int64_t turn = loop_.turn();
  Turn();
  EXPECT_GT(loop_.now(), before);
  EXPECT_EQ(loop_.turn(), turn + 1);
}

TEST_F(LoopTest, TheClockIsEverybodys) {
  const absl::Time before = SteadyNow();
  Turn();
  EXPECT_LE(before, loop_.now());
  EXPECT_LE(loop_.now(), SteadyNow());
}

TEST_F(LoopTest, SigpipeIsIgnored) {
  struct sigaction present;
  sigaction(SIGPIPE, nullptr, &present);
  EXPECT_EQ(present.sa_handler, SIG_IGN);
}

TEST(LoopDeathTest, ALeftWatchIsFound) {
  EXPECT_DEATH(
      {
        Pair pair = Connect();
        auto loop = std::make_unique<Loop>();
        auto watch =
            loop->WatchSocket(pair.near.fd(), nullptr, Priority::kControl);
        loop.reset();
      },
      "live_watches_ == 0");
}

}  // namespace
}  // namespace pinnace::io
