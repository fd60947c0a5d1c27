// Runs one operation of the protocol core N times and prints, as JSON, how many
// heap allocations that took. Under callgrind the instructions are counted too;
// instruction_guard.py reads both.
#include <cstdint>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "tests/bench/micro/allocation_count.h"
#include "tests/bench/micro/core_driver.h"

namespace pinnace::bench {
namespace {

struct Operation {
  absl::string_view name;
  void (CoreDriver::*run)();
};

constexpr Operation kOperations[] = {
    {"login", &CoreDriver::Login},
    {"noop", &CoreDriver::Noop},
    {"retr", &CoreDriver::Retr},
    {"stor", &CoreDriver::Stor},
};

#ifdef NDEBUG
constexpr const char* kOptimised = "true";
#else
constexpr const char* kOptimised = "false";
#endif

const Operation* FindOperation(absl::string_view name) {
  for (const Operation& operation : kOperations) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

void Run(const Operation& operation, int64_t times) {
  CoreDriver driver;
  driver.Login();
  (driver.*operation.run)();  // Buffers that are kept grow now.
  const int64_t before = AllocationCount();
  for (int64_t i = 0; i < times; ++i) (driver.*operation.run)();
  std::printf("{\"allocations\": %lld, \"optimised\": %s}\n",
              static_cast<long long>(AllocationCount() - before), kOptimised);
}

}  // namespace
}  // namespace pinnace::bench

int main(int argc, char** argv) {
  const pinnace::bench::Operation* operation =
      argc == 3 ? pinnace::bench::FindOperation(argv[1]) : nullptr;
  int64_t times = 0;
  if (operation == nullptr || !absl::SimpleAtoi(argv[2], &times)) {
    std::fprintf(stderr, "usage: core_cost login|noop|retr|stor N\n");
    return 2;
  }
  pinnace::bench::Run(*operation, times);
  return 0;
}
