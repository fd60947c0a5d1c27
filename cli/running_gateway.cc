#include "cli/running_gateway.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/configuration.h"
#include "cli/subcommand.h"
#include "proxy/base/log.h"
#include "proxy/config/settings.h"
#include "proxy/control/gateway_facts.h"
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

}  // namespace

absl::StatusOr<std::unique_ptr<RunningGateway>> RunningGateway::Start(
    const v1::Config& config, const v1::Snapshot& snapshot) {
  absl::StatusOr<std::string> token = AdminTokenOf(config);
  if (!token.ok()) return token.status();
  absl::StatusOr<snapshot::SnapshotPtr> first = Decoded(snapshot);
  if (!first.ok()) return first.status();
  std::unique_ptr<RunningGateway> running(new RunningGateway(config));
  absl::StatusOr<std::unique_ptr<gateway::Gateway>> started =
      gateway::Gateway::Start(config::GatewayOptionsOf(config),
                              *std::move(first));
  if (!started.ok()) return started.status();
  running->gateway_ = *std::move(started);
  absl::StatusOr<std::unique_ptr<admin::AdminServer>> admin =
      admin::AdminServer::Start(config::AdminListenOf(config),
                                *running->gateway_,
                                {.token = *std::move(token),
                                 .config = config,
                                 .program_version = kProgramVersion,
                                 .on_drain = &RequestDrain});
  if (!admin.ok()) return admin.status();
  running->admin_ = *std::move(admin);
  for (const Address& address : running->gateway_->listening()) {
    Log(LogLevel::kInfo, absl::StrCat("gateway on ", address.ToString()));
  }
  Log(LogLevel::kInfo,
      absl::StrCat("admin pages on http://",
                   running->admin_->address().ToString(), "/"));
  return running;
}

void RunningGateway::SetRate(const v1::Config& config) {
  gateway_->SetRate(config::GatewayOptionsOf(config).rate);
}

void RunningGateway::Follow(std::shared_ptr<grpc::Channel> channel) {
  control::SnapshotClient::Options options;
  options.channel = std::move(channel);
  options.hello.set_name(config::GatewayNameOf(config_));
  options.hello.set_program_version(kProgramVersion);
  for (const Address& address : gateway_->listening()) {
    options.hello.add_listeners(address.ToString());
  }
  for (const PortRange& range : config::PublicPortsOf(config_)) {
    options.hello.add_public_ports(range.ToString());
  }
  options.hello.set_zone(config_.gateway().zone());
  *options.hello.mutable_started() = snapshot::TimestampMessage(absl::Now());
  options.publish = [this](snapshot::SnapshotPtr snapshot) {
    gateway_->Publish(std::move(snapshot));
  };
  options.log = [](absl::string_view text) { Log(LogLevel::kInfo, text); };
  options.snapshot_file = config_.gateway().snapshot_file();
  client_ =
      std::make_unique<control::SnapshotClient>(*gateway_, std::move(options));
}

absl::Status RunningGateway::Publish(const v1::Snapshot& snapshot) {
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
  client_ = nullptr;
  admin_ = nullptr;
  gateway_->Stop(absl::ZeroDuration());
  Log(LogLevel::kInfo, "stopped");
}

}  // namespace pinnace::cli
