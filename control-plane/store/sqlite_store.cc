#include "control-plane/store/sqlite_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <utility>

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
};
constexpr int kSchemaVersion = sizeof(kMigrations) / sizeof(kMigrations[0]);

constexpr int kBusyWaitMilliseconds = 1000;

void BindText(sqlite3_stmt* statement, int index, absl::string_view text) {
  sqlite3_bind_text64(statement, index, text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

std::string ColumnBytes(sqlite3_stmt* statement, int column) {
  const void* bytes = sqlite3_column_blob(statement, column);
  const int size = sqlite3_column_bytes(statement, column);
  return size == 0 ? "" : std::string(static_cast<const char*>(bytes), size);
}

// Makes a prepared statement ready again, whatever became of this use.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* const statement_;
};

}  // namespace

void SqliteStore::CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

void SqliteStore::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStore::~SqliteStore() = default;

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const std::string& path) {
  std::unique_ptr<SqliteStore> store(new SqliteStore(path));
  absl::MutexLock lock(&store->mutex_);
  absl::Status status = store->OpenDatabase();
  if (status.ok()) status = store->Migrate();
  if (status.ok()) status = store->PrepareStatements();
  if (!status.ok()) return status;
  return store;
}

absl::Status SqliteStore::OpenDatabase() {
  const size_t slash = path_.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    // If it cannot be made, opening the file says why.
    mkdir(path_.substr(0, slash).c_str(), 0750);
  }
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(
      path_.c_str(), &database,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
      nullptr);
  database_.reset(database);  // Even of a failure: it holds the message.
  if (opened != SQLITE_OK) return Failure("opening it");
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kBusyWaitMilliseconds);
  // Exclusive: a second control plane on this file would serve stale state.
  return Execute(
      "PRAGMA locking_mode = EXCLUSIVE;"
      "PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = FULL;"
      "BEGIN EXCLUSIVE; COMMIT;");
}

absl::Status SqliteStore::Migrate() {
  absl::StatusOr<Statement> statement = Prepare("PRAGMA user_version");
  if (!statement.ok()) return statement.status();
  absl::StatusOr<int64_t> found = ReadNumber(statement->get(), 0);
  if (!found.ok()) return found.status();
  statement->reset();
  if (*found > kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("store sqlite:", path_, ": its schema is version ", *found,
                     "; this program knows up to ", kSchemaVersion));
  }
  for (int version = static_cast<int>(*found); version < kSchemaVersion;
       ++version) {
    absl::Status status =
        Execute(absl::StrCat("BEGIN IMMEDIATE;", kMigrations[version],
                             "PRAGMA user_version = ", version + 1, ";COMMIT;")
                    .c_str());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::PrepareStatements() {
  const std::pair<Statement*, const char*> statements[] = {
      {&read_all_, "SELECT key, value, version FROM records ORDER BY key"},
      {&read_store_version_, "SELECT version FROM store_version"},
      {&read_version_, "SELECT version FROM records WHERE key = ?1"},
      {&advance_version_,
       "UPDATE store_version SET version = version + 1 RETURNING version"},
      {&put_, "INSERT OR REPLACE INTO records VALUES(?1, ?2, ?3)"},
      {&delete_, "DELETE FROM records WHERE key = ?1"},
  };
  for (const auto& [place, sql] : statements) {
    absl::StatusOr<Statement> statement = Prepare(sql);
    if (!statement.ok()) return statement.status();
    *place = *std::move(statement);
  }
  return absl::OkStatus();
}

absl::StatusOr<Contents> SqliteStore::ReadAll() {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<int64_t> version = ReadNumber(read_store_version_.get(), 0);
  if (!version.ok()) return version.status();
  Contents contents;
  contents.version = *version;
  Use use(read_all_.get());
  int step = sqlite3_step(read_all_.get());
  for (; step == SQLITE_ROW; step = sqlite3_step(read_all_.get())) {
    contents.records.push_back(
        {ColumnBytes(read_all_.get(), 0), ColumnBytes(read_all_.get(), 1),
         static_cast<uint64_t>(sqlite3_column_int64(read_all_.get(), 2))});
  }
  if (step != SQLITE_DONE) return Failure("reading");
  return contents;
}

absl::StatusOr<uint64_t> SqliteStore::CompareAndPut(absl::string_view key,
                                                    absl::string_view value,
                                                    uint64_t expected_version) {
  absl::MutexLock lock(&mutex_);
  return Write(key, &value, expected_version);
}

absl::StatusOr<uint64_t> SqliteStore::CompareAndDelete(
    absl::string_view key, uint64_t expected_version) {
  absl::MutexLock lock(&mutex_);
  return Write(key, nullptr, expected_version);
}

absl::StatusOr<uint64_t> SqliteStore::Write(absl::string_view key,
                                            const absl::string_view* value,
                                            uint64_t expected_version) {
  absl::Status status = Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  absl::StatusOr<uint64_t> version =
      WriteInTransaction(key, value, expected_version);
  if (version.ok()) {
    status = Execute("COMMIT");
    if (status.ok()) return version;
    version = status;
  }
  // A failed step may have ended the transaction already: nothing to report.
  sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  return version;
}

absl::StatusOr<uint64_t> SqliteStore::WriteInTransaction(
    absl::string_view key, const absl::string_view* value,
    uint64_t expected_version) {
  BindText(read_version_.get(), 1, key);
  absl::StatusOr<int64_t> found = ReadNumber(read_version_.get(), 0);
  if (!found.ok()) return found.status();
  if (static_cast<uint64_t>(*found) != expected_version) {
    return absl::AbortedError(absl::StrCat("store: ", key, " is at version ",
                                           *found, ", not ", expected_version));
  }
  absl::StatusOr<int64_t> version = ReadNumber(advance_version_.get(), 0);
  if (!version.ok()) return version.status();
  sqlite3_stmt* write = value == nullptr ? delete_.get() : put_.get();
  BindText(write, 1, key);
  if (value != nullptr) {
    // A null pointer would be a NULL, not an empty value.
    sqlite3_bind_blob64(write, 2, value->empty() ? "" : value->data(),
                        value->size(), SQLITE_TRANSIENT);
    sqlite3_bind_int64(write, 3, *version);
  }
  absl::Status status = Run(write);
  if (!status.ok()) return status;
  return static_cast<uint64_t>(*version);
}

absl::Status SqliteStore::Execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) ==
      SQLITE_OK) {
    return absl::OkStatus();
  }
  return Failure("writing");
}

absl::StatusOr<SqliteStore::Statement> SqliteStore::Prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    return Failure("reading its schema");
  }
  return Statement(statement);
}

absl::StatusOr<int64_t> SqliteStore::ReadNumber(sqlite3_stmt* statement,
                                                int64_t if_none) {
  Use use(statement);
  const int first = sqlite3_step(statement);
  if (first == SQLITE_DONE) return if_none;
  if (first != SQLITE_ROW) return Failure("reading");
  const int64_t number = sqlite3_column_int64(statement, 0);
  // To the end: an UPDATE ... RETURNING has to finish.
  if (sqlite3_step(statement) != SQLITE_DONE) return Failure("reading");
  return number;
}

absl::Status SqliteStore::Run(sqlite3_stmt* statement) {
  Use use(statement);
  return sqlite3_step(statement) == SQLITE_DONE ? absl::OkStatus()
                                                : Failure("writing");
}

absl::Status SqliteStore::Failure(absl::string_view doing) {
  const int code = sqlite3_extended_errcode(database_.get());
  const std::string where = absl::StrCat("store sqlite:", path_, ": ");
  if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
    return absl::UnavailableError(
        absl::StrCat(where, "another process has it open"));
  }
  return absl::UnavailableError(
      absl::StrCat(where, doing, ": ", sqlite3_errmsg(database_.get())));
}

}  // namespace pinnace::store
