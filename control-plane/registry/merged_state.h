// The state at start-up or after a reload: the file's farms with what the store
// holds. The file wins where both say the same backend at the same address;
// anything else that both claim is an error that names both. Pure. One thread.
#ifndef PINNACE_CONTROL_PLANE_REGISTRY_MERGED_STATE_H_
#define PINNACE_CONTROL_PLANE_REGISTRY_MERGED_STATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/store/store.h"

namespace pinnace::registry {

struct MergeInput {
  std::vector<v1::Farm> file_farms;  // checked by CheckFarms()
  uint64_t file_version = 0;         // of everything from the file
  store::Contents stored;
  std::vector<PortRange> pool;
};

// A stored backend with a TTL gets a whole one from `now` on.
absl::StatusOr<DesiredState> MergedState(const MergeInput& input,
                                         absl::Time now);

// The keys and values of the store.
std::string FarmKey(absl::string_view name);
std::string BackendKey(absl::string_view id);
std::string FarmValue(const FarmEntry& entry);
std::string BackendValue(const BackendEntry& entry);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_MERGED_STATE_H_
