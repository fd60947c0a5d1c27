// What every implementation of Store does.
#include "control-plane/store/store.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "control-plane/store/sqlite_store.h"
#include "gtest/gtest.h"

namespace pinnace::store {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

// One store that can be opened again and again.
struct Kind {
  std::string name;
  std::function<void(const std::string& place)> clear;
  std::function<absl::StatusOr<std::unique_ptr<Store>>(const std::string& place,
                                                       absl::Time now)>
      open;
};

Kind SqliteKind() {
  const auto path = [](const std::string& place) {
    return testing::TempDir() + "/" + place + ".db";
  };
  return {
      .name = "Sqlite",
      .clear =
          [path](const std::string& place) {
            for (const char* end : {"", "-wal", "-shm"}) {
              std::remove((path(place) + end).c_str());
            }
          },
      .open = [path](const std::string& place,
                     absl::Time now) -> absl::StatusOr<std::unique_ptr<Store>> {
        return SqliteStore::Open(path(place), now);
      }};
}

std::string Show(const Record& record) {
  return absl::StrCat(record.key, "=", record.value, "@", record.version);
}

// "7: a=1 b-".
std::string Show(const ChangeSet& set) {
  return absl::StrCat(set.version, ": ",
                      absl::StrJoin(set.changes, " ",
                                    [](std::string* out, const Change& change) {
                                      absl::StrAppend(
                                          out, change.key,
                                          change.value.has_value() ? "=" : "-",
                                          change.value.value_or(""));
                                    }));
}

// What a watcher was told, for a test that waits for it.
class Told {
 public:
  Store::OnChanges Listen() {
    return [this](const absl::StatusOr<ChangeSet>& changes) {
      absl::MutexLock lock(&mutex_);
      told_.push_back(changes.ok() ? Show(*changes)
                                   : changes.status().ToString());
    };
  }
  std::vector<std::string> Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return told_.size() >= count;
    };
    mutex_.Await(absl::Condition(&enough));
    return told_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
};

class StoreTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    GetParam().clear(place_);
    Reopen(kNow);
  }

  void Reopen(absl::Time now) {
    store_ = nullptr;
    auto store = GetParam().open(place_, now);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  // "OK 3", or the code.
  std::string Commit(const std::vector<Write>& writes) {
    const absl::StatusOr<uint64_t> version =
        store_->Commit(writes, {.time = kNow, .actor = "test"});
    return version.ok() ? absl::StrCat("OK ", *version)
                        : absl::StatusCodeToString(version.status().code());
  }
  std::string All() {
    const absl::StatusOr<Contents> contents = store_->ReadAll();
    if (!contents.ok()) return contents.status().ToString();
    return absl::StrCat(
        contents->version, ": ",
        absl::StrJoin(contents->records, " ",
                      [](std::string* out, const Record& record) {
                        out->append(Show(record));
                      }));
  }
  std::vector<AuditEntry> Audit(const AuditQuery& query) {
    auto entries = store_->ReadAudit(query);
    EXPECT_TRUE(entries.ok()) << entries.status();
    return entries.ok() ? *std::move(entries) : std::vector<AuditEntry>();
  }

  const std::string place_ = absl::StrCat(
      "store_", testing::UnitTest::GetInstance()->current_test_info()->line());
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, StoreTest, testing::Values(SqliteKind()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreTest, ANewStoreIsEmpty) { EXPECT_EQ(All(), "0: "); }

TEST_P(StoreTest, WritesOnlyOverTheExpectedVersion) {
  EXPECT_EQ(Commit({{"k", "one", 0}}), "OK 1");
  EXPECT_EQ(Commit({{"l", "", 0}}), "OK 2");
  EXPECT_EQ(Commit({{"k", "x", 0}}), "ABORTED");
  EXPECT_EQ(Commit({{"k", "x", 2}}), "ABORTED");
  EXPECT_EQ(Commit({{"none", std::nullopt, 4}}), "ABORTED");
  EXPECT_EQ(Commit({{"none", std::nullopt, 0}}), "ABORTED");
  EXPECT_EQ(Commit({{"k", "two", 1}}), "OK 3");
  EXPECT_EQ(Commit({{"l", std::nullopt, 2}}), "OK 4");
  EXPECT_EQ(All(), "4: k=two@3");
  EXPECT_EQ(Commit({{"l", "again", 0}}), "OK 5");
}

TEST_P(StoreTest, ACommitIsAllOrNothing) {
  EXPECT_EQ(Commit({{"a", "1", 0}, {"b", "1", 0}}), "OK 1");
  EXPECT_EQ(Commit({{"c", "2", 0}, {"b", std::nullopt, 1}, {"a", "2", 9}}),
            "ABORTED");
  EXPECT_EQ(All(), "1: a=1@1 b=1@1");
  EXPECT_EQ(Audit({}).size(), 1u);
  EXPECT_EQ(Commit({{"c", "2", 0}, {"b", std::nullopt, 1}, {"a", "2", 1}}),
            "OK 2");
  EXPECT_EQ(All(), "2: a=2@2 c=2@2");
}

TEST_P(StoreTest, RefusesCommitsWithoutASense) {
  EXPECT_EQ(Commit({}), "INVALID_ARGUMENT");
  EXPECT_EQ(Commit({{"a", "1", 0}, {"a", "2", 0}}), "INVALID_ARGUMENT");
  std::vector<Write> many;
  for (int i = 0; i < 101; ++i) many.push_back({absl::StrCat("k", i), "", 0});
  EXPECT_EQ(Commit(many), "INVALID_ARGUMENT");
  many.pop_back();
  EXPECT_EQ(Commit(many), "OK 1");
}

TEST_P(StoreTest, ReopensWithEverythingCommitted) {
  const std::string bytes("a\0b\xff", 4);
  EXPECT_EQ(Commit({{"k", bytes, 0}, {"gone", "x", 0}}), "OK 1");
  EXPECT_EQ(Commit({{"gone", std::nullopt, 1}}), "OK 2");
  Reopen(kNow);
  EXPECT_EQ(All(), "2: k=" + bytes + "@1");
  EXPECT_EQ(Commit({{"k", "next", 1}}), "OK 3");
}

TEST_P(StoreTest, AWatcherIsToldEveryCommitInOrder) {
  EXPECT_EQ(Commit({{"a", "1", 0}}), "OK 1");
  EXPECT_EQ(Commit({{"a", "2", 1}, {"b", "2", 0}}), "OK 2");
  Told told;
  auto watching = store_->Watch(1, told.Listen());
  ASSERT_TRUE(watching.ok()) << watching.status();
  EXPECT_EQ(Commit({{"a", std::nullopt, 2}}), "OK 3");
  EXPECT_EQ(Commit({{"a", "no", 2}}), "ABORTED");
  EXPECT_EQ(Commit({{"b", "4", 2}}), "OK 4");
  EXPECT_EQ(told.Await(3),
            (std::vector<std::string>{"2: a=2 b=2", "3: a-", "4: b=4"}));
}

TEST_P(StoreTest, WhatIsNotKnownCannotBeWatched) {
  Told told;
  EXPECT_EQ(store_->Watch(7, told.Listen()).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_P(StoreTest, ACallMayWaitForALockHeldDuringACommit) {
  absl::Mutex mutex;
  Told told;
  const Store::OnChanges listen = told.Listen();
  auto watching =
      store_->Watch(0, [&](const absl::StatusOr<ChangeSet>& changes) {
        absl::MutexLock lock(&mutex);
        EXPECT_TRUE(store_->ReadAll().ok());
        listen(changes);
      });
  ASSERT_TRUE(watching.ok()) << watching.status();
  for (int i = 0; i < 50; ++i) {
    absl::MutexLock lock(&mutex);
    EXPECT_EQ(Commit({{absl::StrCat("k", i), "", 0}}),
              absl::StrCat("OK ", i + 1));
  }
  EXPECT_EQ(told.Await(50).back(), "50: k49=");
}

TEST_P(StoreTest, ARecordGoesWithItsLease) {
  const LeaseId lease = *store_->GrantLease(absl::Seconds(10), kNow);
  EXPECT_EQ(Commit({{"a", "1", 0, lease}, {"b", "1", 0}}), "OK 1");
  Told told;
  auto watching = store_->Watch(1, told.Listen());
  EXPECT_EQ(store_->ReadAll()->records[0].lease, lease);
  EXPECT_TRUE(store_->RenewLease(lease, kNow + absl::Seconds(9)).ok());
  EXPECT_TRUE(store_->ExpireLeases(kNow + absl::Seconds(18), kNow).ok());
  EXPECT_EQ(All(), "1: a=1@1 b=1@1");
  const auto next = store_->ExpireLeases(kNow + absl::Seconds(19), kNow);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(*next, absl::InfiniteFuture());
  EXPECT_EQ(told.Await(1), std::vector<std::string>{"2: a-"});
  EXPECT_EQ(All(), "2: b=1@1");
  EXPECT_EQ(store_->RenewLease(lease, kNow + absl::Seconds(19)).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Commit({{"a", "1", 0, lease}}), "NOT_FOUND");
  const AuditEntry entry = Audit({.limit = 1})[0];
  EXPECT_EQ(entry.time, kNow);
  EXPECT_EQ(entry.actor, "lease");
  EXPECT_EQ(entry.subject, "a");
  EXPECT_EQ(entry.version, 2u);
}

TEST_P(StoreTest, AWriteWithoutTheLeaseTakesItOff) {
  const LeaseId first = *store_->GrantLease(absl::Seconds(10), kNow);
  const LeaseId second = *store_->GrantLease(absl::Seconds(60), kNow);
  EXPECT_NE(first, second);
  EXPECT_EQ(Commit({{"a", "1", 0, first}, {"b", "1", 0, first}}), "OK 1");
  EXPECT_EQ(Commit({{"a", "2", 1, second}, {"b", "2", 1}}), "OK 2");
  EXPECT_TRUE(store_->ExpireLeases(kNow + absl::Seconds(20), kNow).ok());
  EXPECT_EQ(All(), "2: a=2@2 b=2@2");
  EXPECT_TRUE(store_->RevokeLease(second, kNow).ok());
  EXPECT_EQ(All(), "3: b=2@2");
  EXPECT_EQ(store_->RevokeLease(second, kNow).code(),
            absl::StatusCode::kNotFound);
}

TEST_P(StoreTest, AfterAnOpenALeaseHasItsWholeTtl) {
  const LeaseId lease = *store_->GrantLease(absl::Milliseconds(1500), kNow);
  EXPECT_EQ(Commit({{"a", "1", 0, lease}}), "OK 1");
  const absl::Time later = kNow + absl::Hours(1);
  Reopen(later);
  EXPECT_TRUE(store_->ExpireLeases(later + absl::Seconds(1), kNow).ok());
  EXPECT_EQ(All(), "1: a=1@1");
  EXPECT_TRUE(store_->RenewLease(lease, later + absl::Seconds(1)).ok());
  EXPECT_TRUE(store_->ExpireLeases(later + absl::Seconds(2), kNow).ok());
  EXPECT_EQ(All(), "1: a=1@1");
  EXPECT_TRUE(store_->ExpireLeases(later + absl::Seconds(3), kNow).ok());
  EXPECT_EQ(All(), "2: ");
}

TEST_P(StoreTest, EveryLeaseIsRenewedForItsOwnTtl) {
  const LeaseId first = *store_->GrantLease(absl::Seconds(10), kNow);
  const LeaseId second = *store_->GrantLease(absl::Seconds(30), kNow);
  EXPECT_EQ(Commit({{"a", "1", 0, first}, {"b", "1", 0, second}}), "OK 1");
  store_->RenewLeases(kNow + absl::Minutes(1));
  EXPECT_EQ(*store_->ExpireLeases(kNow + absl::Seconds(69), kNow),
            kNow + absl::Seconds(70));
  EXPECT_EQ(*store_->ExpireLeases(kNow + absl::Seconds(70), kNow),
            kNow + absl::Seconds(90));
  EXPECT_EQ(All(), "2: b=1@1");
}

TEST_P(StoreTest, ManyLeasesRunOutInParts) {
  for (int i = 0; i < 250; ++i) {
    const LeaseId lease = *store_->GrantLease(absl::Seconds(1), kNow);
    ASSERT_EQ(Commit({{absl::StrCat("k", i), "", 0, lease}}),
              absl::StrCat("OK ", i + 1));
  }
  const absl::Time now = kNow + absl::Seconds(2);
  int calls = 0;
  for (absl::Time next = now; next <= now; ++calls) {
    next = *store_->ExpireLeases(now, kNow);
    ASSERT_LT(calls, 250);
  }
  EXPECT_TRUE(store_->ReadAll()->records.empty());
  EXPECT_EQ(Audit({.limit = 1000, .actor = "lease"}).size(), 250u);
}

TEST_P(StoreTest, WhatIsNoCommitIsInTheAuditToo) {
  EXPECT_EQ(Commit({{"a", "1", 0}}), "OK 1");
  ASSERT_TRUE(store_
                  ->AppendAudit({.time = kNow,
                                 .actor = "ann",
                                 .method = "KillSession",
                                 .subject = "session/gw/7"})
                  .ok());
  EXPECT_EQ(All(), "1: a=1@1");
  Reopen(kNow);
  EXPECT_EQ(Commit({{"b", "2", 0}}), "OK 2");
  const std::vector<AuditEntry> all = Audit({});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].actor, "ann");
  EXPECT_EQ(all[1].method, "KillSession");
  EXPECT_EQ(all[1].subject, "session/gw/7");
  EXPECT_EQ(all[1].version, 1u);
}

TEST_P(StoreTest, EveryCommitIsInTheAudit) {
  ASSERT_TRUE(store_
                  ->Commit({{{"a", "1", 0}}}, {.time = kNow,
                                               .actor = "ann",
                                               .address = "10.0.0.1",
                                               .method = "Put",
                                               .subject = "a",
                                               .detail = "to 1"})
                  .ok());
  for (uint64_t i = 1; i < 5; ++i) {
    ASSERT_TRUE(store_
                    ->Commit({{{"b", "", i == 1 ? 0 : i}}},
                             {.time = kNow, .actor = "bob", .subject = "b"})
                    .ok());
  }
  Reopen(kNow);
  const std::vector<AuditEntry> all = Audit({});
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].version, 5u);
  EXPECT_EQ(all[4].time, kNow);
  EXPECT_EQ(all[4].actor, "ann");
  EXPECT_EQ(all[4].address, "10.0.0.1");
  EXPECT_EQ(all[4].method, "Put");
  EXPECT_EQ(all[4].detail, "to 1");
  const std::vector<AuditEntry> page = Audit({.limit = 2});
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(Audit({.limit = 2, .before_id = page[1].id})[0].version, 3u);
  EXPECT_EQ(Audit({.actor = "ann"}).size(), 1u);
  EXPECT_EQ(Audit({.subject = "b"}).size(), 4u);
  EXPECT_TRUE(Audit({.subject = "b", .actor = "ann"}).empty());
  EXPECT_EQ(Audit({.before_id = ~uint64_t{0}}).size(), 5u);
}

}  // namespace
}  // namespace pinnace::store
