// The desired state as the store has it: read as a whole and merged with the
// configuration file, then followed commit by commit, whoever makes them.
// Readers wait for no disk. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_STATE_REPLICA_H_
#define PINNACE_CONTROL_PLANE_SERVICE_STATE_REPLICA_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/service/steady_clock.h"
#include "control-plane/store/store.h"
#include "protos/pinnace/v1/snapshot.pb.h"

namespace pinnace::service {

using SnapshotMessage = std::shared_ptr<const v1::Snapshot>;

// What the configuration file has of the registry.
struct FileEntries {
  std::vector<v1::Farm> farms;       // checked by CheckFarms()
  std::vector<v1::Route> routes;     // checked by CheckRoutes()
  std::vector<v1::Policy> policies;  // checked by CheckPolicies()
};

class StateReplica {
 public:
  struct Options {
    store::Store* store = nullptr;  // outlives the replica
    std::vector<PortRange> pool;    // empty: not known
    Clock clock;
    // It follows no more, until the next Load(). Must not call the replica.
    std::function<void()> on_lost;
  };
  explicit StateReplica(Options options);
  ~StateReplica();

  // Reads all and follows from there; one call at a time. ALREADY_EXISTS when
  // the file and the store contradict each other: everything stays as it was.
  // That the file is another one than the last is committed with `audit`.
  absl::Status Load(const FileEntries& file, const store::AuditEntry& audit)
      ABSL_LOCKS_EXCLUDED(mutex_);
  bool is_lost() const ABSL_LOCKS_EXCLUDED(mutex_);

  // What `read` makes of the state. It keeps no reference.
  template <typename Function>
  auto Read(const Function& read) const ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    return read(static_cast<const registry::DesiredState&>(state_));
  }

  // What this process committed, once what others did before it is known.
  absl::Status TakeOver(store::ChangeSet changes) ABSL_LOCKS_EXCLUDED(mutex_);
  // A heartbeat, which is no commit.
  void Renew(absl::string_view id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits for a version that is not `seen`. False: in vain.
  bool AwaitNewer(uint64_t seen, absl::Duration patience) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Of the present version; made when somebody asks.
  SnapshotMessage snapshot() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until the version is not `seen`; null after Stop().
  SnapshotMessage AwaitSnapshot(uint64_t seen) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all waits.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::StatusOr<registry::DesiredState> Merge(
      const FileEntries& file, const store::AuditEntry& audit) const;
  void Apply(const store::ChangeSet& changes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnChanges(const absl::StatusOr<store::ChangeSet>& changes)
      ABSL_LOCKS_EXCLUDED(mutex_);
  SnapshotMessage SnapshotNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  registry::DesiredState state_ ABSL_GUARDED_BY(mutex_);
  // Of state_, or of an earlier version of it.
  mutable SnapshotMessage snapshot_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<store::Watching> watching_ ABSL_GUARDED_BY(mutex_);
  bool is_lost_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_STATE_REPLICA_H_
