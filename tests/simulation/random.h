// Numbers that look like chance and come again with the same seed, whatever
// the standard library. For tests only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_RANDOM_H_
#define PINNACE_TESTS_SIMULATION_RANDOM_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace pinnace::simulation {

inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(Mix(seed)) {}

  uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15); }
  // 0..n-1
  int Below(int n) {
    return static_cast<int>(Next() % static_cast<uint64_t>(n));
  }
  bool OneIn(int n) { return Below(n) == 0; }
  // Mostly short, now and then close to `longest`.
  absl::Duration Delay(absl::Duration longest) {
    const double part = static_cast<double>(Below(1'000'000)) / 1'000'000;
    return longest * (part * part * part);
  }
  template <typename T, size_t N>
  const T& Of(const T (&choices)[N]) {
    return choices[Below(N)];
  }

 private:
  uint64_t state_;
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_RANDOM_H_
