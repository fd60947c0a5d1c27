#include "control-plane/store/sqlite_store.h"

#include <sqlite3.h>

#include <cstdlib>

#include "gtest/gtest.h"

namespace pinnace::store {
namespace {

std::string FreshPath(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name + ".db";
  for (const char* end : {"", "-wal", "-shm"})
    std::remove((path + end).c_str());
  return path;
}

std::unique_ptr<SqliteStore> MustOpen(const std::string& path) {
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

TEST(SqliteStoreTest, ANewStoreIsEmpty) {
  auto store = MustOpen(FreshPath("empty"));
  absl::StatusOr<Contents> contents = store->ReadAll();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->version, 0u);
  EXPECT_TRUE(contents->records.empty());
}

TEST(SqliteStoreTest, WritesOnlyOverTheExpectedVersion) {
  auto store = MustOpen(FreshPath("compare"));
  EXPECT_EQ(*store->CompareAndPut("k", "one", 0), 1u);
  EXPECT_EQ(*store->CompareAndPut("l", "", 0), 2u);
  EXPECT_EQ(store->CompareAndPut("k", "x", 0).status().message(),
            "store: k is at version 1, not 0");
  EXPECT_EQ(store->CompareAndPut("k", "x", 2).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(store->CompareAndDelete("none", 4).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(*store->CompareAndPut("k", "two", 1), 3u);
  EXPECT_EQ(*store->CompareAndDelete("l", 2), 4u);
  absl::StatusOr<Contents> contents = store->ReadAll();
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->version, 4u);
  ASSERT_EQ(contents->records.size(), 1u);
  EXPECT_EQ(contents->records[0].key, "k");
  EXPECT_EQ(contents->records[0].value, "two");
  EXPECT_EQ(contents->records[0].version, 3u);
}

TEST(SqliteStoreTest, ReopensWithEverythingWritten) {
  const std::string path = FreshPath("reopen");
  const std::string bytes("a\0b\xff", 4);
  {
    auto store = MustOpen(path);
    EXPECT_TRUE(store->CompareAndPut("k", bytes, 0).ok());
    EXPECT_TRUE(store->CompareAndPut("gone", "x", 0).ok());
    EXPECT_TRUE(store->CompareAndDelete("gone", 2).ok());
  }
  auto store = MustOpen(path);
  absl::StatusOr<Contents> contents = store->ReadAll();
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(contents->version, 3u);
  ASSERT_EQ(contents->records.size(), 1u);
  EXPECT_EQ(contents->records[0].value, bytes);
  EXPECT_EQ(*store->CompareAndPut("k", "next", 1), 4u);
}

TEST(SqliteStoreTest, IsHeldByOneAtATime) {
  const std::string path = FreshPath("held");
  auto store = MustOpen(path);
  EXPECT_EQ(SqliteStore::Open(path).status().message(),
            "store sqlite:" + path + ": another process has it open");
}

TEST(SqliteStoreTest, NamesThePathItCannotOpen) {
  EXPECT_EQ(SqliteStore::Open("/nonexistent/x/y.db").status().message(),
            "store sqlite:/nonexistent/x/y.db: opening it: unable to open "
            "database file");
}

TEST(SqliteStoreTest, RefusesTheSchemaOfALaterProgram) {
  const std::string path = FreshPath("later");
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(SqliteStore::Open(path).status().message(),
            "store sqlite:" + path +
                ": its schema is version 99; this program knows up to 1");
}

}  // namespace
}  // namespace pinnace::store
