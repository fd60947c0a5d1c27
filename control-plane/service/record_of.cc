#include "control-plane/service/record_of.h"

#include "proxy/snapshot/proto_time.h"

namespace pinnace::service {

using snapshot::DurationMessage;
using snapshot::TimestampMessage;

v1::BackendRecord RecordOf(const registry::BackendEntry& entry) {
  v1::BackendRecord record;
  record.set_farm(entry.farm);
  *record.mutable_backend() = entry.backend;
  record.set_source(entry.source);
  record.set_version(entry.version);
  record.set_owner(entry.owner);
  if (entry.ttl > absl::ZeroDuration()) {
    *record.mutable_ttl() = DurationMessage(entry.ttl);
    *record.mutable_expires() = TimestampMessage(entry.expires);
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

v1::PolicyRecord RecordOf(const registry::PolicyEntry& entry) {
  v1::PolicyRecord record;
  *record.mutable_policy() = entry.policy;
  record.set_source(entry.source);
  record.set_version(entry.version);
  return record;
}

v1::AuditEntry RecordOf(const store::AuditEntry& entry) {
  v1::AuditEntry record;
  record.set_id(entry.id);
  *record.mutable_time() = TimestampMessage(entry.time);
  record.set_actor(entry.actor);
  record.set_address(entry.address);
  record.set_method(entry.method);
  record.set_subject(entry.subject);
  record.set_detail(entry.detail);
  record.set_version(entry.version);
  return record;
}

}  // namespace pinnace::service
