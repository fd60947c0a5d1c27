// Entries of the desired state as the messages that callers see. Any thread.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_RECORD_OF_H_
#define PINNACE_CONTROL_PLANE_SERVICE_RECORD_OF_H_

#include "control-plane/registry/desired_state.h"
#include "control-plane/store/store.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::service {

v1::BackendRecord RecordOf(const registry::BackendEntry& entry);
v1::FarmRecord RecordOf(const registry::FarmEntry& entry);
v1::RouteRecord RecordOf(const registry::RouteEntry& entry);
v1::PolicyRecord RecordOf(const registry::PolicyEntry& entry);
v1::AuditEntry RecordOf(const store::AuditEntry& entry);

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_RECORD_OF_H_
