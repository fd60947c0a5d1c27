#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/subcommand.h"

namespace pinnace::cli {
namespace {

void PrintUsage(std::FILE* out) {
  std::fprintf(out,
               "Pinnace, a load-balancer-aware FTP gateway.\n\n"
               "usage: pinnace SUBCOMMAND [FLAGS]\n\n");
  for (const Subcommand& row : Subcommands()) {
    std::fprintf(out, "  %-14s %s\n", std::string(row.name).c_str(), row.help);
  }
  std::fprintf(out,
               "\npinnace SUBCOMMAND --help says more; pinnace --version the "
               "version.\n\n"
               "examples:\n"
               "  pinnace serve --config /etc/pinnace/pinnace.yaml\n"
               "  pinnace ctl backend list\n");
}

int Main(int argc, char** argv) {
  const absl::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    PrintUsage(stdout);
    return kExitOk;
  }
  if (name == "--version") {
    std::printf("pinnace %s\n", kProgramVersion);
    return kExitOk;
  }
  if (name == "reference") return Reference(argc - 1, argv + 1);
  for (const Subcommand& row : Subcommands()) {
    if (name == row.name) return row.run(argc - 1, argv + 1);
  }
  if (!name.empty()) {
    std::fprintf(stderr, "pinnace: no subcommand \"%s\"\n\n", argv[1]);
  }
  PrintUsage(stderr);
  return kExitUsage;
}

}  // namespace
}  // namespace pinnace::cli

int main(int argc, char** argv) {
  // gRPC's own lines say what our errors say, in another tongue.
  setenv("GRPC_VERBOSITY", "NONE", /*replace=*/0);
  return pinnace::cli::Main(argc, argv);
}
