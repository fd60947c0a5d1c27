#include "control-plane/registry/merged_state.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/stored_record.h"
#include "google/protobuf/util/message_differencer.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/farm_check.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::registry {
namespace {

using google::protobuf::util::MessageDifferencer;

// A farm comes before what is in it, and goes after it.
constexpr RecordKind kOrder[] = {RecordKind::kFarm, RecordKind::kBackend,
                                 RecordKind::kMark, RecordKind::kRoute,
                                 RecordKind::kPolicy};

absl::Status Unreadable(absl::string_view key) {
  return absl::DataLossError(absl::StrCat("store: ", key, " cannot be read"));
}

// For what leads to it, or is in it: the file has let it go, or nobody has made
// it yet. It goes with the last of that.
void NeedFarm(const std::string& name, uint64_t version, DesiredState& state) {
  if (state.FindFarm(name) != nullptr) return;
  v1::Farm farm;
  farm.set_name(name);
  state.PutFarm({.farm = std::move(farm), .version = version});
}

void PutFileFarm(const v1::Farm& farm, uint64_t version, DesiredState& state) {
  state.PutFarm({.farm = farm, .source = v1::SOURCE_FILE, .version = version});
  for (const v1::Backend& backend : farm.backends()) {
    state.PutBackend({.farm = farm.name(),
                      .backend = backend,
                      .source = v1::SOURCE_FILE,
                      .version = version});
  }
}

absl::Status PutFarm(const store::Record& record, DesiredState& state) {
  v1::FarmRecord stored;
  if (!stored.ParseFromString(record.value)) return Unreadable(record.key);
  const FarmEntry* known = state.FindFarm(stored.farm().name());
  FarmEntry entry = {.farm = stored.farm(),
                     .version = record.version,
                     .stored_version = record.version};
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    entry.farm = known->farm;
    entry.source = known->source;
    entry.version = known->version;
  }
  state.PutFarm(std::move(entry));
  return absl::OkStatus();
}

// Without effect while the file does not have the backend.
absl::Status PutMark(const store::Record& record, DesiredState& state) {
  v1::BackendRecord stored;
  if (!stored.ParseFromString(record.value)) return Unreadable(record.key);
  const BackendEntry* known = state.FindBackend(stored.backend().id());
  if (known == nullptr || known->source != v1::SOURCE_FILE) {
    return absl::OkStatus();
  }
  BackendEntry entry = *known;
  entry.backend.set_state(stored.backend().state());
  entry.version = record.version;
  entry.mark_version = record.version;
  state.PutBackend(std::move(entry));
  return absl::OkStatus();
}

absl::Status PutBesideFile(const v1::BackendRecord& stored, uint64_t version,
                           const BackendEntry& known, DesiredState& state) {
  const v1::Backend& backend = stored.backend();
  if (known.farm == stored.farm() &&
      known.backend.address() == backend.address()) {
    BackendEntry entry = known;
    entry.stored_version = version;
    state.PutBackend(std::move(entry));
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(
      absl::StrCat("farms: backend \"", backend.id(), "\" is ",
                   known.backend.address(), " in farm \"", known.farm,
                   "\" by the configuration file, but registered as ",
                   backend.address(), " in farm \"", stored.farm(),
                   "\"; change the file or deregister the backend"));
}

absl::Status CheckSlice(const v1::Backend& backend, const DesiredState& state) {
  const auto ports = PortRange::Parse(backend.public_ports());
  if (!ports.has_value()) return absl::OkStatus();
  const PortSlices::Slice* other =
      state.slices().FindOverlap(*ports, backend.id());
  if (other == nullptr) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      "farms: public_ports ", other->ports.ToString(), " of backend \"",
      other->owner, "\" in the configuration file overlap ", ports->ToString(),
      " of the registered backend \"", backend.id(),
      "\"; change the file or deregister the backend"));
}

absl::Status PutBackend(const store::Record& record, absl::Time now,
                        DesiredState& state) {
  v1::BackendRecord stored;
  if (!stored.ParseFromString(record.value)) return Unreadable(record.key);
  // A mark of an older program, which is moved before all is read.
  if (stored.source() == v1::SOURCE_FILE) return absl::OkStatus();
  const BackendEntry* known = state.FindBackend(stored.backend().id());
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    return PutBesideFile(stored, record.version, *known, state);
  }
  absl::Status status = CheckSlice(stored.backend(), state);
  if (!status.ok()) return status;
  NeedFarm(stored.farm(), record.version, state);
  const absl::Duration ttl = snapshot::DurationOf(stored.ttl());
  BackendEntry entry = {.farm = stored.farm(),
                        .backend = stored.backend(),
                        .owner = stored.owner(),
                        .ttl = ttl,
                        .lease = record.lease,
                        .version = record.version,
                        .stored_version = record.version};
  if (ttl > absl::ZeroDuration()) {
    const bool same_lease =
        known != nullptr && known->lease == record.lease && known->ttl == ttl;
    entry.expires = same_lease ? known->expires : now + ttl;
  }
  state.PutBackend(std::move(entry));
  return absl::OkStatus();
}

absl::Status PutRoute(const store::Record& record, DesiredState& state) {
  v1::RouteRecord stored;
  if (!stored.ParseFromString(record.value)) return Unreadable(record.key);
  const v1::Route& route = stored.route();
  const RouteEntry* known = state.FindRoute(route.name());
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    if (!MessageDifferencer::Equals(known->route, route)) {
      return absl::AlreadyExistsError(absl::StrCat(
          "routes: route \"", route.name(), "\" leads to farm \"",
          known->route.farm(),
          "\" by the configuration file, but is registered with other values, "
          "for farm \"",
          route.farm(), "\"; change the file or delete the route"));
    }
    RouteEntry entry = *known;
    entry.stored_version = record.version;
    state.PutRoute(std::move(entry));
    return absl::OkStatus();
  }
  NeedFarm(route.farm(), record.version, state);
  state.PutRoute({.route = route,
                  .version = record.version,
                  .stored_version = record.version});
  return absl::OkStatus();
}

// A policy may be for no farm.
void NeedPolicysFarm(const v1::Policy& policy, uint64_t version,
                     DesiredState& state) {
  if (!policy.farm().empty()) NeedFarm(policy.farm(), version, state);
}

absl::Status PutPolicy(const store::Record& record, DesiredState& state) {
  v1::PolicyRecord stored;
  if (!stored.ParseFromString(record.value)) return Unreadable(record.key);
  const v1::Policy& policy = stored.policy();
  const PolicyEntry* known = state.FindPolicy(policy.name());
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    if (!MessageDifferencer::Equals(known->policy, policy)) {
      return absl::AlreadyExistsError(absl::StrCat(
          "policies: policy \"", policy.name(),
          "\" is set by the configuration file, but is registered with other "
          "values; change the file or delete the policy"));
    }
    PolicyEntry entry = *known;
    entry.stored_version = record.version;
    state.PutPolicy(std::move(entry));
    return absl::OkStatus();
  }
  NeedPolicysFarm(policy, record.version, state);
  state.PutPolicy({.policy = policy,
                   .version = record.version,
                   .stored_version = record.version});
  return absl::OkStatus();
}

absl::Status Put(RecordKind kind, const store::Record& record, absl::Time now,
                 DesiredState& state) {
  switch (kind) {
    case RecordKind::kFarm:
      return PutFarm(record, state);
    case RecordKind::kBackend:
      return PutBackend(record, now, state);
    case RecordKind::kMark:
      return PutMark(record, state);
    case RecordKind::kRoute:
      return PutRoute(record, state);
    case RecordKind::kPolicy:
      return PutPolicy(record, state);
    case RecordKind::kOther:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

// Of the record: what the file has by that name stays.
void Remove(RecordKind kind, absl::string_view name, uint64_t version,
            DesiredState& state) {
  switch (kind) {
    case RecordKind::kFarm:
      if (const FarmEntry* known = state.FindFarm(name)) {
        FarmEntry entry = *known;
        entry.stored_version = 0;
        const bool stays =
            entry.source == v1::SOURCE_FILE || !entry.holds_nothing();
        if (!stays) return state.RemoveFarm(name, version);
        state.PutFarm(std::move(entry));
      }
      return;
    case RecordKind::kBackend:
      if (const BackendEntry* known = state.FindBackend(name)) {
        if (known->source != v1::SOURCE_FILE) {
          return state.RemoveBackend(name, version);
        }
        BackendEntry entry = *known;
        entry.stored_version = 0;
        state.PutBackend(std::move(entry));
      }
      return;
    case RecordKind::kMark:
      if (const BackendEntry* known = state.FindBackend(name)) {
        BackendEntry entry = *known;
        entry.mark_version = 0;
        state.PutBackend(std::move(entry));
      }
      return;
    case RecordKind::kRoute:
      if (const RouteEntry* known = state.FindRoute(name)) {
        if (known->source != v1::SOURCE_FILE) {
          return state.RemoveRoute(name, version);
        }
        RouteEntry entry = *known;
        entry.stored_version = 0;
        state.PutRoute(std::move(entry));
      }
      return;
    case RecordKind::kPolicy:
      if (const PolicyEntry* known = state.FindPolicy(name)) {
        if (known->source != v1::SOURCE_FILE) {
          return state.RemovePolicy(name, version);
        }
        PolicyEntry entry = *known;
        entry.stored_version = 0;
        state.PutPolicy(std::move(entry));
      }
      return;
    case RecordKind::kOther:
      return;
  }
}

void PutFileRoutes(const MergeInput& input, DesiredState& state) {
  for (const v1::Route& route : input.file_routes) {
    NeedFarm(route.farm(), input.file_version, state);
    state.PutRoute({.route = route,
                    .source = v1::SOURCE_FILE,
                    .version = input.file_version});
  }
}

void PutFilePolicies(const MergeInput& input, DesiredState& state) {
  for (const v1::Policy& policy : input.file_policies) {
    NeedPolicysFarm(policy, input.file_version, state);
    state.PutPolicy({.policy = policy,
                     .source = v1::SOURCE_FILE,
                     .version = input.file_version});
  }
}

absl::Status CheckCounts(const DesiredState& state) {
  const struct {
    absl::string_view what;
    size_t count;
    size_t most;
  } kCounts[] = {
      {"backends", state.backends().size(), snapshot::kMaxBackends},
      {"farms", state.farms().size(), limits::kMaxFarms},
      {"routes", state.routes().size(), limits::kMaxRoutes},
      {"policies", state.policies().size(), limits::kMaxPolicies},
  };
  for (const auto& [what, count, most] : kCounts) {
    if (count <= most) continue;
    return absl::ResourceExhaustedError(
        absl::StrCat(what, ": the configuration file and the registry have ",
                     count, " together, more than ", most));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DesiredState> MergedState(const MergeInput& input,
                                         absl::Time now) {
  DesiredState state(input.pool);
  for (const v1::Farm& farm : input.file_farms) {
    PutFileFarm(farm, input.file_version, state);
  }
  for (RecordKind kind : kOrder) {
    if (kind == RecordKind::kRoute) {
      // Now that every other farm is known.
      PutFileRoutes(input, state);
      PutFilePolicies(input, state);
    }
    for (const store::Record& record : input.stored.records) {
      if (ParseKey(record.key).first != kind) continue;
      absl::Status status = Put(kind, record, now, state);
      if (!status.ok()) return status;
    }
  }
  absl::Status status = CheckCounts(state);
  if (!status.ok()) return status;
  state.AdvanceVersion(input.stored.version);
  return state;
}

absl::Status ApplyChanges(const store::ChangeSet& changes, absl::Time now,
                          DesiredState& state) {
  PINNACE_CHECK(changes.version > state.version());
  absl::Status first;
  for (RecordKind wanted : kOrder) {
    for (const store::Change& change : changes.changes) {
      if (!change.value.has_value()) continue;
      const RecordKind kind = ParseKey(change.key).first;
      if (kind != wanted) continue;
      first.Update(
          Put(kind, {change.key, *change.value, changes.version, change.lease},
              now, state));
    }
  }
  for (int i = std::size(kOrder) - 1; i >= 0; --i) {
    for (const store::Change& change : changes.changes) {
      if (change.value.has_value()) continue;
      const auto [kind, name] = ParseKey(change.key);
      if (kind == kOrder[i]) Remove(kind, name, changes.version, state);
    }
  }
  state.AdvanceVersion(changes.version);
  return first;
}

}  // namespace pinnace::registry
