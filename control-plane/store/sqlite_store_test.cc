// What only the SQLite store has: files, schemas, disks.
#include "control-plane/store/sqlite_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::store {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

std::string FreshPath(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name + ".db";
  for (const char* end : {"", "-wal", "-shm"}) {
    std::remove((path + end).c_str());
  }
  return path;
}

std::unique_ptr<SqliteStore> MustOpen(const std::string& path) {
  auto store = SqliteStore::Open(path, kNow);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

void ExecuteRaw(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(SqliteStoreTest, IsHeldByOneAtATime) {
  const std::string path = FreshPath("held");
  auto store = MustOpen(path);
  EXPECT_EQ(SqliteStore::Open(path, kNow).status().message(),
            "store sqlite:" + path + ": another process has it open");
}

TEST(SqliteStoreTest, NamesThePathItCannotOpen) {
  EXPECT_EQ(SqliteStore::Open("/nonexistent/x/y.db", kNow).status().message(),
            "store sqlite:/nonexistent/x/y.db: opening it: unable to open "
            "database file");
}

TEST(SqliteStoreTest, RefusesTheSchemaOfALaterProgram) {
  const std::string path = FreshPath("later");
  ExecuteRaw(path, "PRAGMA user_version = 99");
  EXPECT_EQ(SqliteStore::Open(path, kNow).status().ToString(),
            "FAILED_PRECONDITION: store sqlite:" + path +
                ": its schema is version 99; this program knows up to 2");
}

TEST(SqliteStoreTest, CarriesOverADatabaseOfSchemaVersion1) {
  const std::string path = FreshPath("first");
  ExecuteRaw(path,
             "CREATE TABLE records("
             "  key TEXT PRIMARY KEY NOT NULL,"
             "  value BLOB NOT NULL,"
             "  version INTEGER NOT NULL) WITHOUT ROWID;"
             "CREATE TABLE store_version("
             "  only_row INTEGER PRIMARY KEY CHECK(only_row = 1),"
             "  version INTEGER NOT NULL);"
             "INSERT INTO store_version VALUES(1, 7);"
             "INSERT INTO records VALUES('a', x'6100ff', 3), ('b', x'', 7);"
             "PRAGMA user_version = 1;");
  for (int opened = 0; opened < 2; ++opened) {
    auto store = MustOpen(path);
    const absl::StatusOr<Contents> contents = store->ReadAll();
    ASSERT_TRUE(contents.ok()) << contents.status();
    EXPECT_EQ(contents->version, 7u);
    ASSERT_EQ(contents->records.size(), 2u);
    EXPECT_EQ(contents->records[0].value, std::string("a\0\xff", 3));
    EXPECT_EQ(contents->records[0].version, 3u);
    EXPECT_EQ(contents->records[0].lease, kNoLease);
  }
  auto store = MustOpen(path);
  const LeaseId lease = *store->GrantLease(absl::Seconds(1), kNow);
  EXPECT_EQ(*store->Commit({{{"a", "new", 3, lease}}}, {}), 8u);
}

TEST(SqliteStoreTest, TheAuditKeepsTheNewest) {
  const std::string path = FreshPath("audit");
  MustOpen(path);
  ExecuteRaw(path,
             "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n "
             "WHERE id < 100600) INSERT INTO audit "
             "SELECT id, 0, '', '', '', '', '', 0 FROM n");
  auto store = MustOpen(path);
  for (uint64_t i = 0; i < 256; ++i) {
    ASSERT_TRUE(store->Commit({{{"a", "", i}}}, {}).ok());
  }
  EXPECT_EQ(store->ReadAudit({.limit = 1})->front().id, 100'856u);
  // Pruned at 100,608 and 100,864: up to 256 more than the limit stay.
  const auto oldest = store->ReadAudit({.limit = 1000, .before_id = 1000});
  ASSERT_TRUE(oldest.ok()) << oldest.status();
  EXPECT_EQ(oldest->size(), 999u - 608u);
}

// Files of this process can grow to `bytes` only, for as long as it lives.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    former_handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit small = {bytes, former_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &former_);
    signal(SIGXFSZ, former_handler_);
  }

 private:
  rlimit former_;
  sighandler_t former_handler_;
};

TEST(SqliteStoreTest, AFullDiskIsUnavailableAndChangesNothing) {
  auto store = MustOpen(FreshPath("full"));
  const LeaseId lease = *store->GrantLease(absl::Seconds(1), kNow);
  EXPECT_EQ(*store->Commit({{{"a", "1", 0, lease}}}, {}), 1u);
  const absl::Time later = kNow + absl::Seconds(5);
  {
    SmallDisk disk(64 * 1024);
    const std::string large(256 * 1024, 'x');
    EXPECT_EQ(
        store->Commit({{{"b", "1", 0}, {"c", large, 0}}}, {}).status().code(),
        absl::StatusCode::kUnavailable);
  }
  {
    SmallDisk disk(0);
    EXPECT_EQ(store->ExpireLeases(later, later).status().code(),
              absl::StatusCode::kUnavailable);
  }
  const absl::StatusOr<Contents> contents = store->ReadAll();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->version, 1u);
  EXPECT_EQ(contents->records.size(), 1u);
  EXPECT_EQ(store->ReadAudit({})->size(), 1u);
  EXPECT_EQ(*store->Commit({{{"b", "1", 0}}}, {}), 2u);
  EXPECT_EQ(*store->ExpireLeases(later, later), absl::InfiniteFuture());
  EXPECT_EQ(store->ReadAll()->records.size(), 1u);
}

}  // namespace
}  // namespace pinnace::store
