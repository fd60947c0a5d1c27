// Bits that look like chance and are the same on every run. Any thread.
#ifndef PINNACE_PROXY_FLEET_MIX_H_
#define PINNACE_PROXY_FLEET_MIX_H_

#include <cstdint>

namespace pinnace::fleet {

// One step of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
// number generators", 2014): consecutive values have nothing in common.
inline constexpr uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace pinnace::fleet

#endif  // PINNACE_PROXY_FLEET_MIX_H_
