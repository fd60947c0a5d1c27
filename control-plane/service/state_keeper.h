// Every change to the desired state: plans it, commits it to the store, and has
// the replica take it over; and the work that time brings. Any thread; changes
// wait for one another and for the disk, readers and heartbeats for neither.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_STATE_KEEPER_H_
#define PINNACE_CONTROL_PLANE_SERVICE_STATE_KEEPER_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "control-plane/registry/caller.h"
#include "control-plane/registry/change_plan.h"
#include "control-plane/service/state_replica.h"
#include "control-plane/service/steady_clock.h"
#include "control-plane/store/store.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::service {

using registry::Caller;

class StateKeeper {
 public:
  struct Options {
    store::Store* store = nullptr;  // outlives the keeper
    FileEntries file;
    std::vector<PortRange> pool;     // empty: not known
    Clock clock = &absl::Now;        // for people
    Clock lease_clock = &SteadyNow;  // the store's leases are by it, too
  };
  // ALREADY_EXISTS when the file and the store contradict each other.
  static absl::StatusOr<std::unique_ptr<StateKeeper>> Load(Options options);

  absl::StatusOr<v1::BackendRecord> Register(
      const v1::RegisterBackendRequest& request, const Caller& caller = {});
  absl::StatusOr<v1::BackendRecord> Heartbeat(
      const v1::HeartbeatRequest& request, const Caller& caller = {});
  absl::StatusOr<v1::BackendRecord> Drain(
      const v1::DrainBackendRequest& request, const Caller& caller = {});
  absl::StatusOr<v1::BackendRecord> Resume(
      const v1::ResumeBackendRequest& request, const Caller& caller = {});
  absl::Status Deregister(const v1::DeregisterBackendRequest& request,
                          const Caller& caller = {});
  absl::StatusOr<v1::BackendRecord> Get(absl::string_view id) const;
  // Of one farm, or with an empty name of all; by farm, then id.
  std::vector<v1::BackendRecord> List(absl::string_view farm) const;

  absl::StatusOr<v1::FarmRecord> SetFarm(const v1::SetFarmRequest& request,
                                         const Caller& caller = {});
  absl::Status DeleteFarm(const v1::DeleteFarmRequest& request,
                          const Caller& caller = {});
  std::vector<v1::FarmRecord> ListFarms() const;

  absl::StatusOr<v1::RouteRecord> SetRoute(const v1::SetRouteRequest& request,
                                           const Caller& caller = {});
  absl::Status DeleteRoute(const v1::DeleteRouteRequest& request,
                           const Caller& caller = {});
  std::vector<v1::RouteRecord> ListRoutes() const;

  absl::StatusOr<v1::PolicyRecord> SetPolicy(
      const v1::SetPolicyRequest& request, const Caller& caller = {});
  absl::Status DeletePolicy(const v1::DeletePolicyRequest& request,
                            const Caller& caller = {});
  std::vector<v1::PolicyRecord> ListPolicies() const;

  absl::StatusOr<v1::ReadAuditResponse> ReadAudit(
      const v1::ReadAuditRequest& request) const;
  // What changes no record, and is somebody's doing all the same.
  struct Deed {
    absl::string_view method;
    std::string subject;  // "session/gw-1/7"
    std::string detail;
  };
  absl::Status Audit(const Caller& caller, Deed deed);

  SnapshotMessage snapshot() const { return replica_.snapshot(); }
  // Waits until the version is not `seen`; null after Stop().
  SnapshotMessage AwaitSnapshot(uint64_t seen) const {
    return replica_.AwaitSnapshot(seen);
  }

  // Whether it checks public ports by the gateways' pool.
  bool knows_pool() const {
    return replica_.Read([](const registry::DesiredState& state) {
      return !state.pool().empty();
    });
  }

  // The file has changed; on an error everything stays as it was.
  absl::Status ReloadFile(FileEntries file, const Caller& caller = {})
      ABSL_LOCKS_EXCLUDED(changes_mutex_);

  // Has the store let go what has run out by now; returns when to come again.
  absl::Time ExpireDue();
  // The work of one thread: ExpireDue() in time, and reading all again when the
  // store's watch broke off, until Stop(). A process that stood still could
  // hear no heartbeat: then every lease begins anew.
  void RunUpkeep() ABSL_LOCKS_EXCLUDED(changes_mutex_);
  // Ends AwaitSnapshot() and RunUpkeep().
  void Stop();

 private:
  using Planner = std::function<absl::StatusOr<registry::Plan>(
      const registry::DesiredState& state)>;

  explicit StateKeeper(Options options);

  // Plans, commits and takes over; again when another was faster.
  absl::Status Change(const Caller& caller, absl::string_view method,
                      const Planner& planner)
      ABSL_LOCKS_EXCLUDED(changes_mutex_);
  absl::Status CarryOut(registry::Plan plan, const Caller& caller,
                        absl::string_view method)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_mutex_);
  absl::Status LoadFile(FileEntries file, const Caller& caller)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_mutex_);
  // Leases for what an older program stored without.
  absl::Status GrantMissingLeases()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(changes_mutex_);
  store::AuditEntry AuditOf(const Caller& caller,
                            absl::string_view method) const;
  // Until `deadline` by SteadyNow(), or a reason to come earlier. False:
  // stopped.
  bool AwaitUpkeep(absl::Time deadline);
  void WakeUpkeep();

  store::Store& store_;
  const Clock clock_;
  const Clock lease_clock_;

  // absl::Mutex waits by the clock that can be set. It guards the two below.
  std::mutex upkeep_mutex_;
  std::condition_variable upkeep_wake_;
  // A lease may now end before the one that RunUpkeep() waits for.
  bool look_again_ = false;
  bool stopped_ = false;

  StateReplica replica_;
  // Held during a whole change, the disk's part too.
  absl::Mutex changes_mutex_;
  FileEntries file_ ABSL_GUARDED_BY(changes_mutex_);
};

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_STATE_KEEPER_H_
