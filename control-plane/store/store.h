// Where the desired state outlives the process: records by key, each with the
// version of the store at which it was last written. Every implementation
// passes the same tests.
#ifndef PINNACE_CONTROL_PLANE_STORE_STORE_H_
#define PINNACE_CONTROL_PLANE_STORE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pinnace::store {

struct Record {
  std::string key;
  std::string value;
  uint64_t version = 0;
};

struct Contents {
  uint64_t version = 0;         // of the last write, a deletion too
  std::vector<Record> records;  // by key
};

// Any thread. A write that returned a version outlives a crash of the machine.
class Store {
 public:
  virtual ~Store() = default;

  virtual absl::StatusOr<Contents> ReadAll() = 0;
  // The new version; ABORTED unless the record is at `expected_version` now (0:
  // there is none). UNAVAILABLE when the store fails: nothing was written.
  virtual absl::StatusOr<uint64_t> CompareAndPut(absl::string_view key,
                                                 absl::string_view value,
                                                 uint64_t expected_version) = 0;
  virtual absl::StatusOr<uint64_t> CompareAndDelete(
      absl::string_view key, uint64_t expected_version) = 0;
};

}  // namespace pinnace::store

#endif  // PINNACE_CONTROL_PLANE_STORE_STORE_H_
