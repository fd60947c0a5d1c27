#include "control-plane/store/sqlite_schema.h"

#include "absl/strings/str_cat.h"

namespace pinnace::store {
namespace {

// Entry i brings schema version i to i + 1. Never edit one: add the next.
constexpr const char* kMigrations[] = {
    "CREATE TABLE records("
    "  key TEXT PRIMARY KEY NOT NULL,"
    "  value BLOB NOT NULL,"
    "  version INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE store_version("
    "  only_row INTEGER PRIMARY KEY CHECK(only_row = 1),"
    "  version INTEGER NOT NULL);"
    "INSERT INTO store_version VALUES(1, 0);",
    // A lease is on the disk in the records that have it, and only there: it
    // comes and goes in their transactions. Its TTL is in microseconds.
    "ALTER TABLE records ADD COLUMN lease INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE records ADD COLUMN lease_ttl INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE audit("
    "  id INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"  // microseconds since 1970
    "  actor TEXT NOT NULL,"
    "  address TEXT NOT NULL,"
    "  method TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  detail TEXT NOT NULL,"
    "  version INTEGER NOT NULL);",
};
constexpr int kSchemaVersion = sizeof(kMigrations) / sizeof(kMigrations[0]);

}  // namespace

absl::Status MigrateSchema(SqliteDatabase& database) {
  absl::StatusOr<SqliteStatement> read =
      database.Prepare("PRAGMA user_version");
  if (!read.ok()) return read.status();
  absl::StatusOr<int64_t> found = read->RunForNumber(0);
  if (!found.ok()) return found.status();
  if (*found > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "store sqlite:", database.path(), ": its schema is version ", *found,
        "; this program knows up to ", kSchemaVersion));
  }
  for (int version = static_cast<int>(*found); version < kSchemaVersion;
       ++version) {
    absl::Status status = database.Execute(
        absl::StrCat("BEGIN IMMEDIATE;", kMigrations[version],
                     "PRAGMA user_version = ", version + 1, ";COMMIT;"));
    if (!status.ok()) {
      database.RollBack();
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace pinnace::store
