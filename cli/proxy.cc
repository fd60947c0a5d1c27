#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/configuration.h"
#include "cli/running_control_plane.h"
#include "cli/running_gateway.h"
#include "cli/signals.h"
#include "cli/subcommand.h"
#include "proxy/base/address.h"
#include "proxy/base/log.h"
#include "proxy/control/control_plane_channel.h"
#include "proxy/control/snapshot_file.h"

namespace pinnace::cli {
namespace {

constexpr char kUsage[] =
    "usage: pinnace proxy --config FILE\n\n"
    "A gateway. It follows the control plane at gateway.control_plane; without "
    "one it\nserves the file's farms.\n\n"
    "  --config FILE  see README.md\n\n"
    "SIGHUP reads the file's farms, routes and policies again; SIGTERM lets "
    "sessions "
    "end, then "
    "stops.\n\n"
    "examples:\n"
    "  pinnace proxy --config /etc/pinnace/gateway.yaml\n";

// What a gateway serves from before it has heard of its control plane.
v1::Snapshot FirstSnapshot(const v1::Config& config) {
  v1::Snapshot snapshot;
  if (config.gateway().control_plane().empty()) {
    snapshot.set_version(1);
    *snapshot.mutable_farms() = config.farms();
    *snapshot.mutable_routes() = config.routes();
    *snapshot.mutable_policies() = config.policies();
    return snapshot;
  }
  const std::string& path = config.gateway().snapshot_file();
  if (path.empty()) return snapshot;
  absl::StatusOr<v1::Snapshot> kept = control::ReadSnapshotFile(path);
  if (absl::IsNotFound(kept.status())) return snapshot;
  if (!kept.ok()) {
    Log(LogLevel::kWarning,
        absl::StrCat("gateway.snapshot_file: ", kept.status().message()));
    return snapshot;
  }
  Log(LogLevel::kInfo,
      absl::StrCat("serving from snapshot ", kept->version(), " of ", path,
                   " until the control plane answers"));
  return *kept;
}

// Null for a gateway that follows nobody.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelOf(
    const v1::GatewayConfig& gateway) {
  const v1::ControlPlaneAccess& access = gateway.control_plane_access();
  if (gateway.control_plane().empty()) return nullptr;
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      control::ControlPlaneChannel(gateway.control_plane(), access);
  if (!channel.ok()) {
    return absl::Status(channel.status().code(),
                        absl::StrCat("gateway.control_plane_access.",
                                     channel.status().message()));
  }
  const std::optional<Address> address =
      Address::Parse(gateway.control_plane());
  if (!access.token_file().empty() && access.ca().empty() &&
      !(address.has_value() && address->ip.IsLoopback())) {
    Log(LogLevel::kWarning,
        "gateway.control_plane_access: the token goes to the control plane "
        "unencrypted; set ca");
  }
  return channel;
}

void Reload(const std::string& path, v1::Config& config,
            RunningGateway& gateway) {
  absl::StatusOr<v1::Config> wanted = ReadConfiguration(path);
  absl::Status status = wanted.status();
  if (status.ok() && config.gateway().control_plane().empty()) {
    v1::Snapshot snapshot;
    *snapshot.mutable_farms() = wanted->farms();
    *snapshot.mutable_routes() = wanted->routes();
    *snapshot.mutable_policies() = wanted->policies();
    status = gateway.Publish(snapshot);
  }
  if (!status.ok()) {
    return Log(LogLevel::kWarning,
               absl::StrCat("reload refused: ", status.message()));
  }
  gateway.SetRate(*wanted);
  LogNeedsRestart(config, *wanted);
  *config.mutable_farms() = wanted->farms();
  *config.mutable_routes() = wanted->routes();
  *config.mutable_policies() = wanted->policies();
  Log(LogLevel::kInfo,
      absl::StrCat("reloaded farms, routes and policies of ", path));
}

}  // namespace

int Proxy(int argc, char** argv) {
  int exit_status = kExitOk;
  const std::optional<std::string> path =
      ConfigPath(argc, argv, kUsage, exit_status);
  if (!path.has_value()) return exit_status;
  BlockSignals();
  absl::StatusOr<v1::Config> config =
      ReadConfiguration(*path, GatewayFiles::kChecked);
  if (!config.ok()) return Fail(config.status());
  const std::string control_plane = config->gateway().control_plane();
  if (control_plane.empty() && config->farms().empty()) {
    return Fail(absl::InvalidArgumentError(
        "proxy: needs gateway.control_plane or farms in its --config FILE"));
  }
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      ChannelOf(config->gateway());
  if (!channel.ok()) return Fail(channel.status());
  absl::StatusOr<std::unique_ptr<RunningGateway>> gateway =
      RunningGateway::Start(
          *config, FirstSnapshot(*config),
          {.channel = *channel, .set_backend_state = nullptr});
  if (!gateway.ok()) return Fail(gateway.status());
  if (*channel != nullptr) {
    Log(LogLevel::kInfo,
        absl::StrCat("looking for the control plane at ", control_plane));
    (*gateway)->Follow();
  }
  Signal signal = NextSignal();
  for (; !EndsProcess(signal); signal = NextSignal()) {
    if (signal != Signal::kReload) continue;
    Reload(*path, *config, **gateway);
    (*gateway)->RefreshTls();
  }
  (*gateway)->Drain(signal);
  return kExitOk;
}

}  // namespace pinnace::cli
