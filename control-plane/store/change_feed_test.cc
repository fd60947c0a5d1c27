#include "control-plane/store/change_feed.h"

#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace pinnace::store {
namespace {

TEST(ChangeFeedTest, KnowsOnlyTheLastCommits) {
  ChangeFeed feed(10, {.commits = 2, .bytes = 100});
  const auto code = [&](uint64_t version) {
    return feed.Watch(version, [](const auto&) {}).status().code();
  };
  EXPECT_EQ(code(9), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(code(10), absl::StatusCode::kOk);
  EXPECT_EQ(code(11), absl::StatusCode::kOutOfRange);
  for (uint64_t version : {11, 12, 13}) feed.Append({.version = version});
  EXPECT_EQ(code(10), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(code(11), absl::StatusCode::kOk);
  EXPECT_EQ(code(13), absl::StatusCode::kOk);
}

TEST(ChangeFeedTest, KnowsOnlySoManyBytes) {
  ChangeFeed feed(0, {.commits = 10, .bytes = 8});
  const auto knows = [&](uint64_t version) {
    return feed.Watch(version, [](const auto&) {}).ok();
  };
  feed.Append({.version = 1, .changes = {{"k", "123"}}});
  feed.Append({.version = 2, .changes = {{"k", "123"}}});
  EXPECT_TRUE(knows(0));
  feed.Append({.version = 3, .changes = {{"k", std::nullopt}}});
  EXPECT_FALSE(knows(0));
  EXPECT_TRUE(knows(1));
  feed.Append(
      {.version = 4, .changes = {{"k", "of more bytes than it keeps"}}});
  EXPECT_FALSE(knows(3));
  EXPECT_TRUE(knows(4));
}

TEST(ChangeFeedTest, TellsASlowWatcherThatItIsLost) {
  ChangeFeed feed(0, {.commits = 2, .bytes = 100});
  absl::Notification called, go_on, lost;
  std::vector<uint64_t> versions;
  auto watching = feed.Watch(0, [&](const absl::StatusOr<ChangeSet>& changes) {
    if (!changes.ok()) {
      EXPECT_EQ(changes.status().code(), absl::StatusCode::kOutOfRange);
      return lost.Notify();  // Twice would crash.
    }
    versions.push_back(changes->version);
    called.Notify();
    go_on.WaitForNotification();
  });
  feed.Append({.version = 1});
  called.WaitForNotification();
  for (uint64_t version : {2, 3, 4}) feed.Append({.version = version});
  go_on.Notify();
  lost.WaitForNotification();
  feed.Append({.version = 5});
  EXPECT_EQ(versions, std::vector<uint64_t>{1});
}

TEST(ChangeFeedTest, DroppingTheHandleWaitsForTheCall) {
  ChangeFeed feed(0, {.commits = 10, .bytes = 100});
  absl::Notification called;
  bool returned = false;
  auto watching = feed.Watch(0, [&](const auto&) {
    if (called.HasBeenNotified()) return;
    called.Notify();
    absl::SleepFor(absl::Milliseconds(20));
    returned = true;
  });
  feed.Append({.version = 1});
  called.WaitForNotification();
  *watching = nullptr;
  EXPECT_TRUE(returned);
}

TEST(ChangeFeedTest, ACallMayDropItsOwnHandle) {
  ChangeFeed feed(0, {.commits = 10, .bytes = 100});
  absl::Notification ready, dropped;
  std::unique_ptr<Watching> watching;
  watching = *feed.Watch(0, [&](const auto&) {
    ready.WaitForNotification();
    watching = nullptr;
    dropped.Notify();
  });
  ready.Notify();
  feed.Append({.version = 1});
  feed.Append({.version = 2});
  dropped.WaitForNotification();
}

}  // namespace
}  // namespace pinnace::store
