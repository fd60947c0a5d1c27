// How often this program has called operator new: linking it replaces that
// operator. One thread.
#ifndef PINNACE_TESTS_BENCH_MICRO_ALLOCATION_COUNT_H_
#define PINNACE_TESTS_BENCH_MICRO_ALLOCATION_COUNT_H_

#include <cstdint>

namespace pinnace::bench {

// Up to now; over-aligned ones are not among them.
int64_t AllocationCount();

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_MICRO_ALLOCATION_COUNT_H_
