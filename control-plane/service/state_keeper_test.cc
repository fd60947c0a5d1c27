// The state keeper over a store that others use too, and that fails.
#include "control-plane/service/state_keeper.h"

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/stored_record.h"
#include "control-plane/store/sqlite_store.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace pinnace::service {
namespace {

using google::protobuf::util::MessageDifferencer;

// A store that can be told to fail, and to lose its watchers.
class FrailStore final : public store::Store {
 public:
  absl::StatusOr<store::Contents> ReadAll() override {
    return store_->ReadAll();
  }
  absl::StatusOr<uint64_t> Commit(absl::Span<const store::Write> writes,
                                  const store::AuditEntry& audit) override {
    if (fails) return absl::UnavailableError("store: the disk is full");
    return store_->Commit(writes, audit);
  }
  absl::Status AppendAudit(const store::AuditEntry& entry) override {
    if (fails) return absl::UnavailableError("store: the disk is full");
    return store_->AppendAudit(entry);
  }
  absl::StatusOr<std::unique_ptr<store::Watching>> Watch(
      uint64_t after_version, OnChanges on_changes) override {
    last_watcher = on_changes;
    return store_->Watch(after_version,
                         [this, on_changes](const auto& changes) {
                           if (!is_deaf) on_changes(changes);
                         });
  }
  absl::StatusOr<store::LeaseId> GrantLease(absl::Duration ttl,
                                            absl::Time now) override {
    return store_->GrantLease(ttl, now);
  }
  absl::Status RenewLease(store::LeaseId lease, absl::Time now) override {
    return store_->RenewLease(lease, now);
  }
  void RenewLeases(absl::Time now) override { store_->RenewLeases(now); }
  absl::Status RevokeLease(store::LeaseId lease,
                           absl::Time audit_time) override {
    return store_->RevokeLease(lease, audit_time);
  }
  absl::StatusOr<absl::Time> ExpireLeases(absl::Time now,
                                          absl::Time audit_time) override {
    return store_->ExpireLeases(now, audit_time);
  }
  absl::StatusOr<std::vector<store::AuditEntry>> ReadAudit(
      const store::AuditQuery& query) override {
    return store_->ReadAudit(query);
  }

  std::atomic<bool> fails{false};
  std::atomic<bool> is_deaf{false};
  OnChanges last_watcher;

 private:
  const std::unique_ptr<store::Store> store_ =
      *store::SqliteStore::Open(":memory:", absl::UnixEpoch());
};

v1::RegisterBackendRequest Registration(const std::string& id, int weight = 1,
                                        int ttl_seconds = 0) {
  v1::RegisterBackendRequest request;
  request.set_farm("main");
  request.mutable_backend()->set_id(id);
  request.mutable_backend()->set_address(id + ":21");
  request.mutable_backend()->set_weight(weight);
  if (ttl_seconds > 0) request.mutable_ttl()->set_seconds(ttl_seconds);
  return request;
}

class StateKeeperTest : public testing::Test {
 protected:
  std::unique_ptr<StateKeeper> NewKeeper() {
    auto keeper = StateKeeper::Load(
        {.store = &store_,
         .clock = [this] { return absl::FromUnixSeconds(now_.load() + step_); },
         .lease_clock = [this] { return absl::FromUnixSeconds(now_.load()); }});
    EXPECT_TRUE(keeper.ok()) << keeper.status();
    return *std::move(keeper);
  }
  // Waits until the keeper knows what the store has now.
  void CatchUp(StateKeeper& keeper) {
    const uint64_t version = store_.ReadAll()->version;
    for (SnapshotMessage snapshot = keeper.snapshot();
         snapshot->version() < version;) {
      snapshot = keeper.AwaitSnapshot(snapshot->version());
    }
  }

  FrailStore store_;
  std::atomic<int64_t> now_{1000};
  std::atomic<int64_t> step_{0};  // of the clock for people
};

TEST_F(StateKeeperTest, AnotherControlPlanesChangesArrive) {
  auto one = NewKeeper();
  auto two = NewKeeper();
  ASSERT_TRUE(one->Register(Registration("a")).ok());
  CatchUp(*two);
  EXPECT_TRUE(two->Get("a").ok());
  v1::DrainBackendRequest drain;
  drain.set_id("a");
  ASSERT_TRUE(two->Drain(drain).ok());
  CatchUp(*one);
  EXPECT_EQ(one->Get("a")->backend().state(), v1::Backend::STATE_DRAINING);
  v1::DeregisterBackendRequest gone;
  gone.set_id("a");
  ASSERT_TRUE(one->Deregister(gone).ok());
  CatchUp(*two);
  EXPECT_EQ(two->Get("a").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StateKeeperTest, TwoThatChangeTheSameEndAlike) {
  constexpr int kChanges = 200;
  std::unique_ptr<StateKeeper> keepers[] = {NewKeeper(), NewKeeper()};
  std::vector<std::thread> threads;
  for (int k = 0; k < 2; ++k) {
    threads.emplace_back([&, k] {
      for (int i = 0; i < kChanges; ++i) {
        const std::string id = absl::StrCat("b", i % 7);
        if (i % 5 == 4) {
          v1::DeregisterBackendRequest gone;
          gone.set_id(id);
          keepers[k]->Deregister(gone).IgnoreError();
          continue;
        }
        const auto record =
            keepers[k]->Register(Registration(id, 1 + (i + k) % 9));
        // Deregistered by the other in between, or changed thrice meanwhile.
        EXPECT_TRUE(record.ok() || absl::IsNotFound(record.status()) ||
                    absl::IsUnavailable(record.status()))
            << record.status();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (auto& keeper : keepers) CatchUp(*keeper);
  const SnapshotMessage one = keepers[0]->snapshot();
  EXPECT_TRUE(MessageDifferencer::Equals(*one, *keepers[1]->snapshot()));
  const SnapshotMessage fresh = NewKeeper()->snapshot();
  EXPECT_TRUE(MessageDifferencer::Equals(*one, *fresh));
}

TEST_F(StateKeeperTest, WhatTheStoreRefusesIsNotDone) {
  auto keeper = NewKeeper();
  ASSERT_TRUE(keeper->Register(Registration("a", 1, 10)).ok());
  store_.fails = true;
  EXPECT_EQ(keeper->Register(Registration("b")).status().ToString(),
            "UNAVAILABLE: store: the disk is full");
  EXPECT_EQ(keeper->List("").size(), 1u);
  // A heartbeat needs no disk.
  v1::HeartbeatRequest heartbeat;
  heartbeat.set_id("a");
  EXPECT_TRUE(keeper->Heartbeat(heartbeat).ok());
  store_.fails = false;
  EXPECT_TRUE(keeper->Register(Registration("b")).ok());
}

TEST_F(StateKeeperTest, ABackendWhoseLeaseRanOutRegistersAnew) {
  auto keeper = NewKeeper();
  ASSERT_TRUE(keeper->Register(Registration("a", 1, 10)).ok());
  now_ = 1011;
  store_.is_deaf = true;  // The keeper has not heard of it yet.
  keeper->ExpireDue();
  v1::HeartbeatRequest heartbeat;
  heartbeat.set_id("a");
  EXPECT_EQ(keeper->Heartbeat(heartbeat).status().ToString(),
            "NOT_FOUND: id: the TTL of backend \"a\" has run out; register it "
            "again");
  std::thread later([&] {
    absl::SleepFor(absl::Milliseconds(20));
    store_.last_watcher(store::ChangeSet{
        .version = 2, .changes = {{.key = registry::BackendKey("a")}}});
  });
  const auto record = keeper->Register(Registration("a", 1, 10));
  later.join();
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->version(), 3u);
  EXPECT_EQ(record->expires().seconds(), 1021);
}

TEST_F(StateKeeperTest, ALeaseDoesNotHearThatTheClockWasSet) {
  auto keeper = NewKeeper();
  ASSERT_TRUE(keeper->Register(Registration("a", 1, 10)).ok());
  step_ = 3600;
  keeper->ExpireDue();
  EXPECT_TRUE(keeper->Get("a").ok());
  v1::HeartbeatRequest heartbeat;
  heartbeat.set_id("a");
  EXPECT_EQ(keeper->Heartbeat(heartbeat)->expires().seconds(), 4610);
  step_ = -3600;
  now_ = 1011;
  keeper->ExpireDue();
  CatchUp(*keeper);
  EXPECT_FALSE(keeper->Get("a").ok());
  EXPECT_EQ(keeper->ReadAudit({})->entries(0).time().seconds(), 1011 - 3600);
}

TEST_F(StateKeeperTest, ABrokenWatchIsMadeGoodByReadingAll) {
  auto keeper = NewKeeper();
  const store::Store::OnChanges watcher = store_.last_watcher;
  std::thread upkeep([&] { keeper->RunUpkeep(); });
  store_.is_deaf = true;
  auto other = NewKeeper();
  ASSERT_TRUE(other->Register(Registration("a")).ok());
  EXPECT_TRUE(keeper->List("").empty());
  watcher(absl::OutOfRangeError("store: too far behind"));
  CatchUp(*keeper);
  EXPECT_TRUE(keeper->Get("a").ok());
  store_.is_deaf = false;
  ASSERT_TRUE(other->Register(Registration("b")).ok());
  CatchUp(*keeper);
  EXPECT_TRUE(keeper->Get("b").ok());
  keeper->Stop();
  upkeep.join();
}

TEST_F(StateKeeperTest, ATtlStoredByAnOlderProgramGetsItsLease) {
  registry::BackendEntry entry = {.farm = "main",
                                  .backend = Registration("a").backend(),
                                  .ttl = absl::Seconds(10)};
  ASSERT_TRUE(store_
                  .Commit({{{registry::BackendKey("a"),
                             registry::BackendValue(entry), 0}}},
                          {})
                  .ok());
  auto keeper = NewKeeper();
  EXPECT_NE(store_.ReadAll()->records[0].lease, store::kNoLease);
  now_ = 1011;
  keeper->ExpireDue();
  CatchUp(*keeper);
  EXPECT_TRUE(keeper->List("").empty());
  EXPECT_TRUE(keeper->ListFarms().empty());
}

v1::Farm FarmWith(const std::string& id) {
  v1::Farm farm;
  farm.set_name("main");
  v1::Backend* backend = farm.add_backends();
  backend->set_id(id);
  backend->set_address(id + ":21");
  return farm;
}

TEST_F(StateKeeperTest, WhatTheFileHadDrainedCanBeRegistered) {
  auto keeper = NewKeeper();
  ASSERT_TRUE(keeper->ReloadFile({.farms = {FarmWith("a")}}).ok());
  v1::DrainBackendRequest drain;
  drain.set_id("a");
  ASSERT_TRUE(keeper->Drain(drain).ok());
  ASSERT_TRUE(keeper->ReloadFile({}).ok());
  const auto record = keeper->Register(Registration("a"));
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->backend().state(), v1::Backend::STATE_UP);
}

TEST_F(StateKeeperTest, MarksOfAnOlderProgramKeepTheirEffectAndFreeTheId) {
  ASSERT_TRUE(
      store_
          .Commit({{registry::BackendKey("a"),
                    registry::MarkValue("a", v1::Backend::STATE_DRAINING), 0},
                   {registry::BackendKey("b"),
                    registry::MarkValue("b", v1::Backend::STATE_DRAINING), 0}},
                  {})
          .ok());
  auto keeper = NewKeeper();
  EXPECT_TRUE(keeper->Register(Registration("b")).ok());
  ASSERT_TRUE(keeper->ReloadFile({.farms = {FarmWith("a")}}).ok());
  EXPECT_EQ(keeper->Get("a")->backend().state(), v1::Backend::STATE_DRAINING);
  v1::ResumeBackendRequest resume;
  resume.set_id("a");
  ASSERT_TRUE(keeper->Resume(resume).ok());
  EXPECT_EQ(keeper->Get("a")->backend().state(), v1::Backend::STATE_UP);
}

TEST_F(StateKeeperTest, EveryChangeIsInTheAuditWithItsCaller) {
  auto keeper = NewKeeper();
  const Caller ann = {.name = "ann", .address = "10.0.0.1"};
  ASSERT_TRUE(keeper->Register(Registration("a", 1, 10), ann).ok());
  EXPECT_EQ(keeper->Get("a")->owner(), "ann");
  ASSERT_TRUE(keeper->Register(Registration("a", 1, 10), ann).ok());
  v1::SetRouteRequest route;
  route.mutable_route()->set_name("r");
  route.mutable_route()->set_farm("main");
  ASSERT_TRUE(keeper->SetRoute(route).ok());
  now_ = 1011;
  keeper->ExpireDue();
  const auto audit = keeper->ReadAudit({});
  ASSERT_TRUE(audit.ok()) << audit.status();
  ASSERT_EQ(audit->entries_size(), 3);
  EXPECT_EQ(audit->entries(0).actor(), "lease");
  EXPECT_EQ(audit->entries(0).subject(), "backend/a");
  EXPECT_EQ(audit->entries(0).time().seconds(), 1011);
  EXPECT_EQ(audit->entries(1).actor(), "local");
  EXPECT_EQ(audit->entries(1).method(), "SetRoute");
  EXPECT_EQ(audit->entries(1).subject(), "route/r");
  EXPECT_EQ(audit->entries(2).actor(), "ann");
  EXPECT_EQ(audit->entries(2).address(), "10.0.0.1");
  EXPECT_EQ(audit->entries(2).method(), "RegisterBackend");
  EXPECT_EQ(audit->entries(2).version(), 1u);
  v1::ReadAuditRequest request;
  request.set_limit(1);
  request.set_before_id(audit->entries(0).id());
  request.set_actor("ann");
  ASSERT_EQ(keeper->ReadAudit(request)->entries_size(), 1);
}

}  // namespace
}  // namespace pinnace::service
