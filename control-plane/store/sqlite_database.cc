#include "control-plane/store/sqlite_database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace pinnace::store {
namespace {

constexpr int kBusyWaitMilliseconds = 1000;

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::BindNumber(int index, int64_t number) {
  sqlite3_bind_int64(statement_.get(), index, number);
}

void SqliteStatement::BindText(int index, absl::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.empty() ? "" : text.data(),
                      text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void SqliteStatement::BindBytes(int index, absl::string_view bytes) {
  // A null pointer would be a NULL, not an empty value.
  sqlite3_bind_blob64(statement_.get(), index,
                      bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_TRANSIENT);
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int step = sqlite3_step(statement_.get());
  if (step == SQLITE_ROW) return true;
  if (step == SQLITE_DONE) return false;
  return database_->Failure(
      sqlite3_stmt_readonly(statement_.get()) != 0 ? "reading" : "writing");
}

int64_t SqliteStatement::Number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return size == 0 ? "" : std::string(static_cast<const char*>(bytes), size);
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

absl::Status SqliteStatement::Run() {
  const absl::StatusOr<bool> row = Step();
  Reset();
  return row.status();
}

absl::StatusOr<int64_t> SqliteStatement::RunForNumber(int64_t if_none) {
  int64_t number = if_none;
  absl::StatusOr<bool> row = Step();
  if (row.ok() && *row) {
    number = Number(0);
    row = Step();  // To the end: an UPDATE ... RETURNING has to finish.
  }
  Reset();
  if (!row.ok()) return row.status();
  return number;
}

void SqliteDatabase::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

absl::Status SqliteDatabase::Open(const std::string& path) {
  path_ = path;
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

absl::Status SqliteDatabase::Execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) ==
      SQLITE_OK) {
    return absl::OkStatus();
  }
  return Failure("writing");
}

absl::StatusOr<SqliteStatement> SqliteDatabase::Prepare(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                         &prepared, nullptr) != SQLITE_OK) {
    return Failure("reading its schema");
  }
  SqliteStatement statement;
  statement.database_ = this;
  statement.statement_.reset(prepared);
  return statement;
}

absl::Status SqliteDatabase::Failure(absl::string_view doing) const {
  const int code = sqlite3_extended_errcode(database_.get());
  const std::string where = absl::StrCat("store sqlite:", path_, ": ");
  if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
    return absl::UnavailableError(
        absl::StrCat(where, "another process has it open"));
  }
  return absl::UnavailableError(
      absl::StrCat(where, doing, ": ", sqlite3_errmsg(database_.get())));
}

void SqliteDatabase::RollBack() {
  sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace pinnace::store
