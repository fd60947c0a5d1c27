#include "control-plane/store/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "control-plane/store/sqlite_schema.h"
#include "proxy/base/limits.h"

namespace pinnace::store {
namespace {

// So many entries above the limit are pruned at once.
constexpr int64_t kAuditPruneStep = 256;
// Records that leases let go in one transaction, as long as leases are small.
constexpr size_t kMaxLeasesPerCommit = limits::kMaxWritesPerCommit;

absl::Status CheckWrites(absl::Span<const Write> writes) {
  if (writes.empty() || writes.size() > limits::kMaxWritesPerCommit) {
    return absl::InvalidArgumentError(
        absl::StrCat("store: a commit has 1 to ", limits::kMaxWritesPerCommit,
                     " writes, not ", writes.size()));
  }
  absl::flat_hash_set<absl::string_view> keys;
  for (const Write& write : writes) {
    if (!keys.insert(write.key).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("store: two writes of ", write.key, " in one commit"));
    }
  }
  return absl::OkStatus();
}

ChangeSet ChangesOf(absl::Span<const Write> writes, uint64_t version) {
  ChangeSet changes;
  changes.version = version;
  changes.changes.reserve(writes.size());
  for (const Write& write : writes) {
    changes.changes.push_back({write.key, write.value, write.lease});
  }
  return changes;
}

absl::Status NoSuchLease(LeaseId lease) {
  return absl::NotFoundError(
      absl::StrCat("store: lease ", lease, " has run out"));
}

AuditEntry AuditEntryOf(const SqliteStatement& row) {
  return {.id = static_cast<uint64_t>(row.Number(0)),
          .time = absl::FromUnixMicros(row.Number(1)),
          .actor = row.Bytes(2),
          .address = row.Bytes(3),
          .method = row.Bytes(4),
          .subject = row.Bytes(5),
          .detail = row.Bytes(6),
          .version = static_cast<uint64_t>(row.Number(7))};
}

}  // namespace

SqliteStore::~SqliteStore() = default;

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    const std::string& path, absl::Time now) {
  std::unique_ptr<SqliteStore> store(new SqliteStore);
  absl::MutexLock lock(&store->mutex_);
  absl::Status status = store->database_.Open(path);
  if (status.ok()) status = MigrateSchema(store->database_);
  if (status.ok()) status = store->PrepareStatements();
  if (status.ok()) status = store->LoadLeases(now);
  if (!status.ok()) return status;
  absl::StatusOr<int64_t> version = store->read_store_version_.RunForNumber(0);
  if (!version.ok()) return version.status();
  store->feed_ = std::make_unique<ChangeFeed>(
      *version, ChangeFeed::Backlog{.commits = limits::kMaxWatchBacklog,
                                    .bytes = limits::kMaxWatchBacklogBytes});
  return store;
}

absl::Status SqliteStore::PrepareStatements() {
  const std::pair<SqliteStatement*, const char*> statements[] = {
      {&read_all_,
       "SELECT key, value, version, lease, lease_ttl FROM records "
       "ORDER BY key"},
      {&read_store_version_, "SELECT version FROM store_version"},
      {&read_version_, "SELECT version FROM records WHERE key = ?1"},
      {&advance_version_,
       "UPDATE store_version SET version = version + 1 RETURNING version"},
      {&put_, "INSERT OR REPLACE INTO records VALUES(?1, ?2, ?3, ?4, ?5)"},
      {&delete_, "DELETE FROM records WHERE key = ?1"},
      {&put_audit_, "INSERT INTO audit VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {&prune_audit_, "DELETE FROM audit WHERE id <= ?1"},
      {&read_audit_,
       "SELECT * FROM audit WHERE id < ?1 AND (?2 = '' OR subject = ?2) "
       "AND (?3 = '' OR actor = ?3) ORDER BY id DESC LIMIT ?4"},
  };
  for (const auto& [place, sql] : statements) {
    absl::StatusOr<SqliteStatement> statement = database_.Prepare(sql);
    if (!statement.ok()) return statement.status();
    *place = *std::move(statement);
  }
  absl::StatusOr<SqliteStatement> last =
      database_.Prepare("SELECT max(id) FROM audit");
  if (!last.ok()) return last.status();
  absl::StatusOr<int64_t> id = last->RunForNumber(0);
  if (!id.ok()) return id.status();
  last_audit_id_ = *id;
  return absl::OkStatus();
}

absl::Status SqliteStore::LoadLeases(absl::Time now) {
  absl::MutexLock lock(&leases_mutex_);
  absl::StatusOr<bool> row = read_all_.Step();
  for (; row.ok() && *row; row = read_all_.Step()) {
    const LeaseId id = read_all_.Number(3);
    if (id == kNoLease) continue;
    if (leases_.Find(id) == nullptr) {
      const absl::Duration ttl = absl::Microseconds(read_all_.Number(4));
      leases_.Add({.id = id, .ttl = ttl, .expires = now + ttl});
    }
    leases_.Attach(id, read_all_.Bytes(0));
  }
  read_all_.Reset();
  return row.status();
}

absl::StatusOr<Contents> SqliteStore::ReadAll() {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<int64_t> version = read_store_version_.RunForNumber(0);
  if (!version.ok()) return version.status();
  Contents contents;
  contents.version = *version;
  absl::StatusOr<bool> row = read_all_.Step();
  for (; row.ok() && *row; row = read_all_.Step()) {
    contents.records.push_back(
        {.key = read_all_.Bytes(0),
         .value = read_all_.Bytes(1),
         .version = static_cast<uint64_t>(read_all_.Number(2)),
         .lease = read_all_.Number(3)});
  }
  read_all_.Reset();
  if (!row.ok()) return row.status();
  return contents;
}

absl::StatusOr<uint64_t> SqliteStore::Commit(absl::Span<const Write> writes,
                                             const AuditEntry& audit) {
  absl::Status status = CheckWrites(writes);
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  return CommitAudited(writes, {&audit, 1});
}

absl::Status SqliteStore::AppendAudit(const AuditEntry& entry) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<int64_t> version = read_store_version_.RunForNumber(0);
  if (!version.ok()) return version.status();
  absl::Status status = database_.Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  const int64_t audit_id_before = last_audit_id_;
  status = WriteAudit(entry, *version);
  if (status.ok()) status = database_.Execute("COMMIT");
  if (!status.ok()) {
    database_.RollBack();
    last_audit_id_ = audit_id_before;
  }
  return status;
}

absl::StatusOr<uint64_t> SqliteStore::CommitAudited(
    absl::Span<const Write> writes, absl::Span<const AuditEntry> audit) {
  absl::Status status = database_.Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  const int64_t audit_id_before = last_audit_id_;
  absl::StatusOr<uint64_t> version = WriteAll(writes, audit);
  if (version.ok()) {
    status = database_.Execute("COMMIT");
    if (!status.ok()) version = status;
  }
  if (!version.ok()) {
    database_.RollBack();
    last_audit_id_ = audit_id_before;
    return version;
  }
  {
    absl::MutexLock lock(&leases_mutex_);
    for (const Write& write : writes) {
      leases_.Attach(write.value.has_value() ? write.lease : kNoLease,
                     write.key);
    }
  }
  feed_->Append(ChangesOf(writes, *version));
  return version;
}

absl::StatusOr<uint64_t> SqliteStore::WriteAll(
    absl::Span<const Write> writes, absl::Span<const AuditEntry> audit) {
  absl::StatusOr<int64_t> version = advance_version_.RunForNumber(0);
  if (!version.ok()) return version.status();
  for (const Write& write : writes) {
    absl::Status status = WriteOne(write, *version);
    if (!status.ok()) return status;
  }
  for (const AuditEntry& entry : audit) {
    absl::Status status = WriteAudit(entry, *version);
    if (!status.ok()) return status;
  }
  return static_cast<uint64_t>(*version);
}

absl::Status SqliteStore::WriteOne(const Write& write, uint64_t version) {
  read_version_.BindText(1, write.key);
  absl::StatusOr<int64_t> found = read_version_.RunForNumber(0);
  if (!found.ok()) return found.status();
  if (static_cast<uint64_t>(*found) != write.expected_version) {
    return absl::AbortedError(absl::StrCat("store: ", write.key,
                                           " is at version ", *found, ", not ",
                                           write.expected_version));
  }
  if (!write.value.has_value()) {
    if (*found == 0) {
      return absl::AbortedError(
          absl::StrCat("store: there is no ", write.key, " to delete"));
    }
    delete_.BindText(1, write.key);
    return delete_.Run();
  }
  absl::Duration ttl;
  if (write.lease != kNoLease) {
    absl::MutexLock lock(&leases_mutex_);
    const LeaseIndex::Lease* lease = leases_.Find(write.lease);
    if (lease == nullptr) return NoSuchLease(write.lease);
    ttl = lease->ttl;
  }
  put_.BindText(1, write.key);
  put_.BindBytes(2, *write.value);
  put_.BindNumber(3, version);
  put_.BindNumber(4, write.lease);
  put_.BindNumber(5, absl::ToInt64Microseconds(ttl));
  return put_.Run();
}

absl::Status SqliteStore::WriteAudit(const AuditEntry& entry,
                                     uint64_t version) {
  const int64_t id = ++last_audit_id_;
  put_audit_.BindNumber(1, id);
  put_audit_.BindNumber(2, absl::ToUnixMicros(entry.time));
  put_audit_.BindText(3, entry.actor);
  put_audit_.BindText(4, entry.address);
  put_audit_.BindText(5, entry.method);
  put_audit_.BindText(6, entry.subject);
  put_audit_.BindText(7, entry.detail);
  put_audit_.BindNumber(8, version);
  absl::Status status = put_audit_.Run();
  if (!status.ok() || id % kAuditPruneStep != 0) return status;
  prune_audit_.BindNumber(1,
                          id - static_cast<int64_t>(limits::kMaxAuditEntries));
  return prune_audit_.Run();
}

absl::StatusOr<std::unique_ptr<Watching>> SqliteStore::Watch(
    uint64_t after_version, OnChanges on_changes) {
  return feed_->Watch(after_version, std::move(on_changes));
}

absl::StatusOr<LeaseId> SqliteStore::GrantLease(absl::Duration ttl,
                                                absl::Time now) {
  if (ttl <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("store: the TTL of a lease must be > 0");
  }
  absl::MutexLock lock(&leases_mutex_);
  return leases_.Grant(ttl, now);
}

absl::Status SqliteStore::RenewLease(LeaseId lease, absl::Time now) {
  absl::MutexLock lock(&leases_mutex_);
  return leases_.Renew(lease, now) ? absl::OkStatus() : NoSuchLease(lease);
}

void SqliteStore::RenewLeases(absl::Time now) {
  absl::MutexLock lock(&leases_mutex_);
  leases_.RenewAll(now);
}

absl::Status SqliteStore::RevokeLease(LeaseId lease, absl::Time audit_time) {
  absl::MutexLock lock(&mutex_);
  std::vector<LeaseIndex::Lease> taken(1);
  {
    absl::MutexLock leases_lock(&leases_mutex_);
    taken[0] = leases_.Take(lease);
  }
  if (taken[0].id == kNoLease) return NoSuchLease(lease);
  return DropLeases(std::move(taken), "RevokeLease", audit_time);
}

absl::StatusOr<absl::Time> SqliteStore::ExpireLeases(absl::Time now,
                                                     absl::Time audit_time) {
  absl::MutexLock lock(&mutex_);
  std::vector<LeaseIndex::Lease> due;
  {
    // Out of the index before the disk is written: a heartbeat that comes now
    // must not believe that it was in time.
    absl::MutexLock leases_lock(&leases_mutex_);
    due = leases_.TakeDue(now, kMaxLeasesPerCommit);
  }
  absl::Status status = DropLeases(std::move(due), "ExpireLease", audit_time);
  if (!status.ok()) return status;
  absl::MutexLock leases_lock(&leases_mutex_);
  return leases_.NextExpiry();
}

absl::Status SqliteStore::DropLeases(std::vector<LeaseIndex::Lease> leases,
                                     absl::string_view method,
                                     absl::Time audit_time) {
  std::vector<Write> writes;
  std::vector<AuditEntry> audit;
  absl::Status status;
  for (const LeaseIndex::Lease& lease : leases) {
    for (const std::string& key : lease.keys) {
      read_version_.BindText(1, key);
      absl::StatusOr<int64_t> version = read_version_.RunForNumber(0);
      if (!version.ok()) status = version.status();
      if (!status.ok()) break;
      writes.push_back(
          {.key = key, .expected_version = static_cast<uint64_t>(*version)});
      audit.push_back(
          {.time = audit_time,
           .actor = "lease",
           .method = std::string(method),
           .subject = key,
           .detail = absl::StrCat("ttl ", absl::FormatDuration(lease.ttl))});
    }
  }
  if (status.ok() && !writes.empty()) {
    status = CommitAudited(writes, audit).status();
  }
  if (status.ok()) return status;
  absl::MutexLock lock(&leases_mutex_);
  for (LeaseIndex::Lease& lease : leases) leases_.Add(std::move(lease));
  return status;
}

absl::StatusOr<std::vector<AuditEntry>> SqliteStore::ReadAudit(
    const AuditQuery& query) {
  absl::MutexLock lock(&mutex_);
  const uint64_t end = static_cast<uint64_t>(last_audit_id_) + 1;
  read_audit_.BindNumber(
      1, query.before_id == 0 ? end : std::min(query.before_id, end));
  read_audit_.BindText(2, query.subject);
  read_audit_.BindText(3, query.actor);
  read_audit_.BindNumber(4, std::min(query.limit, limits::kMaxAuditRead));
  std::vector<AuditEntry> entries;
  absl::StatusOr<bool> row = read_audit_.Step();
  for (; row.ok() && *row; row = read_audit_.Step()) {
    entries.push_back(AuditEntryOf(read_audit_));
  }
  read_audit_.Reset();
  if (!row.ok()) return row.status();
  return entries;
}

}  // namespace pinnace::store
