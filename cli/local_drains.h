// Backends of a file that an operator drains on this gateway alone, where there
// is no registry to tell. A drain lasts until it is resumed, or a reload has
// the backend no longer, or at another address; a reload by itself ends none,
// as none does in the registry. One thread.
#ifndef PINNACE_CLI_LOCAL_DRAINS_H_
#define PINNACE_CLI_LOCAL_DRAINS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "protos/pinnace/v1/snapshot.pb.h"

namespace pinnace::cli {

class LocalDrains {
 public:
  // As the file has it; forgets drains that are over by it.
  void Load(const v1::Snapshot& snapshot);
  // NOT_FOUND, or FAILED_PRECONDITION for one that is so already.
  absl::Status Drain(const std::string& id);
  absl::Status Resume(const std::string& id);
  // What the file has, and what is drained besides.
  v1::Snapshot Snapshot() const;

 private:
  const v1::Backend* Find(const std::string& id) const;

  v1::Snapshot of_file_;
  std::map<std::string, std::string> drained_;  // id to address
};

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_LOCAL_DRAINS_H_
