#include "proxy/io/signal_watch.h"

#include <csignal>
#include <memory>

#include "gtest/gtest.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

TEST(SignalWatchTest, IsToldOfItsSignalAgainAndAgain) {
  Loop loop;
  int hang_ups = 0, users = 0;
  SignalWatch hang_up(loop, SIGHUP, [&] { ++hang_ups; });
  SignalWatch user(loop, SIGUSR1, [&] { ++users; });
  for (int i = 1; i <= 3; ++i) {
    raise(SIGHUP);
    ASSERT_TRUE(TurnUntil(loop, [&] { return hang_ups == i; }));
  }
  EXPECT_EQ(users, 0);
}

TEST(SignalWatchTest, WakesASleepingLoop) {
  Loop loop;
  SignalWatch terminate(loop, SIGTERM, [&] { loop.Stop(); });
  raise(SIGTERM);
  loop.Run();
}

TEST(SignalWatchTest, MayBeDestroyedWhenRaised) {
  Loop loop;
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  std::unique_ptr<SignalWatch> watch;
  watch = std::make_unique<SignalWatch>(loop, SIGHUP, [&, token] {
    watch.reset();
    seen = *token;
  });
  raise(SIGHUP);
  ASSERT_TRUE(TurnUntil(loop, [&] { return seen != 0; }));
}

}  // namespace
}  // namespace pinnace::io
