// Where the desired state outlives the process: records by key, each with the
// version of the store at which it was last written, leases that let records
// go when nobody renews them, and an audit of every change. Every
// implementation passes store_test. Any thread; time is an argument.
#ifndef PINNACE_CONTROL_PLANE_STORE_STORE_H_
#define PINNACE_CONTROL_PLANE_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace pinnace::store {

using LeaseId = int64_t;
inline constexpr LeaseId kNoLease = 0;

struct Record {
  std::string key;
  std::string value;
  uint64_t version = 0;
  LeaseId lease = kNoLease;
};

struct Contents {
  uint64_t version = 0;         // of the last commit
  std::vector<Record> records;  // by key
};

struct Write {
  std::string key;
  std::optional<std::string> value;  // none: delete
  uint64_t expected_version = 0;     // 0: there is no such record
  LeaseId lease = kNoLease;
};

// What one commit changed.
struct Change {
  std::string key;
  std::optional<std::string> value;  // none: deleted
  LeaseId lease = kNoLease;
};
struct ChangeSet {
  uint64_t version = 0;
  std::vector<Change> changes;
};

struct AuditEntry {
  uint64_t id = 0;  // given by the store; grows
  absl::Time time;
  std::string actor;
  std::string address;
  std::string method;
  std::string subject;
  std::string detail;
  uint64_t version = 0;  // given by the store: of the commit
};

struct AuditQuery {
  size_t limit = 100;
  uint64_t before_id = 0;  // 0: from the newest on
  std::string subject;     // each filter: empty for all
  std::string actor;
};

// Dropping it ends the calls: none is running, nor will be, when that returns
// (but for one that drops it itself).
class Watching {
 public:
  virtual ~Watching() = default;
};

class Store {
 public:
  // OUT_OF_RANGE: the changes since then are not known any more; read all, and
  // watch again from there. Any error is the last call.
  using OnChanges = std::function<void(const absl::StatusOr<ChangeSet>&)>;

  virtual ~Store() = default;

  // UNAVAILABLE, as everywhere: the store failed, and nothing was written.
  virtual absl::StatusOr<Contents> ReadAll() = 0;

  // All or nothing: one new version, which outlives a crash of the machine once
  // it is returned, and the audit entry with it. ABORTED unless each record is
  // at its `expected_version` now; NOT_FOUND for a lease that is gone;
  // INVALID_ARGUMENT for no write, too many, or two of one key.
  virtual absl::StatusOr<uint64_t> Commit(absl::Span<const Write> writes,
                                          const AuditEntry& audit) = 0;

  // What has been done, or will be, without a commit; at the present version.
  virtual absl::Status AppendAudit(const AuditEntry& entry) = 0;

  // Every commit after `after_version`, whoever made it, in order. Called on a
  // thread of the store that holds none of its locks: a call may use the store,
  // and may wait for a lock that another thread holds while that one commits.
  // It must not wait for a later call. OUT_OF_RANGE as above.
  virtual absl::StatusOr<std::unique_ptr<Watching>> Watch(
      uint64_t after_version, OnChanges on_changes) = 0;

  // Records written with a lease are deleted when it was not renewed for `ttl`,
  // or is revoked; the actor of that is "lease". A lease need not outlive the
  // process before a record has it. After an open each has a whole TTL again.
  // Neither granting nor renewing touches a disk. `now` is of a clock that no
  // setting of the time moves; `audit_time` is the time for people.
  virtual absl::StatusOr<LeaseId> GrantLease(absl::Duration ttl,
                                             absl::Time now) = 0;
  // NOT_FOUND: it has run out.
  virtual absl::Status RenewLease(LeaseId lease, absl::Time now) = 0;
  // Every lease there is, for its whole TTL.
  virtual void RenewLeases(absl::Time now) = 0;
  virtual absl::Status RevokeLease(LeaseId lease, absl::Time audit_time) = 0;
  // Deletes what has run out by now, or a part of it; returns when to come
  // again. The store may do this by itself: InfiniteFuture.
  virtual absl::StatusOr<absl::Time> ExpireLeases(absl::Time now,
                                                  absl::Time audit_time) = 0;

  // The newest first; at most limits::kMaxAuditRead, of the newest
  // limits::kMaxAuditEntries.
  virtual absl::StatusOr<std::vector<AuditEntry>> ReadAudit(
      const AuditQuery& query) = 0;
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_STORE_H_
