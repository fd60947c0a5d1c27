#include "proxy/fleet/farm.h"

#include <algorithm>
#include <optional>

#include "proxy/base/check.h"
#include "proxy/fleet/farm_index.h"

namespace pinnace::fleet {

const Backend* Farm::FindBackend(absl::string_view id) const {
  if (index != nullptr) {
    // Who changes the backends prepares the fleet anew.
    PINNACE_CHECK(index->all().size() == backends.size());
    const std::optional<uint32_t> place = index->Find(id);
    return place.has_value() ? &backends[*place] : nullptr;
  }
  const auto found =
      std::find_if(backends.begin(), backends.end(),
                   [id](const Backend& backend) { return backend.id == id; });
  return found == backends.end() ? nullptr : &*found;
}

}  // namespace pinnace::fleet
