// What every check of a message is made of: a field, and what is wrong with it.
// Pure. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_FIELD_CHECK_H_
#define PINNACE_PROXY_SNAPSHOT_FIELD_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace pinnace::snapshot {

inline constexpr size_t kMaxNameBytes = 128;
inline constexpr size_t kMaxPathBytes = 4096;

// "farms[0].backends[1].weight" and "must be 1 to 1000, not 0".
struct FieldProblem {
  std::string field;
  std::string problem;
};
using FieldProblems = std::vector<FieldProblem>;

// OK, or INVALID_ARGUMENT that names the first field.
absl::Status StatusOf(const FieldProblems& problems);

// Of a farm, a backend, a route: how it is spelt.
void CheckName(absl::string_view name, const std::string& path,
               FieldProblems& problems);

// "farms[0].name"; a path of "" adds nothing.
std::string FieldPath(const std::string& path, absl::string_view field);
// For a complaint: printable, and cut.
std::string Quoted(absl::string_view text);

// Complaints about the fields of one message.
class FieldCheck {
 public:
  FieldCheck(const std::string& path, FieldProblems& problems)
      : path_(path), problems_(problems) {}

  void Complain(absl::string_view field, std::string problem) const;
  // Of a field that is set.
  void Duration(absl::string_view field,
                const google::protobuf::Duration& duration,
                absl::Duration least, absl::Duration most) const;
  void Number(absl::string_view field, uint32_t value, uint32_t least,
              uint32_t most) const;
  // A newer control plane's value is not known here.
  void Enum(absl::string_view field, int value, bool (*is_valid)(int)) const;

 private:
  const std::string& path_;
  FieldProblems& problems_;
};

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_FIELD_CHECK_H_
