#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/configuration.h"
#include "cli/running_control_plane.h"
#include "cli/signals.h"
#include "cli/subcommand.h"
#include "proxy/base/log.h"

namespace pinnace::cli {
namespace {

constexpr char kUsage[] =
    "usage: pinnace control-plane [--config FILE]\n\n"
    "The registry of farms and backends. Gateways (pinnace proxy) follow it, "
    "backends\nand operators talk to it with pinnace ctl.\n\n"
    "  --config FILE  control_plane: {listen, store} and farms: are used; "
    "without a\n                 file: 127.0.0.1:9021 and "
    "sqlite:/var/lib/pinnace/pinnace.db\n\n"
    "SIGHUP reads the file's farms again; SIGTERM stops.\n\n"
    "examples:\n"
    "  pinnace control-plane --config /etc/pinnace/control-plane.yaml\n";

}  // namespace

int RunControlPlane(int argc, char** argv) {
  int exit_status = kExitOk;
  const std::optional<std::string> path =
      ConfigPath(argc, argv, kUsage, exit_status);
  if (!path.has_value()) return exit_status;
  BlockSignals();
  absl::StatusOr<v1::Config> config = ReadConfiguration(*path);
  if (!config.ok()) return Fail(config.status());
  absl::StatusOr<std::unique_ptr<service::ControlPlane>> control_plane =
      StartControlPlane(*config, config->gateway().public_ports_size() > 0
                                     ? Pool::kOfFile
                                     : Pool::kUnknown);
  if (!control_plane.ok()) return Fail(control_plane.status());
  for (Signal signal = NextSignal(); !EndsProcess(signal);
       signal = NextSignal()) {
    if (signal == Signal::kReload) {
      ReloadFarms(*path, *config, **control_plane);
    }
  }
  Log(LogLevel::kInfo, "stopping");
  (*control_plane)->Stop();
  return kExitOk;
}

}  // namespace pinnace::cli
