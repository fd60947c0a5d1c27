#include "proxy/control/snapshot_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "proxy/snapshot/snapshot_decoder.h"

namespace pinnace::control {
namespace {

absl::Status WriteAndSync(const std::string& path, const std::string& bytes) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) return absl::ErrnoToStatus(errno, path);
  absl::Status status;
  size_t written = 0;
  while (status.ok() && written < bytes.size()) {
    const ssize_t n =
        write(file, bytes.data() + written, bytes.size() - written);
    if (n >= 0) {
      written += n;
    } else if (errno != EINTR) {
      status = absl::ErrnoToStatus(errno, path);
    }
  }
  if (status.ok() && fsync(file) != 0) {
    status = absl::ErrnoToStatus(errno, path);
  }
  close(file);
  return status;
}

}  // namespace

absl::Status WriteSnapshotFile(const std::string& path,
                               const v1::Snapshot& snapshot) {
  const std::string next = path + ".next";
  absl::Status status = WriteAndSync(next, snapshot.SerializeAsString());
  if (!status.ok()) return status;
  if (rename(next.c_str(), path.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, path);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Snapshot> ReadSnapshotFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::ostringstream bytes;
  bytes << in.rdbuf();
  v1::Snapshot snapshot;
  if (!snapshot.ParseFromString(bytes.str())) {
    return absl::DataLossError(absl::StrCat(path, ": is not a snapshot"));
  }
  const absl::Status status = snapshot::DecodeSnapshot(snapshot).status();
  if (!status.ok()) {
    return absl::DataLossError(absl::StrCat(path, ": ", status.message()));
  }
  return snapshot;
}

}  // namespace pinnace::control
