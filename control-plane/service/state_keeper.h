// The one owner of the desired state: checks each change, writes it to the
// store, then takes it over. Leases run out here. Any thread; changes wait for
// one another.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_STATE_KEEPER_H_
#define PINNACE_CONTROL_PLANE_SERVICE_STATE_KEEPER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/store/store.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::service {

using Clock = std::function<absl::Time()>;
using SnapshotMessage = std::shared_ptr<const v1::Snapshot>;

class StateKeeper {
 public:
  struct Options {
    store::Store* store = nullptr;     // outlives the keeper
    std::vector<v1::Farm> file_farms;  // checked by CheckFarms()
    std::vector<PortRange> pool;       // empty: not known
    Clock clock = &absl::Now;
  };
  // ALREADY_EXISTS when the file and the store contradict each other.
  static absl::StatusOr<std::unique_ptr<StateKeeper>> Load(Options options);

  absl::StatusOr<v1::BackendRecord> Register(
      const v1::RegisterBackendRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::BackendRecord> Heartbeat(
      const v1::HeartbeatRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::BackendRecord> SetState(absl::string_view id,
                                             uint64_t expected_version,
                                             v1::Backend::State state)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Deregister(const v1::DeregisterBackendRequest& request)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::BackendRecord> Get(absl::string_view id) const
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<v1::BackendRecord> List() const ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<v1::FarmRecord> SetFarm(const v1::SetFarmRequest& request)
      ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status DeleteFarm(const v1::DeleteFarmRequest& request)
      ABSL_LOCKS_EXCLUDED(mutex_);
  std::vector<v1::FarmRecord> ListFarms() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Of the present version; made when somebody asks.
  SnapshotMessage snapshot() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until the version is not `seen`; null after Stop().
  SnapshotMessage AwaitSnapshot(uint64_t seen) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // The file's farms have changed; on an error everything stays as it was.
  absl::Status ReloadFileFarms(std::vector<v1::Farm> farms)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Removes what has run out by now; returns when to come again.
  absl::Time ExpireDue() ABSL_LOCKS_EXCLUDED(mutex_);
  // The work of one thread: ExpireDue() in time, until Stop().
  void RunExpiry() ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends AwaitSnapshot() and RunExpiry().
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit StateKeeper(Options options);

  absl::StatusOr<registry::DesiredState> Merge(
      const std::vector<v1::Farm>& file_farms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PutFarm(registry::FarmEntry entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PutBackend(registry::BackendEntry entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status RemoveBackend(const std::string& id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SnapshotMessage SnapshotNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  store::Store& store_;
  const std::vector<PortRange> pool_;
  const Clock clock_;
  mutable absl::Mutex mutex_;
  registry::DesiredState state_ ABSL_GUARDED_BY(mutex_);
  // Of state_, or of an earlier version of it.
  mutable SnapshotMessage snapshot_ ABSL_GUARDED_BY(mutex_);
  // A lease may now end before the one that RunExpiry() waits for.
  bool look_again_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_STATE_KEEPER_H_
