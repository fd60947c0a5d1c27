#include <cstdio>

#include "cli/subcommand.h"

namespace pinnace::cli {

int Doctor(int, char**) {
  std::fprintf(stderr, "pinnace doctor: not built yet\n");
  return kExitUsage;
}

}  // namespace pinnace::cli
