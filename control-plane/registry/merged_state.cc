#include "control-plane/registry/merged_state.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace pinnace::registry {
namespace {

constexpr char kFarmPrefix[] = "farm/";
constexpr char kBackendPrefix[] = "backend/";

void PutFileFarm(const v1::Farm& farm, uint64_t version, DesiredState& state) {
  state.PutFarm({.farm = farm, .source = v1::SOURCE_FILE, .version = version});
  for (const v1::Backend& backend : farm.backends()) {
    state.PutBackend({.farm = farm.name(),
                      .backend = backend,
                      .source = v1::SOURCE_FILE,
                      .version = version});
  }
}

absl::Status PutStoredFarm(const store::Record& record, DesiredState& state) {
  v1::FarmRecord stored;
  if (!stored.ParseFromString(record.value)) {
    return absl::DataLossError(
        absl::StrCat("store: ", record.key, " cannot be read"));
  }
  const FarmEntry* known = state.FindFarm(stored.farm().name());
  if (known != nullptr) {
    // The file's settings stand; the record waits until the file lets go.
    return absl::OkStatus();
  }
  state.PutFarm({.farm = stored.farm(),
                 .version = record.version,
                 .stored_version = record.version});
  return absl::OkStatus();
}

// The mark that an operator's drain or resume of a file's backend leaves.
void PutStoredState(const v1::BackendRecord& stored, uint64_t version,
                    DesiredState& state) {
  const BackendEntry* known = state.FindBackend(stored.backend().id());
  if (known == nullptr || known->source != v1::SOURCE_FILE) return;
  BackendEntry entry = *known;
  entry.backend.set_state(stored.backend().state());
  entry.version = version;
  entry.stored_version = version;
  state.PutBackend(std::move(entry));
}

absl::Status PutStoredBackend(const store::Record& record, absl::Time now,
                              DesiredState& state) {
  v1::BackendRecord stored;
  if (!stored.ParseFromString(record.value)) {
    return absl::DataLossError(
        absl::StrCat("store: ", record.key, " cannot be read"));
  }
  if (stored.source() == v1::SOURCE_FILE) {
    PutStoredState(stored, record.version, state);
    return absl::OkStatus();
  }
  const v1::Backend& backend = stored.backend();
  const BackendEntry* known = state.FindBackend(backend.id());
  if (known != nullptr) {
    if (known->farm == stored.farm() &&
        known->backend.address() == backend.address()) {
      BackendEntry entry = *known;
      entry.stored_version = record.version;
      state.PutBackend(std::move(entry));
      return absl::OkStatus();
    }
    return absl::AlreadyExistsError(
        absl::StrCat("farms: backend \"", backend.id(), "\" is ",
                     known->backend.address(), " in farm \"", known->farm,
                     "\" by the configuration file, but registered as ",
                     backend.address(), " in farm \"", stored.farm(),
                     "\"; change the file or deregister the backend"));
  }
  if (auto ports = PortRange::Parse(backend.public_ports())) {
    const PortSlices::Slice* other =
        state.slices().FindOverlap(*ports, backend.id());
    if (other != nullptr) {
      return absl::AlreadyExistsError(absl::StrCat(
          "farms: public_ports ", other->ports.ToString(), " of backend \"",
          other->owner, "\" in the configuration file overlap ",
          ports->ToString(), " of the registered backend \"", backend.id(),
          "\"; change the file or deregister the backend"));
    }
  }
  if (state.FindFarm(stored.farm()) == nullptr) {
    // It was the file's, and the file has let it go.
    v1::Farm farm;
    farm.set_name(stored.farm());
    state.PutFarm({.farm = std::move(farm), .version = record.version});
  }
  const absl::Duration ttl = absl::Seconds(stored.ttl().seconds()) +
                             absl::Nanoseconds(stored.ttl().nanos());
  state.PutBackend({.farm = stored.farm(),
                    .backend = backend,
                    .ttl = ttl,
                    .expires = ttl > absl::ZeroDuration()
                                   ? now + ttl
                                   : absl::InfiniteFuture(),
                    .version = record.version,
                    .stored_version = record.version});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DesiredState> MergedState(const MergeInput& input,
                                         absl::Time now) {
  DesiredState state(input.pool);
  for (const v1::Farm& farm : input.file_farms) {
    PutFileFarm(farm, input.file_version, state);
  }
  // Farms first: a backend needs its farm.
  for (const store::Record& record : input.stored.records) {
    if (!absl::StartsWith(record.key, kFarmPrefix)) continue;
    absl::Status status = PutStoredFarm(record, state);
    if (!status.ok()) return status;
  }
  for (const store::Record& record : input.stored.records) {
    if (!absl::StartsWith(record.key, kBackendPrefix)) continue;
    absl::Status status = PutStoredBackend(record, now, state);
    if (!status.ok()) return status;
  }
  state.AdvanceVersion(input.stored.version);
  return state;
}

std::string FarmKey(absl::string_view name) {
  return absl::StrCat(kFarmPrefix, name);
}

std::string BackendKey(absl::string_view id) {
  return absl::StrCat(kBackendPrefix, id);
}

std::string FarmValue(const FarmEntry& entry) {
  v1::FarmRecord record;
  *record.mutable_farm() = entry.farm;
  return record.SerializeAsString();
}

std::string BackendValue(const BackendEntry& entry) {
  v1::BackendRecord record;
  record.set_source(entry.source);
  if (entry.source == v1::SOURCE_FILE) {
    record.mutable_backend()->set_id(entry.backend.id());
    record.mutable_backend()->set_state(entry.backend.state());
    return record.SerializeAsString();
  }
  record.set_farm(entry.farm);
  *record.mutable_backend() = entry.backend;
  if (entry.ttl > absl::ZeroDuration()) {
    record.mutable_ttl()->set_seconds(absl::ToInt64Seconds(entry.ttl));
    record.mutable_ttl()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(entry.ttl % absl::Seconds(1))));
  }
  return record.SerializeAsString();
}

}  // namespace pinnace::registry
