// The keys and values that farms, backends, routes and policies have in the
// store. Pure. Any thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_STORED_RECORD_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_STORED_RECORD_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "control-plane/registry/desired_state.h"

namespace pinnace::registry {

// What the file said last, so that another file is another version.
inline constexpr char kFileKey[] = "file-farms";

enum class RecordKind : uint8_t {
  kFarm,
  kBackend,
  kMark,
  kRoute,
  kPolicy,
  kOther
};

std::string FarmKey(absl::string_view name);
std::string BackendKey(absl::string_view id);
// Of the mark that an operator's drain or resume of a file's backend leaves: it
// has a place of its own, as a registration may wait behind the file.
std::string MarkKey(absl::string_view id);
std::string RouteKey(absl::string_view name);
std::string PolicyKey(absl::string_view name);
// The kind, and the name or id.
std::pair<RecordKind, absl::string_view> ParseKey(absl::string_view key);

std::string FarmValue(const v1::Farm& farm);
std::string BackendValue(const BackendEntry& entry);
// The state that an operator gave a backend of the file.
std::string MarkValue(absl::string_view id, v1::Backend::State state);
std::string RouteValue(const v1::Route& route);
std::string PolicyValue(const v1::Policy& policy);

// What brings marks that an older program kept under BackendKey() to their own
// key: one commit of several, or none.
std::vector<store::Write> MoveOfOldMarks(const store::Contents& stored);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_STORED_RECORD_H_
