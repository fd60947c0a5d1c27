// The state that follows from the configuration file and the store: at start-up
// and after a reload as a whole, then commit by commit. Where both say the same
// backend at the same address, a farm of the same name or the very same route
// or policy, the file wins and the record waits until the file lets go;
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
  std::vector<v1::Farm> file_farms;       // checked by CheckFarms()
  std::vector<v1::Route> file_routes;     // checked by CheckRoutes()
  std::vector<v1::Policy> file_policies;  // checked by CheckPolicies()
  uint64_t file_version = 0;              // of everything from the file
  store::Contents stored;
  std::vector<PortRange> pool;
};

// A stored backend with a TTL shows a whole one from `now` on.
absl::StatusOr<DesiredState> MergedState(const MergeInput& input,
                                         absl::Time now);

// Takes over one commit that is later than the state's version. What another
// control plane committed against this one's file is left out, and the first
// such conflict returned.
absl::Status ApplyChanges(const store::ChangeSet& changes, absl::Time now,
                          DesiredState& state);

}  // namespace pinnace::registry

#endif  // PINNACE_CONTROL_PLANE_REGISTRY_MERGED_STATE_H_
