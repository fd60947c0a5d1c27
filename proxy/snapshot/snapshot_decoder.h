// pinnace.v1 farms, routes and policies to the values the gateway works with,
// once farm_check, route_check and policy_check have let them through. Pure.
// Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_SNAPSHOT_DECODER_H_
#define PINNACE_PROXY_SNAPSHOT_SNAPSHOT_DECODER_H_

#include "absl/status/statusor.h"
#include "protos/pinnace/v1/snapshot.pb.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::snapshot {

// INVALID_ARGUMENT names the field.
absl::StatusOr<Snapshot> DecodeSnapshot(const v1::Snapshot& message);

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_SNAPSHOT_DECODER_H_
