#include "proxy/session/farm_features.h"

#include <algorithm>
#include <optional>

#include "absl/container/inlined_vector.h"

namespace pinnace::session {

ftp::FeatureList FarmFeatures(absl::Span<const fleet::Farm* const> farms) {
  std::optional<ftp::FeatureList> common;
  // Backends of one kind share one list: it is parsed once.
  absl::InlinedVector<fleet::BackendStatus::Features, 4> seen;
  for (const fleet::Farm* farm : farms) {
    for (const fleet::Backend& backend : farm->backends) {
      const fleet::BackendStatus::Features lines = backend.status->features();
      if (lines == nullptr ||
          std::find(seen.begin(), seen.end(), lines) != seen.end()) {
        continue;
      }
      seen.push_back(lines);
      ftp::FeatureList offered = ftp::FeatureList::FromLines(*lines);
      common = common.has_value() ? common->Intersect(offered) : offered;
    }
  }
  ftp::FeatureList features =
      common.has_value() ? common->WithoutHopByHop() : ftp::FeatureList();
  features.Add("EPRT");
  features.Add("EPSV");
  features.Add("HOST");
  return features;
}

}  // namespace pinnace::session
