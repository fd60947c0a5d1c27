#include "cli/running_control_plane.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/configuration.h"
#include "cli/subcommand.h"
#include "control-plane/access/access_files.h"
#include "control-plane/service/server_credentials.h"
#include "control-plane/store/sqlite_store.h"
#include "google/protobuf/util/message_differencer.h"
#include "proxy/base/log.h"
#include "proxy/config/settings.h"

namespace pinnace::cli {

using google::protobuf::util::MessageDifferencer;
namespace {

service::FileEntries FileEntriesOf(const v1::Config& config) {
  return {.farms = {config.farms().begin(), config.farms().end()},
          .routes = {config.routes().begin(), config.routes().end()},
          .policies = {config.policies().begin(), config.policies().end()}};
}

// What a reload has put in force.
void TakeOverAccess(const v1::ControlPlaneConfig& wanted,
                    v1::ControlPlaneConfig& config) {
  *config.mutable_tokens() = wanted.tokens();
  if (config.has_tls()) {
    *config.mutable_tls()->mutable_clients() = wanted.tls().clients();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<service::ControlPlane>> StartControlPlane(
    const v1::Config& config, Pool pool) {
  absl::StatusOr<access::AccessPolicy> access =
      access::ReadAccessPolicy(config.control_plane());
  if (!access.ok()) return access.status();
  const bool takes_tokens = access->takes_tokens();
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials =
      service::ServerCredentialsOf(config.control_plane().tls(),
                                   takes_tokens
                                       ? service::ClientCertificate::kOptional
                                       : service::ClientCertificate::kRequired);
  if (!credentials.ok()) return credentials.status();
  const std::string path = config::SqlitePathOf(config);
  absl::StatusOr<std::unique_ptr<store::SqliteStore>> store =
      store::SqliteStore::Open(path, service::SteadyNow());
  if (!store.ok()) return store.status();
  service::ControlPlane::Options options;
  options.listen = config::ControlPlaneListenOf(config);
  options.store = *std::move(store);
  options.file = FileEntriesOf(config);
  options.access = *std::move(access);
  options.credentials = *std::move(credentials);
  if (pool == Pool::kOfFile) options.pool = config::PublicPortsOf(config);
  absl::StatusOr<std::unique_ptr<service::ControlPlane>> control_plane =
      service::ControlPlane::Start(std::move(options));
  if (control_plane.ok()) {
    Log(LogLevel::kInfo, absl::StrCat("control plane on ",
                                      (*control_plane)->address().ToString(),
                                      ", store sqlite:", path));
    if (takes_tokens && !config.control_plane().has_tls() &&
        !(*control_plane)->address().ip.IsLoopback()) {
      Log(LogLevel::kWarning,
          "control_plane.listen is not a loopback address: without "
          "control_plane.tls tokens go over it unencrypted");
    }
  }
  return control_plane;
}

void ReloadFarms(const std::string& path, v1::Config& config,
                 service::ControlPlane& control_plane) {
  if (path.empty())
    return Log(LogLevel::kWarning, "reload: there is no --config file");
  absl::StatusOr<v1::Config> wanted = ReadConfiguration(path);
  absl::StatusOr<access::AccessPolicy> access =
      wanted.ok() ? access::ReadAccessPolicy(wanted->control_plane())
                  : wanted.status();
  absl::Status status = access.status();
  if (status.ok()) status = control_plane.CheckAccess(*access);
  if (status.ok()) {
    status = control_plane.keeper().ReloadFile(FileEntriesOf(*wanted));
  }
  if (!status.ok()) {
    return Log(LogLevel::kWarning,
               absl::StrCat("reload refused: ", status.message()));
  }
  control_plane.ReplaceAccess(*std::move(access));
  TakeOverAccess(wanted->control_plane(), *config.mutable_control_plane());
  LogNeedsRestart(config, *wanted);
  *config.mutable_farms() = wanted->farms();
  *config.mutable_routes() = wanted->routes();
  *config.mutable_policies() = wanted->policies();
  Log(LogLevel::kInfo,
      absl::StrCat("reloaded the farms, routes, policies and tokens of ",
                   path));
}

void LogNeedsRestart(const v1::Config& running, const v1::Config& wanted) {
  const auto compare = [](absl::string_view part, const auto& a,
                          const auto& b) {
    if (MessageDifferencer::Equals(a, b)) return;
    Log(LogLevel::kWarning,
        absl::StrCat("reload: ", part,
                     ": has changed; it takes effect after a restart"));
  };
  // It has taken effect.
  v1::GatewayConfig gateway = running.gateway();
  *gateway.mutable_limits()->mutable_rate() = wanted.gateway().limits().rate();
  v1::GatewayConfig wanted_gateway = wanted.gateway();
  *wanted_gateway.mutable_limits()->mutable_rate() =
      wanted.gateway().limits().rate();
  compare("gateway", gateway, wanted_gateway);
  compare("control_plane", running.control_plane(), wanted.control_plane());
  compare("admin", running.admin(), wanted.admin());
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "pinnace: %s\n", std::string(status.message()).c_str());
  return kExitRefused;
}

}  // namespace pinnace::cli
