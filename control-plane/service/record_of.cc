#include "control-plane/service/record_of.h"

namespace pinnace::service {
namespace {

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  google::protobuf::Timestamp message;
  message.set_seconds(absl::ToUnixSeconds(time));
  message.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(
      time - absl::FromUnixSeconds(message.seconds()))));
  return message;
}

google::protobuf::Duration DurationOf(absl::Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(absl::ToInt64Seconds(duration));
  message.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
  return message;
}

}  // namespace

v1::BackendRecord RecordOf(const registry::BackendEntry& entry) {
  v1::BackendRecord record;
  record.set_farm(entry.farm);
  *record.mutable_backend() = entry.backend;
  record.set_source(entry.source);
  record.set_version(entry.version);
  record.set_owner(entry.owner);
  if (entry.ttl > absl::ZeroDuration()) {
    *record.mutable_ttl() = DurationOf(entry.ttl);
    *record.mutable_expires() = TimestampOf(entry.expires);
  }
  return record;
}

v1::FarmRecord RecordOf(const registry::FarmEntry& entry) {
  v1::FarmRecord record;
  *record.mutable_farm() = entry.farm;
  record.set_source(entry.source);
  record.set_version(entry.version);
  record.set_backends(entry.backends);
  return record;
}

v1::RouteRecord RecordOf(const registry::RouteEntry& entry) {
  v1::RouteRecord record;
  *record.mutable_route() = entry.route;
  record.set_source(entry.source);
  record.set_version(entry.version);
  return record;
}

v1::AuditEntry RecordOf(const store::AuditEntry& entry) {
  v1::AuditEntry record;
  record.set_id(entry.id);
  *record.mutable_time() = TimestampOf(entry.time);
  record.set_actor(entry.actor);
  record.set_address(entry.address);
  record.set_method(entry.method);
  record.set_subject(entry.subject);
  record.set_detail(entry.detail);
  record.set_version(entry.version);
  return record;
}

}  // namespace pinnace::service
