#include "cli/local_drains.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pinnace::cli {
namespace {

v1::Snapshot SnapshotOf(const std::string& address_of_a) {
  v1::Snapshot snapshot;
  v1::Farm& farm = *snapshot.add_farms();
  farm.set_name("main");
  v1::Backend& a = *farm.add_backends();
  a.set_id("a");
  a.set_address(address_of_a);
  v1::Backend& b = *farm.add_backends();
  b.set_id("b");
  b.set_address("127.0.0.12:21");
  return snapshot;
}

std::string Drained(const LocalDrains& drains) {
  std::string ids;
  const v1::Snapshot snapshot = drains.Snapshot();
  for (const v1::Backend& backend : snapshot.farms(0).backends()) {
    if (backend.state() == v1::Backend::STATE_DRAINING) ids += backend.id();
  }
  return ids;
}

class LocalDrainsTest : public testing::Test {
 protected:
  LocalDrainsTest() { drains_.Load(SnapshotOf("127.0.0.11:21")); }
  LocalDrains drains_;
};

TEST_F(LocalDrainsTest, DrainsAndResumes) {
  EXPECT_EQ(Drained(drains_), "");
  EXPECT_TRUE(drains_.Drain("a").ok());
  EXPECT_EQ(Drained(drains_), "a");
  EXPECT_EQ(drains_.Drain("a").message(), "backend a is drained already");
  EXPECT_EQ(drains_.Drain("x").message(), "no backend x");
  EXPECT_TRUE(drains_.Resume("a").ok());
  EXPECT_EQ(Drained(drains_), "");
  EXPECT_EQ(drains_.Resume("a").message(), "backend a is not drained");
  EXPECT_EQ(drains_.Resume("x").message(), "no backend x");
}

TEST_F(LocalDrainsTest, AReloadKeepsADrainOfTheSameBackend) {
  ASSERT_TRUE(drains_.Drain("a").ok());
  ASSERT_TRUE(drains_.Drain("b").ok());
  drains_.Load(SnapshotOf("127.0.0.11:21"));
  EXPECT_EQ(Drained(drains_), "ab");
  drains_.Load(SnapshotOf("127.0.0.99:21"));
  EXPECT_EQ(Drained(drains_), "b");
  drains_.Load(SnapshotOf("127.0.0.11:21"));
  EXPECT_EQ(Drained(drains_), "b");
}

TEST_F(LocalDrainsTest, WhatTheFileDrainsIsTheFiles) {
  v1::Snapshot snapshot = SnapshotOf("127.0.0.11:21");
  snapshot.mutable_farms(0)->mutable_backends(0)->set_state(
      v1::Backend::STATE_DRAINING);
  drains_.Load(snapshot);
  EXPECT_EQ(drains_.Drain("a").message(), "backend a is drained already");
  EXPECT_EQ(drains_.Resume("a").message(),
            "backend a is drained by the configuration file: change it there");
  EXPECT_EQ(Drained(drains_), "a");
}

}  // namespace
}  // namespace pinnace::cli
