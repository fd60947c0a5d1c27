// All farms of a snapshot: an immutable value once it is prepared and shared.
// Any thread.
#ifndef PINNACE_PROXY_FLEET_FLEET_H_
#define PINNACE_PROXY_FLEET_FLEET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proxy/fleet/farm.h"

namespace pinnace::fleet {

struct Fleet {
  using FarmPlaces = absl::flat_hash_map<std::string, uint32_t>;

  std::vector<Farm> farms;
  // Where a farm stands in `farms`; made by Prepare().
  std::shared_ptr<const FarmPlaces> places;

  const Farm* FindFarm(absl::string_view name) const;
  // Once, before the fleet is shared: takes over the live facts of `former`
  // (null: there was none) and makes what picks need. What did not change is
  // taken over ready-made, so that one farm's news do not cost a hundred.
  void Prepare(absl::string_view gateway_zone, const Fleet* former);
};

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_FLEET_H_
