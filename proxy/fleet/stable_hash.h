// A hash that is the same in every process, on every machine and in every
// release (XXH3, whose values are fixed): gateways agree by it. Any thread.
#ifndef PINNACE_PROXY_FLEET_STABLE_HASH_H_
#define PINNACE_PROXY_FLEET_STABLE_HASH_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace::fleet {

uint64_t StableHash(absl::string_view bytes, uint64_t seed = 0);

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_STABLE_HASH_H_
