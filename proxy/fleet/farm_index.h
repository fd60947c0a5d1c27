// What Fleet::Prepare() makes of a farm's backends, so that look-ups and picks
// do not scan them. Depends on ids, weights, capacities and zones alone: shared
// by all snapshots in which those are the same. Any thread.
#ifndef PINNACE_PROXY_FLEET_FARM_INDEX_H_
#define PINNACE_PROXY_FLEET_FARM_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proxy/fleet/backend_group.h"
#include "proxy/fleet/farm.h"

namespace pinnace::fleet {

class FarmIndex {
 public:
  FarmIndex(const Farm& farm, absl::string_view gateway_zone);

  // It would be the same if it were made of `farm`; it was made of `former`.
  bool Serves(const Farm& former, const Farm& farm,
              absl::string_view gateway_zone) const;

  // An index of farm.backends.
  std::optional<uint32_t> Find(absl::string_view id) const;
  const BackendGroup& all() const { return all_; }
  // Those of the gateway's zone; null: the farm has no preference, none are
  // there, or all are.
  const BackendGroup* near() const {
    return near_.has_value() ? &*near_ : nullptr;
  }

 private:
  const std::string gateway_zone_;
  absl::flat_hash_map<std::string, uint32_t> places_;
  BackendGroup all_;
  std::optional<BackendGroup> near_;
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_FARM_INDEX_H_
