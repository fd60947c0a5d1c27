// One SQLite file, open, and statements over it as values and Status: knows
// SQL's mechanics and no table. Every error is UNAVAILABLE and names the path.
// One thread.
#ifndef PINNACE_CONTROL_PLANE_STORE_SQLITE_DATABASE_H_
#define PINNACE_CONTROL_PLANE_STORE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pinnace::store {

class SqliteDatabase;

// Prepared once, run often. Outlived by its database.
class SqliteStatement {
 public:
  SqliteStatement() = default;

  // Parameters are ?1, ?2, ...; text and bytes are copied.
  void BindNumber(int index, int64_t number);
  void BindText(int index, absl::string_view text);
  void BindBytes(int index, absl::string_view bytes);

  // Whether there is a row, to be read before the next Step().
  absl::StatusOr<bool> Step();
  int64_t Number(int column) const;
  std::string Bytes(int column) const;
  // Ready for its next use, whatever became of this one.
  void Reset();

  // The whole of a statement without rows.
  absl::Status Run();
  // The whole of a statement of at most one row, of one number.
  absl::StatusOr<int64_t> RunForNumber(int64_t if_none);

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  SqliteDatabase* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqliteDatabase {
 public:
  // Not moved once it is open: statements point to it.
  SqliteDatabase() = default;
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // Makes the file, and its folder's last part, when they are not there. Held
  // by one process at a time; a commit is on the disk when it returns.
  absl::Status Open(const std::string& path);
  const std::string& path() const { return path_; }

  absl::Status Execute(const std::string& sql);
  absl::StatusOr<SqliteStatement> Prepare(const char* sql);
  absl::Status Failure(absl::string_view doing) const;
  // For a transaction that failed, and may be gone already.
  void RollBack();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_SQLITE_DATABASE_H_
