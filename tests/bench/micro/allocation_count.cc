#include "tests/bench/micro/allocation_count.h"

#include <cstdlib>
#include <new>

namespace {

int64_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace pinnace::bench {

int64_t AllocationCount() { return allocations; }

}  // namespace pinnace::bench
