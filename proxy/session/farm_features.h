// What FEAT says for a farm (RFC 2389 §3): the intersection of what its
// backends offer, and the gateway's own. Any thread.
#ifndef PINNACE_PROXY_SESSION_FARM_FEATURES_H_
#define PINNACE_PROXY_SESSION_FARM_FEATURES_H_

#include "absl/types/span.h"
#include "proxy/fleet/fleet.h"
#include "proxy/ftp/features.h"

namespace pinnace::session {

// A backend that has not been asked yet does not count. Of several farms that
// the session may end in: what all of them offer.
ftp::FeatureList FarmFeatures(absl::Span<const fleet::Farm* const> farms);

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_FARM_FEATURES_H_
