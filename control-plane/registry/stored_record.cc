#include "control-plane/registry/stored_record.h"

#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::registry {
namespace {

constexpr char kFarmPrefix[] = "farm/";
constexpr char kBackendPrefix[] = "backend/";
constexpr char kMarkPrefix[] = "mark/";
constexpr char kRoutePrefix[] = "route/";
constexpr char kPolicyPrefix[] = "policy/";

}  // namespace

std::string FarmKey(absl::string_view name) {
  return absl::StrCat(kFarmPrefix, name);
}

std::string BackendKey(absl::string_view id) {
  return absl::StrCat(kBackendPrefix, id);
}

std::string MarkKey(absl::string_view id) {
  return absl::StrCat(kMarkPrefix, id);
}

std::string RouteKey(absl::string_view name) {
  return absl::StrCat(kRoutePrefix, name);
}

std::string PolicyKey(absl::string_view name) {
  return absl::StrCat(kPolicyPrefix, name);
}

std::pair<RecordKind, absl::string_view> ParseKey(absl::string_view key) {
  if (absl::ConsumePrefix(&key, kFarmPrefix)) return {RecordKind::kFarm, key};
  if (absl::ConsumePrefix(&key, kBackendPrefix)) {
    return {RecordKind::kBackend, key};
  }
  if (absl::ConsumePrefix(&key, kMarkPrefix)) return {RecordKind::kMark, key};
  if (absl::ConsumePrefix(&key, kRoutePrefix)) return {RecordKind::kRoute, key};
  if (absl::ConsumePrefix(&key, kPolicyPrefix)) {
    return {RecordKind::kPolicy, key};
  }
  return {RecordKind::kOther, key};
}

std::string FarmValue(const v1::Farm& farm) {
  v1::FarmRecord record;
  *record.mutable_farm() = farm;
  record.mutable_farm()->clear_backends();
  return record.SerializeAsString();
}

std::string BackendValue(const BackendEntry& entry) {
  v1::BackendRecord record;
  record.set_source(v1::SOURCE_REGISTERED);
  record.set_farm(entry.farm);
  *record.mutable_backend() = entry.backend;
  record.set_owner(entry.owner);
  if (entry.ttl > absl::ZeroDuration()) {
    *record.mutable_ttl() = snapshot::DurationMessage(entry.ttl);
  }
  return record.SerializeAsString();
}

std::string MarkValue(absl::string_view id, v1::Backend::State state) {
  v1::BackendRecord record;
  record.set_source(v1::SOURCE_FILE);
  record.mutable_backend()->set_id(std::string(id));
  record.mutable_backend()->set_state(state);
  return record.SerializeAsString();
}

std::string RouteValue(const v1::Route& route) {
  v1::RouteRecord record;
  *record.mutable_route() = route;
  return record.SerializeAsString();
}

std::string PolicyValue(const v1::Policy& policy) {
  v1::PolicyRecord record;
  *record.mutable_policy() = policy;
  return record.SerializeAsString();
}

std::vector<store::Write> MoveOfOldMarks(const store::Contents& stored) {
  std::unordered_map<std::string, uint64_t> marks;  // to their versions
  for (const store::Record& record : stored.records) {
    const auto [kind, id] = ParseKey(record.key);
    if (kind == RecordKind::kMark) marks[std::string(id)] = record.version;
  }
  std::vector<store::Write> writes;
  for (const store::Record& record : stored.records) {
    if (writes.size() + 2 > limits::kMaxWritesPerCommit) break;
    const auto [kind, id] = ParseKey(record.key);
    v1::BackendRecord mark;
    if (kind != RecordKind::kBackend || !mark.ParseFromString(record.value) ||
        mark.source() != v1::SOURCE_FILE) {
      continue;
    }
    writes.push_back({.key = record.key, .expected_version = record.version});
    auto newer = marks.find(std::string(id));
    const uint64_t version = newer == marks.end() ? 0 : newer->second;
    if (version > record.version) continue;
    writes.push_back({.key = MarkKey(id),
                      .value = record.value,
                      .expected_version = version});
  }
  return writes;
}

}  // namespace pinnace::registry
