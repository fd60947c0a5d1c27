#include "control-plane/registry/stored_record.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::registry {
namespace {

constexpr char kFarmPrefix[] = "farm/";
constexpr char kBackendPrefix[] = "backend/";
constexpr char kRoutePrefix[] = "route/";

}  // namespace

std::string FarmKey(absl::string_view name) {
  return absl::StrCat(kFarmPrefix, name);
}

std::string BackendKey(absl::string_view id) {
  return absl::StrCat(kBackendPrefix, id);
}

std::string RouteKey(absl::string_view name) {
  return absl::StrCat(kRoutePrefix, name);
}

std::pair<RecordKind, absl::string_view> ParseKey(absl::string_view key) {
  if (absl::ConsumePrefix(&key, kFarmPrefix)) return {RecordKind::kFarm, key};
  if (absl::ConsumePrefix(&key, kBackendPrefix)) {
    return {RecordKind::kBackend, key};
  }
  if (absl::ConsumePrefix(&key, kRoutePrefix)) return {RecordKind::kRoute, key};
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
  record.set_source(entry.source);
  if (entry.source == v1::SOURCE_FILE) {
    record.mutable_backend()->set_id(entry.backend.id());
    record.mutable_backend()->set_state(entry.backend.state());
    return record.SerializeAsString();
  }
  record.set_farm(entry.farm);
  *record.mutable_backend() = entry.backend;
  record.set_owner(entry.owner);
  if (entry.ttl > absl::ZeroDuration()) {
    *record.mutable_ttl() = snapshot::DurationMessage(entry.ttl);
  }
  return record.SerializeAsString();
}

std::string RouteValue(const v1::Route& route) {
  v1::RouteRecord record;
  *record.mutable_route() = route;
  return record.SerializeAsString();
}

}  // namespace pinnace::registry
