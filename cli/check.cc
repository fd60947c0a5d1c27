#include <cstdio>
#include <string>

#include "absl/strings/string_view.h"
#include "cli/configuration.h"
#include "cli/subcommand.h"

namespace pinnace::cli {
namespace {

constexpr char kUsage[] =
    "usage: pinnace check FILE\n\n"
    "Validates a configuration file. Prints nothing but \"FILE: ok\" and exits "
    "0 when\nit is good; else one line per problem, FILE:LINE:COLUMN: FIELD: "
    "PROBLEM, and\nexits 1.\n\n"
    "examples:\n"
    "  pinnace check /etc/pinnace/pinnace.yaml\n";

}  // namespace

int Check(int argc, char** argv) {
  const absl::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") {
    std::fputs(kUsage, stdout);
    return kExitOk;
  }
  if (argc != 2 || first.empty() || first[0] == '-') {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  absl::StatusOr<v1::Config> config =
      ReadConfiguration(argv[1], GatewayFiles::kChecked);
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n",
                 std::string(config.status().message()).c_str());
    return kExitRefused;
  }
  std::printf("%s: ok\n", argv[1]);
  return kExitOk;
}

}  // namespace pinnace::cli
