// The last good snapshot on disk, for a start without a control plane. Blocks
// on the disk. Any thread.
#ifndef PINNACE_PROXY_CONTROL_SNAPSHOT_FILE_H_
#define PINNACE_PROXY_CONTROL_SNAPSHOT_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "protos/pinnace/v1/snapshot.pb.h"

namespace pinnace::control {

// Whole or not at all: written beside `path`, synced, then renamed.
absl::Status WriteSnapshotFile(const std::string& path,
                               const v1::Snapshot& snapshot);
// NOT_FOUND when there is none; DATA_LOSS for one that this program cannot
// decode. Errors name the path.
absl::StatusOr<v1::Snapshot> ReadSnapshotFile(const std::string& path);

}  // namespace pinnace::control

#endif  // PINNACE_PROXY_CONTROL_SNAPSHOT_FILE_H_
