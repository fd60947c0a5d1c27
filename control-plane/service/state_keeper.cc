#include "control-plane/service/state_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/change_check.h"
#include "control-plane/registry/merged_state.h"
#include "google/protobuf/util/message_differencer.h"

namespace pinnace::service {
namespace {

using registry::BackendEntry;
using registry::FarmEntry;

// What the file said last, so that another file is another version.
constexpr char kFileKey[] = "file-farms";

google::protobuf::Duration DurationMessage(absl::Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(absl::ToInt64Seconds(duration));
  message.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
  return message;
}

v1::BackendRecord RecordOf(const BackendEntry& entry) {
  v1::BackendRecord record;
  record.set_farm(entry.farm);
  *record.mutable_backend() = entry.backend;
  record.set_source(entry.source);
  record.set_version(entry.version);
  if (entry.ttl > absl::ZeroDuration()) {
    *record.mutable_ttl() = DurationMessage(entry.ttl);
    record.mutable_expires()->set_seconds(absl::ToUnixSeconds(entry.expires));
  }
  return record;
}

v1::FarmRecord RecordOf(const FarmEntry& entry) {
  v1::FarmRecord record;
  *record.mutable_farm() = entry.farm;
  record.set_source(entry.source);
  record.set_version(entry.version);
  record.set_backends(entry.backends);
  return record;
}

bool SameRegistration(const BackendEntry& a, const BackendEntry& b) {
  return a.farm == b.farm && a.ttl == b.ttl &&
         google::protobuf::util::MessageDifferencer::Equals(a.backend,
                                                            b.backend);
}

}  // namespace

StateKeeper::StateKeeper(Options options)
    : store_(*options.store),
      pool_(std::move(options.pool)),
      clock_(std::move(options.clock)) {}

absl::StatusOr<std::unique_ptr<StateKeeper>> StateKeeper::Load(
    Options options) {
  std::vector<v1::Farm> file_farms = std::move(options.file_farms);
  std::unique_ptr<StateKeeper> keeper(new StateKeeper(std::move(options)));
  absl::Status status = keeper->ReloadFileFarms(std::move(file_farms));
  if (!status.ok()) return status;
  return keeper;
}

absl::StatusOr<registry::DesiredState> StateKeeper::Merge(
    const std::vector<v1::Farm>& file_farms) {
  absl::StatusOr<store::Contents> stored = store_.ReadAll();
  if (!stored.ok()) return stored.status();
  v1::Snapshot file;
  for (const v1::Farm& farm : file_farms) *file.add_farms() = farm;
  const std::string value = file.SerializeAsString();
  auto former = std::find_if(
      stored->records.begin(), stored->records.end(),
      [](const store::Record& record) { return record.key == kFileKey; });
  const bool first = former == stored->records.end();
  registry::MergeInput input = {.file_farms = file_farms, .pool = pool_};
  input.file_version = first ? stored->version + 1 : former->version;
  const uint64_t former_version = first ? 0 : former->version;
  const bool same = first ? file_farms.empty() : former->value == value;
  input.stored = *std::move(stored);
  absl::StatusOr<registry::DesiredState> state =
      registry::MergedState(input, clock_());
  // Written only when the two agree.
  if (!state.ok() || same) return state;
  absl::StatusOr<uint64_t> version =
      store_.CompareAndPut(kFileKey, value, former_version);
  if (!version.ok()) return version.status();
  input.file_version = *version;
  input.stored.version = *version;
  return registry::MergedState(input, clock_());
}

absl::Status StateKeeper::ReloadFileFarms(std::vector<v1::Farm> farms) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<registry::DesiredState> state = Merge(farms);
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  snapshot_ = nullptr;
  look_again_ = true;
  return absl::OkStatus();
}

SnapshotMessage StateKeeper::SnapshotNow() const {
  if (snapshot_ == nullptr || snapshot_->version() != state_.version()) {
    snapshot_ = std::make_shared<const v1::Snapshot>(state_.ToSnapshot());
  }
  return snapshot_;
}

absl::Status StateKeeper::PutFarm(FarmEntry entry) {
  absl::StatusOr<uint64_t> version =
      store_.CompareAndPut(registry::FarmKey(entry.farm.name()),
                           registry::FarmValue(entry), entry.stored_version);
  if (!version.ok()) return version.status();
  entry.version = *version;
  entry.stored_version = *version;
  state_.PutFarm(std::move(entry));
  return absl::OkStatus();
}

absl::Status StateKeeper::PutBackend(BackendEntry entry) {
  absl::StatusOr<uint64_t> version =
      store_.CompareAndPut(registry::BackendKey(entry.backend.id()),
                           registry::BackendValue(entry), entry.stored_version);
  if (!version.ok()) return version.status();
  entry.version = *version;
  entry.stored_version = *version;
  state_.PutBackend(std::move(entry));
  look_again_ = true;
  return absl::OkStatus();
}

absl::Status StateKeeper::RemoveBackend(const std::string& id) {
  absl::StatusOr<uint64_t> version = store_.CompareAndDelete(
      registry::BackendKey(id), state_.FindBackend(id)->stored_version);
  if (!version.ok()) return version.status();
  state_.RemoveBackend(id, *version);
  return absl::OkStatus();
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Register(
    const v1::RegisterBackendRequest& request) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = registry::CheckRegisterBackend(state_, request);
  if (!status.ok()) return status;
  const std::string& id = request.backend().id();
  const BackendEntry* known = state_.FindBackend(id);
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    return RecordOf(*known);
  }
  BackendEntry entry;
  entry.farm = request.farm();
  entry.backend = request.backend();
  // An operator's drain outlives the backend's next registration.
  entry.backend.set_state(known != nullptr ? known->backend.state()
                                           : v1::Backend::STATE_UP);
  entry.ttl = absl::Seconds(request.ttl().seconds()) +
              absl::Nanoseconds(request.ttl().nanos());
  if (entry.ttl > absl::ZeroDuration()) entry.expires = clock_() + entry.ttl;
  if (known != nullptr && SameRegistration(*known, entry)) {
    state_.Renew(id, clock_());
    return RecordOf(*known);
  }
  if (known != nullptr) entry.stored_version = known->stored_version;
  if (state_.FindFarm(entry.farm) == nullptr) {
    FarmEntry farm;
    farm.farm.set_name(entry.farm);
    status = PutFarm(std::move(farm));
  }
  if (status.ok()) status = PutBackend(std::move(entry));
  if (!status.ok()) return status;
  return RecordOf(*state_.FindBackend(id));
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Heartbeat(
    const v1::HeartbeatRequest& request) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = registry::CheckBackendChange(state_, request.id(), 0);
  if (!status.ok()) return status;
  state_.Renew(request.id(), clock_());
  return RecordOf(*state_.FindBackend(request.id()));
}

absl::StatusOr<v1::BackendRecord> StateKeeper::SetState(
    absl::string_view id, uint64_t expected_version, v1::Backend::State state) {
  absl::MutexLock lock(&mutex_);
  absl::Status status =
      registry::CheckBackendChange(state_, id, expected_version);
  if (!status.ok()) return status;
  BackendEntry entry = *state_.FindBackend(id);
  const bool drained = entry.backend.state() == v1::Backend::STATE_DRAINING;
  if (drained != (state == v1::Backend::STATE_DRAINING)) {
    entry.backend.set_state(state);
    status = PutBackend(std::move(entry));
    if (!status.ok()) return status;
  }
  return RecordOf(*state_.FindBackend(id));
}

absl::Status StateKeeper::Deregister(
    const v1::DeregisterBackendRequest& request) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = registry::CheckDeregisterBackend(state_, request);
  if (status.ok()) status = RemoveBackend(request.id());
  return status;
}

absl::StatusOr<v1::BackendRecord> StateKeeper::Get(absl::string_view id) const {
  absl::MutexLock lock(&mutex_);
  absl::Status status = registry::CheckBackendChange(state_, id, 0);
  if (!status.ok()) return status;
  return RecordOf(*state_.FindBackend(id));
}

std::vector<v1::BackendRecord> StateKeeper::List() const {
  std::vector<v1::BackendRecord> records;
  {
    absl::MutexLock lock(&mutex_);
    records.reserve(state_.backends().size());
    for (const auto& [id, entry] : state_.backends()) {
      records.push_back(RecordOf(entry));
    }
  }
  // By farm, then by id, which they are sorted by already.
  std::stable_sort(
      records.begin(), records.end(),
      [](const auto& a, const auto& b) { return a.farm() < b.farm(); });
  return records;
}

absl::StatusOr<v1::FarmRecord> StateKeeper::SetFarm(
    const v1::SetFarmRequest& request) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = registry::CheckSetFarm(state_, request);
  if (!status.ok()) return status;
  const std::string& name = request.farm().name();
  FarmEntry entry;
  if (const FarmEntry* known = state_.FindFarm(name)) entry = *known;
  entry.farm = request.farm();
  status = PutFarm(std::move(entry));
  if (!status.ok()) return status;
  return RecordOf(*state_.FindFarm(name));
}

absl::Status StateKeeper::DeleteFarm(const v1::DeleteFarmRequest& request) {
  absl::MutexLock lock(&mutex_);
  absl::Status status = registry::CheckDeleteFarm(state_, request);
  if (!status.ok()) return status;
  absl::StatusOr<uint64_t> version =
      store_.CompareAndDelete(registry::FarmKey(request.name()),
                              state_.FindFarm(request.name())->stored_version);
  if (!version.ok()) return version.status();
  state_.RemoveFarm(request.name(), *version);
  return absl::OkStatus();
}

std::vector<v1::FarmRecord> StateKeeper::ListFarms() const {
  absl::MutexLock lock(&mutex_);
  std::vector<v1::FarmRecord> records;
  for (const auto& [name, entry] : state_.farms()) {
    records.push_back(RecordOf(entry));
  }
  return records;
}

SnapshotMessage StateKeeper::snapshot() const {
  absl::MutexLock lock(&mutex_);
  return SnapshotNow();
}

SnapshotMessage StateKeeper::AwaitSnapshot(uint64_t seen) const {
  absl::MutexLock lock(&mutex_);
  const auto changed = [this, seen]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopped_ || state_.version() != seen;
  };
  mutex_.Await(absl::Condition(&changed));
  return stopped_ ? nullptr : SnapshotNow();
}

absl::Time StateKeeper::ExpireDue() {
  // Tried again when the store fails.
  constexpr absl::Duration kRetry = absl::Seconds(1);
  absl::MutexLock lock(&mutex_);
  bool failed = false;
  for (const std::string& id : state_.Expired(clock_())) {
    const absl::Status removed = RemoveBackend(id);
    failed = failed || !removed.ok();
  }
  return failed ? clock_() + kRetry : state_.NextExpiry();
}

void StateKeeper::RunExpiry() {
  while (true) {
    const absl::Time next = ExpireDue();
    absl::MutexLock lock(&mutex_);
    const auto due = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return stopped_ || look_again_;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&due), next - clock_());
    if (stopped_) return;
    look_again_ = false;
  }
}

void StateKeeper::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
}

}  // namespace pinnace::service
