#include "proxy/fleet/stable_hash.h"

#include "xxhash.h"

namespace pinnace::fleet {

uint64_t StableHash(absl::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace pinnace::fleet
