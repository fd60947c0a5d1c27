#include "cli/running_gateway.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/configuration.h"
#include "cli/subcommand.h"
#include "grpcpp/grpcpp.h"
#include "protos/pinnace/v1/registry.grpc.pb.h"
#include "protos/pinnace/v1/sessions.grpc.pb.h"
#include "proxy/base/log.h"
#include "proxy/base/printable.h"
#include "proxy/config/settings.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/snapshot_decoder.h"

namespace pinnace::cli {
namespace {

absl::StatusOr<snapshot::SnapshotPtr> Decoded(const v1::Snapshot& message) {
  absl::StatusOr<snapshot::Snapshot> decoded =
      snapshot::DecodeSnapshot(message);
  if (!decoded.ok()) return decoded.status();
  return std::make_shared<const snapshot::Snapshot>(*std::move(decoded));
}

// An operator waits for it.
constexpr absl::Duration kRegistryPatience = absl::Seconds(2);

absl::Status StatusOf(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(
      static_cast<absl::StatusCode>(status.error_code()),
      absl::StrCat("the control plane says: ", status.error_message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunningGateway>> RunningGateway::Start(
    const v1::Config& config, const v1::Snapshot& snapshot,
    ControlPlane control_plane) {
  absl::StatusOr<snapshot::SnapshotPtr> first = Decoded(snapshot);
  if (!first.ok()) return first.status();
  std::unique_ptr<RunningGateway> running(
      new RunningGateway(config, std::move(control_plane)));
  absl::StatusOr<std::unique_ptr<gateway::Gateway>> started =
      gateway::Gateway::Start(config::GatewayOptionsOf(config),
                              *std::move(first));
  if (!started.ok()) return started.status();
  running->gateway_ = *std::move(started);
  if (running->control_plane_.channel == nullptr) {
    MutexLock lock(&running->drains_mutex_);
    running->drains_.Load(snapshot);
    running->version_ = snapshot.version();
  }
  const absl::Status admin = running->StartAdmin();
  if (!admin.ok()) return admin;
  for (const Address& address : running->gateway_->listening()) {
    Log(LogLevel::kInfo, absl::StrCat("gateway on ", address.ToString()));
  }
  Log(LogLevel::kInfo,
      absl::StrCat("admin pages on http://",
                   running->admin_->address().ToString(), "/"));
  return running;
}

absl::Status RunningGateway::StartAdmin() {
  absl::StatusOr<std::vector<admin::Token>> tokens = AdminTokensOf(config_);
  if (!tokens.ok()) return tokens.status();
  admin::Routes::Options options;
  options.tokens = *std::move(tokens);
  options.config = config_;
  options.program_version = kProgramVersion;
  options.about = About();
  options.on_drain = &RequestDrain;
  if (control_plane_.channel != nullptr) {
    options.control_plane = [this] { return ControlPlaneNow(); };
    options.list_gateways = [this] { return ListGateways(); };
  }
  options.set_backend_state = [this](const std::string& id,
                                     admin::BackendState state,
                                     const std::string& caller) {
    if (control_plane_.set_backend_state != nullptr) {
      return control_plane_.set_backend_state(id, state, caller);
    }
    return control_plane_.channel != nullptr ? SetStateInRegistry(id, state)
                                             : SetStateHere(id, state);
  };
  absl::StatusOr<std::unique_ptr<admin::AdminServer>> admin =
      admin::AdminServer::Start(config::AdminListenOf(config_), *gateway_,
                                std::move(options));
  if (!admin.ok()) return admin.status();
  admin_ = *std::move(admin);
  return absl::OkStatus();
}

v1::GatewayStatus RunningGateway::About() const {
  v1::GatewayStatus about;
  about.set_name(config::GatewayNameOf(config_));
  about.set_zone(config_.gateway().zone());
  *about.mutable_started() = snapshot::TimestampMessage(started_);
  for (const Address& address : gateway_->listening()) {
    about.add_listeners(address.ToString());
  }
  for (const PortRange& range : config::PublicPortsOf(config_)) {
    about.add_public_ports(range.ToString());
  }
  about.set_max_sessions(
      static_cast<int64_t>(config::GatewayOptionsOf(config_).max_sessions));
  return about;
}

v1::GatewayStatus::ControlPlane RunningGateway::ControlPlaneNow() const {
  v1::GatewayStatus::ControlPlane now;
  now.set_address(config_.gateway().control_plane());
  const control::SnapshotClient* client = following_.load();
  if (client == nullptr) return now;
  const control::SnapshotClient::Connection connection = client->connection();
  now.set_connected(connection.is_up);
  *now.mutable_since() = snapshot::TimestampMessage(connection.since);
  now.set_last_error(Printable(connection.last_error));
  return now;
}

absl::StatusOr<v1::ListGatewaysResponse> RunningGateway::ListGateways() const {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kRegistryPatience));
  v1::ListGatewaysResponse list;
  const grpc::Status status =
      v1::Sessions::NewStub(control_plane_.channel)
          ->ListGateways(&context, v1::ListGatewaysRequest(), &list);
  if (!status.ok()) return StatusOf(status);
  return list;
}

absl::Status RunningGateway::SetStateInRegistry(
    const std::string& id, admin::BackendState state) const {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kRegistryPatience));
  const auto registry = v1::Registry::NewStub(control_plane_.channel);
  v1::BackendRecord record;
  if (state == admin::BackendState::kDrained) {
    v1::DrainBackendRequest request;
    request.set_id(id);
    return StatusOf(registry->DrainBackend(&context, request, &record));
  }
  v1::ResumeBackendRequest request;
  request.set_id(id);
  return StatusOf(registry->ResumeBackend(&context, request, &record));
}

absl::Status RunningGateway::SetStateHere(const std::string& id,
                                          admin::BackendState state) {
  MutexLock lock(&drains_mutex_);
  const absl::Status status = state == admin::BackendState::kDrained
                                  ? drains_.Drain(id)
                                  : drains_.Resume(id);
  return status.ok() ? PublishDrains() : status;
}

void RunningGateway::SetRate(const v1::Config& config) {
  gateway_->SetRate(config::GatewayOptionsOf(config).rate);
}

void RunningGateway::Follow() {
  control::SnapshotClient::Options options;
  options.channel = control_plane_.channel;
  const v1::GatewayStatus about = About();
  options.hello.set_name(about.name());
  options.hello.set_program_version(kProgramVersion);
  *options.hello.mutable_listeners() = about.listeners();
  *options.hello.mutable_public_ports() = about.public_ports();
  options.hello.set_zone(about.zone());
  *options.hello.mutable_started() = about.started();
  options.publish = [this](snapshot::SnapshotPtr snapshot) {
    gateway_->Publish(std::move(snapshot));
  };
  options.log = [](absl::string_view text) { Log(LogLevel::kInfo, text); };
  options.snapshot_file = config_.gateway().snapshot_file();
  client_ =
      std::make_unique<control::SnapshotClient>(*gateway_, std::move(options));
  following_ = client_.get();
}

absl::Status RunningGateway::Publish(const v1::Snapshot& snapshot) {
  absl::StatusOr<snapshot::SnapshotPtr> decoded = Decoded(snapshot);
  if (!decoded.ok()) return decoded.status();
  MutexLock lock(&drains_mutex_);
  drains_.Load(snapshot);
  return PublishDrains();
}

absl::Status RunningGateway::PublishDrains() {
  v1::Snapshot snapshot = drains_.Snapshot();
  snapshot.set_version(++version_);
  absl::StatusOr<snapshot::SnapshotPtr> decoded = Decoded(snapshot);
  if (!decoded.ok()) return decoded.status();
  gateway_->Publish(*std::move(decoded));
  return absl::OkStatus();
}

void RunningGateway::Drain(Signal signal) {
  constexpr absl::Duration kPoll = absl::Milliseconds(50);
  const absl::Duration patience = config::DrainTimeoutOf(config_);
  Log(LogLevel::kInfo, absl::StrCat("draining: running sessions have ",
                                    absl::FormatDuration(patience),
                                    "; a second signal ends them at once"));
  gateway_->StartDrain();
  // Whoever asked over HTTP has not sent the usual SIGTERM yet: Kubernetes does
  // so behind its preStop hook.
  bool stop_is_due = signal == Signal::kDrain;
  absl::Time deadline = absl::InfiniteFuture();
  while (true) {
    if (gateway_->refuses_new_sessions()) {
      deadline = std::min(deadline, absl::Now() + patience);
      if (absl::Now() >= deadline || gateway_->SessionCount() == 0) break;
    }
    if (NextSignal(kPoll) == Signal::kStop &&
        !std::exchange(stop_is_due, false)) {
      break;
    }
  }
  // Whoever looks at the gateway goes before its workers do.
  admin_ = nullptr;
  client_ = nullptr;
  gateway_->Stop(absl::ZeroDuration());
  Log(LogLevel::kInfo, "stopped");
}

}  // namespace pinnace::cli
