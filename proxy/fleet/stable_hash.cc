#include "proxy/fleet/stable_hash.h"

// As a header: nothing to link, nothing to install where the gateway runs.
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace pinnace::fleet {

uint64_t StableHash(absl::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace pinnace::fleet
