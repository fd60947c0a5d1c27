// The embedded store: one SQLite file in WAL mode, every commit synced to disk
// before it returns. Held by one process at a time. Any thread; commits and
// reads wait for one another, leases for nobody's disk.
#ifndef PINNACE_CONTROL_PLANE_STORE_SQLITE_STORE_H_
#define PINNACE_CONTROL_PLANE_STORE_SQLITE_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "control-plane/store/change_feed.h"
#include "control-plane/store/lease_index.h"
#include "control-plane/store/sqlite_database.h"
#include "control-plane/store/store.h"

namespace pinnace::store {

class SqliteStore final : public Store {
 public:
  // Makes the file, and its folder's last part, when they are not there, and
  // brings an older schema up to date. Leases have their whole TTL from `now`,
  // of the clock that leases go by. Errors name the path.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      const std::string& path, absl::Time now);
  // CHECK: nobody watches any more.
  ~SqliteStore() override;

  absl::StatusOr<Contents> ReadAll() override ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<uint64_t> Commit(absl::Span<const Write> writes,
                                  const AuditEntry& audit) override
      ABSL_LOCKS_EXCLUDED(mutex_, leases_mutex_);
  absl::Status AppendAudit(const AuditEntry& entry) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Commits of this process, which are all there are.
  absl::StatusOr<std::unique_ptr<Watching>> Watch(
      uint64_t after_version, OnChanges on_changes) override;

  absl::StatusOr<LeaseId> GrantLease(absl::Duration ttl,
                                     absl::Time now) override
      ABSL_LOCKS_EXCLUDED(leases_mutex_);
  absl::Status RenewLease(LeaseId lease, absl::Time now) override
      ABSL_LOCKS_EXCLUDED(leases_mutex_);
  void RenewLeases(absl::Time now) override ABSL_LOCKS_EXCLUDED(leases_mutex_);
  absl::Status RevokeLease(LeaseId lease, absl::Time audit_time) override
      ABSL_LOCKS_EXCLUDED(mutex_, leases_mutex_);
  absl::StatusOr<absl::Time> ExpireLeases(absl::Time now,
                                          absl::Time audit_time) override
      ABSL_LOCKS_EXCLUDED(mutex_, leases_mutex_);

  absl::StatusOr<std::vector<AuditEntry>> ReadAudit(
      const AuditQuery& query) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  SqliteStore() = default;

  absl::Status PrepareStatements() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadLeases(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // In one transaction, which becomes known to watchers. Every audit entry gets
  // its version.
  absl::StatusOr<uint64_t> CommitAudited(absl::Span<const Write> writes,
                                         absl::Span<const AuditEntry> audit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<uint64_t> WriteAll(absl::Span<const Write> writes,
                                    absl::Span<const AuditEntry> audit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteOne(const Write& write, uint64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteAudit(const AuditEntry& entry, uint64_t version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Deletes what the leases hold; on an error they are as they were.
  absl::Status DropLeases(std::vector<LeaseIndex::Lease> leases,
                          absl::string_view method, absl::Time audit_time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  SqliteDatabase database_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement read_all_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement read_store_version_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement read_version_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement advance_version_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement put_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement delete_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement put_audit_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement prune_audit_ ABSL_GUARDED_BY(mutex_);
  SqliteStatement read_audit_ ABSL_GUARDED_BY(mutex_);
  int64_t last_audit_id_ ABSL_GUARDED_BY(mutex_) = 0;

  // Apart, so that a heartbeat never waits for the disk. Keys are attached and
  // detached with mutex_ held besides.
  absl::Mutex leases_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  LeaseIndex leases_ ABSL_GUARDED_BY(leases_mutex_);

  std::unique_ptr<ChangeFeed> feed_;  // from Open() on
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_SQLITE_STORE_H_
