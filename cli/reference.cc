#include "proxy/admin/reference.h"

#include <cstdio>

#include "cli/subcommand.h"

namespace pinnace::cli {

int Reference(int, char**) {
  std::fputs(admin::ReferenceText().c_str(), stdout);
  return kExitOk;
}

}  // namespace pinnace::cli
