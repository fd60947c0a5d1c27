#include "control-plane/service/state_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/change_check.h"
#include "control-plane/registry/stored_record.h"
#include "control-plane/service/record_of.h"
#include "proxy/base/limits.h"
#include "proxy/base/log.h"

namespace pinnace::service {
namespace {

using registry::BackendEntry;
using registry::DesiredState;
using registry::Plan;

// How often a change is planned anew when another commit came between.
constexpr int kAttempts = 3;
// How long a change waits for what others committed before it.
constexpr absl::Duration kCatchUpPatience = absl::Seconds(5);
// Until the store is asked again after it failed.
constexpr absl::Duration kRetry = absl::Seconds(1);
// Upkeep wakes so often, and one that wakes so late did not run meanwhile.
constexpr absl::Duration kLongestNap = absl::Seconds(1);
constexpr absl::Duration kStandstill = absl::Seconds(1);
constexpr uint32_t kDefaultAuditLimit = 100;
constexpr size_t kMaxAuditFilterBytes = 512;

store::ChangeSet ChangesOf(std::vector<store::Write> writes, uint64_t version) {
  store::ChangeSet changes;
  changes.version = version;
  for (store::Write& write : writes) {
    changes.changes.push_back(
        {std::move(write.key), std::move(write.value), write.lease});
  }
  return changes;
}

bool CameBetween(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsNotFound(status);
}

}  // namespace

StateKeeper::StateKeeper(Options options)
    : store_(*options.store),
      clock_(options.clock),
      lease_clock_(options.lease_clock),
      replica_({.store = options.store,
                .pool = std::move(options.pool),
                .clock = options.clock,
                .on_lost = [this] { WakeUpkeep(); }}) {}

absl::StatusOr<std::unique_ptr<StateKeeper>> StateKeeper::Load(
    Options options) {
  FileEntries file = std::move(options.file);
  std::unique_ptr<StateKeeper> keeper(new StateKeeper(std::move(options)));
  absl::Status status = keeper->ReloadFile(std::move(file));
  if (!status.ok()) return status;
  return keeper;
}

absl::Status StateKeeper::ReloadFile(FileEntries file, const Caller& caller) {
  absl::MutexLock lock(&changes_mutex_);
  return LoadFile(std::move(file), caller);
}

absl::Status StateKeeper::LoadFile(FileEntries file, const Caller& caller) {
  store::AuditEntry audit = AuditOf(caller, "ReloadFile");
  audit.subject = registry::kFileKey;
  absl::Status status = replica_.Load(file, audit);
  if (!status.ok()) return status;
  file_ = std::move(file);
  return GrantMissingLeases();
}

absl::Status StateKeeper::GrantMissingLeases() {
  const std::vector<BackendEntry> missing =
      replica_.Read([](const DesiredState& state) {
        std::vector<BackendEntry> missing;
        for (const auto& [id, entry] : state.backends()) {
          if (entry.ttl > absl::ZeroDuration() &&
              entry.lease == store::kNoLease) {
            missing.push_back(entry);
          }
        }
        return missing;
      });
  for (const BackendEntry& entry : missing) {
    Plan plan;
    plan.subject = registry::BackendKey(entry.backend.id());
    plan.writes.push_back({.key = plan.subject,
                           .value = registry::BackendValue(entry),
                           .expected_version = entry.stored_version});
    plan.lease_ttl = entry.ttl;
    absl::Status status = CarryOut(std::move(plan), {}, "GrantLease");
    if (!status.ok() && !CameBetween(status)) return status;
  }
  return absl::OkStatus();
}

store::AuditEntry StateKeeper::AuditOf(const Caller& caller,
                                       absl::string_view method) const {
  return {.time = clock_(),
          .actor = caller.name,
          .address = caller.address,
          .method = std::string(method)};
}

absl::Status StateKeeper::CarryOut(Plan plan, const Caller& caller,
                                   absl::string_view method) {
  if (plan.renew != store::kNoLease) {
    absl::Status status = store_.RenewLease(plan.renew, lease_clock_());
    if (!status.ok()) return status;
    replica_.Renew(registry::ParseKey(plan.subject).second);
  }
  if (plan.writes.empty()) return absl::OkStatus();
  store::LeaseId granted = store::kNoLease;
  if (plan.lease_ttl > absl::ZeroDuration()) {
    absl::StatusOr<store::LeaseId> lease =
        store_.GrantLease(plan.lease_ttl, lease_clock_());
    if (!lease.ok()) return lease.status();
    granted = *lease;
    plan.writes.back().lease = granted;
  }
  store::AuditEntry audit = AuditOf(caller, method);
  audit.subject = std::move(plan.subject);
  audit.detail = std::move(plan.detail);
  const absl::StatusOr<uint64_t> version = store_.Commit(plan.writes, audit);
  // The lease that is of no use now; if that fails it runs out by itself.
  const store::LeaseId unused = version.ok() ? plan.revoke : granted;
  if (unused != store::kNoLease) {
    store_.RevokeLease(unused, clock_()).IgnoreError();
  }
  if (!version.ok()) return version.status();
  if (granted != store::kNoLease) WakeUpkeep();
  return replica_.TakeOver(ChangesOf(std::move(plan.writes), *version));
}

absl::Status StateKeeper::Change(const Caller& caller, absl::string_view method,
                                 const Planner& planner) {
  for (int attempt = 1;; ++attempt) {
    uint64_t planned_version = 0;
    absl::Status status;
    {
      absl::MutexLock changes_lock(&changes_mutex_);
      absl::StatusOr<Plan> plan = replica_.Read([&](const DesiredState& state) {
        planned_version = state.version();
        return planner(state);
      });
      if (!plan.ok()) return plan.status();
      status = CarryOut(*std::move(plan), caller, method);
    }
    if (!CameBetween(status)) return status;
    // A lease that ran out, or another control plane: plan on what it did,
    // which other changes need not wait for.
    if (attempt == kAttempts ||
        !replica_.AwaitNewer(planned_version, kCatchUpPatience)) {
      return absl::UnavailableError(
          absl::StrCat("store: others change the same: ", status.message()));
    }
  }
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Register(
    const v1::RegisterBackendRequest& request, const Caller& caller) {
  absl::Status status =
      Change(caller, "RegisterBackend", [&](const DesiredState& state) {
        return registry::PlanRegisterBackend(state, request, caller);
      });
  if (!status.ok()) return status;
  return Get(request.backend().id());
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Heartbeat(
    const v1::HeartbeatRequest& request, const Caller& caller) {
  store::LeaseId lease = store::kNoLease;
  absl::Status status = replica_.Read([&](const DesiredState& state) {
    absl::Status checked =
        registry::CheckBackendChange(state, request.id(), 0, caller);
    if (checked.ok()) lease = state.FindBackend(request.id())->lease;
    return checked;
  });
  if (status.ok() && lease != store::kNoLease) {
    status = store_.RenewLease(lease, lease_clock_());
    if (status.ok()) replica_.Renew(request.id());
    if (absl::IsNotFound(status)) {
      status = absl::NotFoundError(
          absl::StrCat("id: the TTL of backend \"", request.id(),
                       "\" has run out; register it again"));
    }
  }
  if (!status.ok()) return status;
  return Get(request.id());
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Drain(
    const v1::DrainBackendRequest& request, const Caller& caller) {
  absl::Status status =
      Change(caller, "DrainBackend", [&](const DesiredState& state) {
        return registry::PlanBackendState(
            state,
            {request.id(), request.expected_version(),
             v1::Backend::STATE_DRAINING},
            caller);
      });
  if (!status.ok()) return status;
  return Get(request.id());
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Resume(
    const v1::ResumeBackendRequest& request, const Caller& caller) {
  absl::Status status =
      Change(caller, "ResumeBackend", [&](const DesiredState& state) {
        return registry::PlanBackendState(
            state,
            {request.id(), request.expected_version(), v1::Backend::STATE_UP},
            caller);
      });
  if (!status.ok()) return status;
  return Get(request.id());
}

absl::Status StateKeeper::Deregister(
    const v1::DeregisterBackendRequest& request, const Caller& caller) {
  return Change(caller, "DeregisterBackend", [&](const DesiredState& state) {
    return registry::PlanDeregisterBackend(state, request, caller);
  });
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Get(absl::string_view id) const {
  return replica_.Read(
      [id](const DesiredState& state) -> absl::StatusOr<v1::BackendRecord> {
        absl::Status status = registry::CheckBackendExists(state, id);
        if (!status.ok()) return status;
        return RecordOf(*state.FindBackend(id));
      });
}

std::vector<v1::BackendRecord> StateKeeper::List(absl::string_view farm) const {
  std::vector<v1::BackendRecord> records =
      replica_.Read([farm](const DesiredState& state) {
        std::vector<v1::BackendRecord> records;
        for (const auto& [id, entry] : state.backends()) {
          if (farm.empty() || entry.farm == farm) {
            records.push_back(RecordOf(entry));
          }
        }
        return records;
      });
  // By farm, then by id, which they are sorted by already.
  std::stable_sort(
      records.begin(), records.end(),
      [](const auto& a, const auto& b) { return a.farm() < b.farm(); });
  return records;
}

absl::StatusOr<v1::FarmRecord> StateKeeper::SetFarm(
    const v1::SetFarmRequest& request, const Caller& caller) {
  absl::Status status =
      Change(caller, "SetFarm", [&](const DesiredState& state) {
        return registry::PlanSetFarm(state, request);
      });
  if (!status.ok()) return status;
  return replica_.Read(
      [&](const DesiredState& state) -> absl::StatusOr<v1::FarmRecord> {
        const registry::FarmEntry* farm = state.FindFarm(request.farm().name());
        if (farm != nullptr) return RecordOf(*farm);
        return absl::AbortedError("farm: was deleted meanwhile");
      });
}

absl::Status StateKeeper::DeleteFarm(const v1::DeleteFarmRequest& request,
                                     const Caller& caller) {
  return Change(caller, "DeleteFarm", [&](const DesiredState& state) {
    return registry::PlanDeleteFarm(state, request);
  });
}

std::vector<v1::FarmRecord> StateKeeper::ListFarms() const {
  return replica_.Read([](const DesiredState& state) {
    std::vector<v1::FarmRecord> records;
    for (const auto& [name, entry] : state.farms()) {
      records.push_back(RecordOf(entry));
    }
    return records;
  });
}

absl::StatusOr<v1::RouteRecord> StateKeeper::SetRoute(
    const v1::SetRouteRequest& request, const Caller& caller) {
  absl::Status status =
      Change(caller, "SetRoute", [&](const DesiredState& state) {
        return registry::PlanSetRoute(state, request);
      });
  if (!status.ok()) return status;
  return replica_.Read(
      [&](const DesiredState& state) -> absl::StatusOr<v1::RouteRecord> {
        const registry::RouteEntry* route =
            state.FindRoute(request.route().name());
        if (route != nullptr) return RecordOf(*route);
        return absl::AbortedError("route: was deleted meanwhile");
      });
}

absl::Status StateKeeper::DeleteRoute(const v1::DeleteRouteRequest& request,
                                      const Caller& caller) {
  return Change(caller, "DeleteRoute", [&](const DesiredState& state) {
    return registry::PlanDeleteRoute(state, request);
  });
}

std::vector<v1::RouteRecord> StateKeeper::ListRoutes() const {
  return replica_.Read([](const DesiredState& state) {
    std::vector<v1::RouteRecord> records;
    for (const registry::RouteEntry* entry : state.OrderedRoutes()) {
      records.push_back(RecordOf(*entry));
    }
    return records;
  });
}

absl::StatusOr<v1::PolicyRecord> StateKeeper::SetPolicy(
    const v1::SetPolicyRequest& request, const Caller& caller) {
  absl::Status status =
      Change(caller, "SetPolicy", [&](const DesiredState& state) {
        return registry::PlanSetPolicy(state, request);
      });
  if (!status.ok()) return status;
  return replica_.Read(
      [&](const DesiredState& state) -> absl::StatusOr<v1::PolicyRecord> {
        const registry::PolicyEntry* policy =
            state.FindPolicy(request.policy().name());
        if (policy != nullptr) return RecordOf(*policy);
        return absl::AbortedError("policy: was deleted meanwhile");
      });
}

absl::Status StateKeeper::DeletePolicy(const v1::DeletePolicyRequest& request,
                                       const Caller& caller) {
  return Change(caller, "DeletePolicy", [&](const DesiredState& state) {
    return registry::PlanDeletePolicy(state, request);
  });
}

std::vector<v1::PolicyRecord> StateKeeper::ListPolicies() const {
  return replica_.Read([](const DesiredState& state) {
    std::vector<v1::PolicyRecord> records;
    for (const auto& [name, entry] : state.policies()) {
      records.push_back(RecordOf(entry));
    }
    return records;
  });
}

absl::StatusOr<v1::ReadAuditResponse> StateKeeper::ReadAudit(
    const v1::ReadAuditRequest& request) const {
  if (request.limit() > limits::kMaxAuditRead) {
    return absl::InvalidArgumentError(absl::StrCat(
        "limit: must be 1 to ", limits::kMaxAuditRead, ", or 0 for ",
        kDefaultAuditLimit, ", not ", request.limit()));
  }
  for (const auto& [field, filter] : {std::pair("subject", &request.subject()),
                                      std::pair("actor", &request.actor())}) {
    if (filter->size() <= kMaxAuditFilterBytes) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        field, ": must have at most ", kMaxAuditFilterBytes, " characters"));
  }
  const auto entries = store_.ReadAudit(
      {.limit = request.limit() == 0 ? kDefaultAuditLimit : request.limit(),
       .before_id = request.before_id(),
       .subject = request.subject(),
       .actor = request.actor()});
  if (!entries.ok()) return entries.status();
  v1::ReadAuditResponse response;
  for (const store::AuditEntry& entry : *entries) {
    *response.add_entries() = RecordOf(entry);
  }
  return response;
}

absl::Status StateKeeper::Audit(const Caller& caller, Deed deed) {
  store::AuditEntry entry = AuditOf(caller, deed.method);
  entry.subject = std::move(deed.subject);
  entry.detail = std::move(deed.detail);
  return store_.AppendAudit(entry);
}

absl::Time StateKeeper::ExpireDue() {
  const absl::StatusOr<absl::Time> next =
      store_.ExpireLeases(lease_clock_(), clock_());
  if (next.ok()) return *next;
  Log(LogLevel::kWarning,
      absl::StrCat("backends whose TTL ran out: ", next.status().message()));
  return lease_clock_() + kRetry;
}

void StateKeeper::RunUpkeep() {
  absl::Time deadline;
  do {
    absl::Time next = ExpireDue();
    if (replica_.is_lost()) {
      absl::MutexLock lock(&changes_mutex_);
      if (!LoadFile(file_, {}).ok()) {
        next = std::min(next, lease_clock_() + kRetry);
      }
    }
    deadline = SteadyNow() + (next - lease_clock_());
  } while (AwaitUpkeep(deadline));
}

bool StateKeeper::AwaitUpkeep(absl::Time deadline) {
  std::unique_lock<std::mutex> lock(upkeep_mutex_);
  while (!stopped_ && !look_again_ && SteadyNow() < deadline) {
    const absl::Time wanted = std::min(deadline, SteadyNow() + kLongestNap);
    upkeep_wake_.wait_for(lock,
                          absl::ToChronoNanoseconds(wanted - SteadyNow()));
    const absl::Duration late = SteadyNow() - wanted;
    if (late <= kStandstill) continue;
    Log(LogLevel::kWarning,
        absl::StrCat("the process stood still for ",
                     absl::FormatDuration(absl::Trunc(late, absl::Seconds(1))),
                     ": every TTL begins anew"));
    store_.RenewLeases(lease_clock_());
    break;
  }
  look_again_ = false;
  return !stopped_;
}

void StateKeeper::WakeUpkeep() {
  std::lock_guard<std::mutex> lock(upkeep_mutex_);
  look_again_ = true;
  upkeep_wake_.notify_one();
}

void StateKeeper::Stop() {
  replica_.Stop();
  std::lock_guard<std::mutex> lock(upkeep_mutex_);
  stopped_ = true;
  upkeep_wake_.notify_one();
}

}  // namespace pinnace::service
