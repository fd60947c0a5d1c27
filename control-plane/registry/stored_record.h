// The keys and values that farms, backends and routes have in the store. Pure.
// Any thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_STORED_RECORD_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_STORED_RECORD_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "control-plane/registry/desired_state.h"

namespace pinnace::registry {

// What the file said last, so that another file is another version.
inline constexpr char kFileKey[] = "file-farms";

enum class RecordKind : uint8_t { kFarm, kBackend, kRoute, kOther };

std::string FarmKey(absl::string_view name);
std::string BackendKey(absl::string_view id);
std::string RouteKey(absl::string_view name);
// The kind, and the name or id.
std::pair<RecordKind, absl::string_view> ParseKey(absl::string_view key);

std::string FarmValue(const v1::Farm& farm);
// Of a backend of the file: only the state that an operator gave it.
std::string BackendValue(const BackendEntry& entry);
std::string RouteValue(const v1::Route& route);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_STORED_RECORD_H_
