#include "proxy/io/mailbox.h"

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

TEST(MailboxTest, EveryThreadsWorkRunsInItsOrderOnTheLoopsThread) {
  constexpr int kThreads = 4, kEach = 5000;
  Loop loop;
  Mailbox mailbox(loop);
  const std::thread::id home = std::this_thread::get_id();
  std::vector<int> next(kThreads, 0);
  int ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        mailbox.Post([&, t, i] {
          EXPECT_EQ(std::this_thread::get_id(), home);
          EXPECT_EQ(next[t]++, i);
          if (++ran == kThreads * kEach) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(mailbox.pending(), 0);
}

TEST(MailboxTest, WakesASleepingLoop) {
  Loop loop;
  Mailbox mailbox(loop);
  for (int i = 0; i < 100; ++i) {
    std::thread poster([&] { mailbox.Post([&] { loop.Stop(); }); });
    loop.Run();
    poster.join();
  }
}

TEST(MailboxTest, WorkPostedByWorkRunsInTheNextTurn) {
  Loop loop;
  Mailbox mailbox(loop);
  bool ran = false;
  mailbox.Post([&] { mailbox.Post([&] { ran = true; }); });
  EXPECT_EQ(mailbox.pending(), 1);
  loop.RunOnce(absl::ZeroDuration());
  EXPECT_FALSE(ran);
  EXPECT_EQ(mailbox.pending(), 1);
  loop.RunOnce(absl::ZeroDuration());
  EXPECT_TRUE(ran);
}

TEST(MailboxTest, CarriesWhatCannotBeCopied) {
  Loop loop;
  Mailbox mailbox(loop);
  Pair pair = Connect();
  Socket arrived;
  mailbox.Post([&, socket = std::move(pair.near)]() mutable {
    arrived = std::move(socket);
  });
  Settle(loop);
  EXPECT_TRUE(arrived.is_open());
}

TEST(MailboxTest, WorkThatNeverRanIsDestroyedWithIt) {
  Loop loop;
  const auto token = std::make_shared<int>(1);
  {
    Mailbox mailbox(loop);
    mailbox.Post([token] { FAIL(); });
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
  Settle(loop);
}

TEST(MailboxTest, WorkMayDestroyTheMailbox) {
  Loop loop;
  auto mailbox = std::make_unique<Mailbox>(loop);
  bool ran = false;
  mailbox->Post([&] {
    mailbox.reset();
    ran = true;
  });
  mailbox->Post([] { FAIL(); });
  Settle(loop);
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace pinnace::io
