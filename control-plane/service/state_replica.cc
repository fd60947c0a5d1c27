#include "control-plane/service/state_replica.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/merged_state.h"
#include "control-plane/registry/stored_record.h"
#include "proxy/base/log.h"

namespace pinnace::service {
namespace {

using registry::DesiredState;

// How long a change waits for what others committed before it.
constexpr absl::Duration kCatchUpPatience = absl::Seconds(5);

}  // namespace

StateReplica::StateReplica(Options options) : options_(std::move(options)) {}

StateReplica::~StateReplica() {
  std::unique_ptr<store::Watching> watching;  // Dropped without the lock.
  absl::MutexLock lock(&mutex_);
  watching = std::move(watching_);
}

absl::StatusOr<DesiredState> StateReplica::Merge(
    const FileEntries& file, const store::AuditEntry& audit) const {
  v1::Snapshot said;
  for (const v1::Farm& farm : file.farms) *said.add_farms() = farm;
  for (const v1::Route& route : file.routes) *said.add_routes() = route;
  for (const v1::Policy& policy : file.policies) *said.add_policies() = policy;
  const std::string value = said.SerializeAsString();
  while (true) {
    absl::StatusOr<store::Contents> stored = options_.store->ReadAll();
    if (!stored.ok()) return stored.status();
    const std::vector<store::Write> moved = registry::MoveOfOldMarks(*stored);
    if (!moved.empty()) {
      store::AuditEntry move = audit;
      move.method = "MoveMarks";
      move.subject = moved[0].key;
      const absl::StatusOr<uint64_t> done = options_.store->Commit(moved, move);
      if (!done.ok()) return done.status();
      continue;
    }
    auto former = std::find_if(stored->records.begin(), stored->records.end(),
                               [](const store::Record& record) {
                                 return record.key == registry::kFileKey;
                               });
    const bool is_first = former == stored->records.end();
    const bool is_same = is_first ? value.empty() : former->value == value;
    const uint64_t former_version = is_first ? 0 : former->version;
    const registry::MergeInput input = {.file_farms = file.farms,
                                        .file_routes = file.routes,
                                        .file_policies = file.policies,
                                        .file_version = former_version,
                                        .stored = *std::move(stored),
                                        .pool = options_.pool};
    absl::StatusOr<DesiredState> state =
        registry::MergedState(input, options_.clock());
    if (!state.ok() || is_same) return state;
    // Written only when the two agree; then all is read again with its version.
    const absl::StatusOr<uint64_t> version = options_.store->Commit(
        {{registry::kFileKey, value, former_version, store::kNoLease}}, audit);
    if (!version.ok()) return version.status();
  }
}

absl::Status StateReplica::Load(const FileEntries& file,
                                const store::AuditEntry& audit) {
  std::unique_ptr<store::Watching> former;  // Dropped without the lock.
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<DesiredState> state = Merge(file, audit);
  if (!state.ok()) return state.status();
  for (const auto& [id, entry] : state_.backends()) state->KeepExpiry(entry);
  state_ = *std::move(state);
  snapshot_ = nullptr;
  // Both watch for a moment: each is in order, and what is known is skipped.
  auto watching = options_.store->Watch(
      state_.version(),
      [this](const absl::StatusOr<store::ChangeSet>& changes) {
        OnChanges(changes);
      });
  is_lost_ = !watching.ok();
  if (!watching.ok()) return watching.status();
  former = std::exchange(watching_, *std::move(watching));
  return absl::OkStatus();
}

bool StateReplica::is_lost() const {
  absl::MutexLock lock(&mutex_);
  return is_lost_;
}

void StateReplica::Apply(const store::ChangeSet& changes) {
  const absl::Status status =
      registry::ApplyChanges(changes, options_.clock(), state_);
  if (status.ok()) return;
  Log(LogLevel::kWarning,
      absl::StrCat("version ", changes.version,
                   " is in force only in part: ", status.message()));
}

void StateReplica::OnChanges(const absl::StatusOr<store::ChangeSet>& changes) {
  if (!changes.ok()) {
    Log(LogLevel::kWarning, changes.status().message());
    {
      absl::MutexLock lock(&mutex_);
      is_lost_ = true;
    }
    return options_.on_lost();
  }
  absl::MutexLock lock(&mutex_);
  if (changes->version > state_.version()) Apply(*changes);
}

absl::Status StateReplica::TakeOver(store::ChangeSet changes) {
  absl::MutexLock lock(&mutex_);
  if (changes.version == state_.version() + 1) Apply(changes);
  const auto known = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return state_.version() >= changes.version || stopped_;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&known), kCatchUpPatience);
  if (state_.version() >= changes.version) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("store: version ", changes.version,
                   " is committed, but cannot be read back now"));
}

void StateReplica::Renew(absl::string_view id) {
  absl::MutexLock lock(&mutex_);
  state_.Renew(id, options_.clock());
}

bool StateReplica::AwaitNewer(uint64_t seen, absl::Duration patience) const {
  absl::MutexLock lock(&mutex_);
  const auto changed = [this, seen]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopped_ || state_.version() != seen;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&changed), patience);
  return state_.version() != seen;
}

SnapshotMessage StateReplica::SnapshotNow() const {
  if (snapshot_ == nullptr || snapshot_->version() != state_.version()) {
    snapshot_ = std::make_shared<const v1::Snapshot>(state_.ToSnapshot());
  }
  return snapshot_;
}

SnapshotMessage StateReplica::snapshot() const {
  absl::MutexLock lock(&mutex_);
  return SnapshotNow();
}

SnapshotMessage StateReplica::AwaitSnapshot(uint64_t seen) const {
  absl::MutexLock lock(&mutex_);
  const auto changed = [this, seen]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopped_ || state_.version() != seen;
  };
  mutex_.Await(absl::Condition(&changed));
  return stopped_ ? nullptr : SnapshotNow();
}

void StateReplica::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
}

}  // namespace pinnace::service
