#include <memory>
#include <optional>
#include <string>

#include "cli/configuration.h"
#include "cli/running_control_plane.h"
#include "cli/running_gateway.h"
#include "cli/signals.h"
#include "cli/subcommand.h"
#include "proxy/base/log.h"

namespace pinnace::cli {
namespace {

constexpr char kUsage[] =
    "usage: pinnace serve [--config FILE]\n\n"
    "Gateway and control plane in one process: all that one machine needs.\n\n"
    "  --config FILE  without a file: FTP on 0.0.0.0:2121 for farm main, "
    "public "
    "ports\n                 50000-50099, gRPC on 127.0.0.1:9021, admin pages "
    "on\n                 127.0.0.1:8021, store "
    "sqlite:/var/lib/pinnace/pinnace.db\n\n"
    "Then, for each FTP server:\n"
    "  pinnace ctl backend register --farm main --id a --address HOST:PORT\n\n"
    "SIGHUP reads the file's farms again; SIGTERM lets sessions end, then "
    "stops.\n\n"
    "examples:\n"
    "  pinnace serve\n"
    "  pinnace serve --config /etc/pinnace/pinnace.yaml\n";

// As an operator: the admin pages have asked for the token.
absl::Status SetBackendState(service::StateKeeper& keeper,
                             const std::string& id, admin::BackendState state,
                             const std::string& caller) {
  const registry::Caller operators = {.name = caller, .address = "admin pages"};
  if (state == admin::BackendState::kDrained) {
    v1::DrainBackendRequest request;
    request.set_id(id);
    return keeper.Drain(request, operators).status();
  }
  v1::ResumeBackendRequest request;
  request.set_id(id);
  return keeper.Resume(request, operators).status();
}

}  // namespace

int Serve(int argc, char** argv) {
  int exit_status = kExitOk;
  const std::optional<std::string> path =
      ConfigPath(argc, argv, kUsage, exit_status);
  if (!path.has_value()) return exit_status;
  BlockSignals();
  absl::StatusOr<v1::Config> config =
      ReadConfiguration(*path, GatewayFiles::kChecked);
  if (!config.ok()) return Fail(config.status());
  absl::StatusOr<std::unique_ptr<service::ControlPlane>> control_plane =
      StartControlPlane(*config, Pool::kOfFile);
  if (!control_plane.ok()) return Fail(control_plane.status());
  absl::StatusOr<std::unique_ptr<RunningGateway>> gateway =
      RunningGateway::Start(
          *config, *(*control_plane)->keeper().snapshot(),
          {.channel = (*control_plane)->InProcessChannel(),
           .set_backend_state = [&keeper = (*control_plane)->keeper()](
                                    const std::string& id,
                                    admin::BackendState state,
                                    const std::string& caller) {
             return SetBackendState(keeper, id, state, caller);
           }});
  if (!gateway.ok()) return Fail(gateway.status());
  (*gateway)->Follow();
  Signal signal = NextSignal();
  for (; !EndsProcess(signal); signal = NextSignal()) {
    if (signal == Signal::kReload) {
      ReloadFarms(*path, *config, **control_plane);
      (*gateway)->RefreshTls();
      const absl::StatusOr<v1::Config> wanted = ReadConfiguration(*path);
      if (wanted.ok()) (*gateway)->SetRate(*wanted);
    }
  }
  (*gateway)->Drain(signal);
  return kExitOk;
}

}  // namespace pinnace::cli
