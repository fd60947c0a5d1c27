#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/subcommand.h"

namespace pinnace::cli {
namespace {

struct Row {
  absl::string_view name;
  int (*run)(int argc, char** argv);
  const char* help;
};

constexpr Row kRows[] = {
    {"serve", &Serve, "gateway and control plane in one process"},
    {"proxy", &Proxy, "a gateway; follows a control plane or a file"},
    {"control-plane", &RunControlPlane, "the registry of backends and farms"},
    {"ctl", &Ctl, "register and drain backends, list and end sessions, ..."},
    {"check", &Check, "validate a configuration file"},
    {"doctor", &Doctor, "look at a running gateway as a client would"},
};

void PrintUsage(std::FILE* out) {
  std::fprintf(out,
               "Pinnace, a load-balancer-aware FTP gateway.\n\n"
               "usage: pinnace SUBCOMMAND [FLAGS]\n\n");
  for (const Row& row : kRows) {
    std::fprintf(out, "  %-14s %s\n", std::string(row.name).c_str(), row.help);
  }
  std::fprintf(out,
               "\npinnace SUBCOMMAND --help says more; pinnace --version the "
               "version.\n");
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
  for (const Row& row : kRows) {
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
