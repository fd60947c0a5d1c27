// The embedded store: one SQLite file in WAL mode, every write synced to disk
// before it returns. Held by one process at a time. Any thread; calls wait for
// one another.
#ifndef PINNACE_CONTROL_PLANE_STORE_SQLITE_STORE_H_
#define PINNACE_CONTROL_PLANE_STORE_SQLITE_STORE_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "control-plane/store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pinnace::store {

class SqliteStore final : public Store {
 public:
  // Makes the file, and its folder's last part, when they are not there, and
  // brings an older schema up to date. Errors name the path.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const std::string& path);
  ~SqliteStore() override;

  absl::StatusOr<Contents> ReadAll() override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<uint64_t> CompareAndPut(absl::string_view key,
                                         absl::string_view value,
                                         uint64_t expected_version) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<uint64_t> CompareAndDelete(absl::string_view key,
                                            uint64_t expected_version) override
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

  explicit SqliteStore(std::string path) : path_(std::move(path)) {}

  absl::Status OpenDatabase() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Migrate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PrepareStatements() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Execute(const char* sql) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Statement> Prepare(const char* sql)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<int64_t> ReadNumber(sqlite3_stmt* statement, int64_t if_none)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Run(sqlite3_stmt* statement)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // In one transaction; a null `value` deletes.
  absl::StatusOr<uint64_t> Write(absl::string_view key,
                                 const absl::string_view* value,
                                 uint64_t expected_version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<uint64_t> WriteInTransaction(absl::string_view key,
                                              const absl::string_view* value,
                                              uint64_t expected_version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Failure(absl::string_view doing)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  absl::Mutex mutex_;
  std::unique_ptr<sqlite3, CloseDatabase> database_ ABSL_GUARDED_BY(mutex_);
  Statement read_all_ ABSL_GUARDED_BY(mutex_);
  Statement read_store_version_ ABSL_GUARDED_BY(mutex_);
  Statement read_version_ ABSL_GUARDED_BY(mutex_);
  Statement advance_version_ ABSL_GUARDED_BY(mutex_);
  Statement put_ ABSL_GUARDED_BY(mutex_);
  Statement delete_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_SQLITE_STORE_H_
