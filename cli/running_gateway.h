// A gateway with its admin pages as a configuration wants them: for `serve` and
// `proxy`.
#ifndef PINNACE_CLI_RUNNING_GATEWAY_H_
#define PINNACE_CLI_RUNNING_GATEWAY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "cli/signals.h"
#include "protos/pinnace/v1/config.pb.h"
#include "protos/pinnace/v1/snapshot.pb.h"
#include "proxy/admin/admin_server.h"
#include "proxy/control/snapshot_client.h"
#include "proxy/gateway/gateway.h"

namespace pinnace::cli {

class RunningGateway {
 public:
  // Opens every listener, logs them, and serves from `snapshot`.
  static absl::StatusOr<std::unique_ptr<RunningGateway>> Start(
      const v1::Config& config, const v1::Snapshot& snapshot);

  // Takes its snapshots from the control plane behind `channel` from now on.
  void Follow(std::shared_ptr<grpc::Channel> channel);
  // For a gateway that follows nobody.
  absl::Status Publish(const v1::Snapshot& snapshot);
  // Certificates and keys that have changed on disk.
  void RefreshTls() { gateway_->RefreshTls(); }
  // Of all sessions: gateway.limits.rate.
  void SetRate(const v1::Config& config);
  // No new sessions, waits for the running ones up to the drain timeout or the
  // next SIGTERM, ends the rest. `signal` began it: behind kDrain the first
  // SIGTERM is expected, and ends nothing.
  void Drain(Signal signal);

 private:
  explicit RunningGateway(v1::Config config) : config_(std::move(config)) {}

  const v1::Config config_;
  std::unique_ptr<gateway::Gateway> gateway_;
  // After the gateway, which they look at: destroyed first.
  std::unique_ptr<admin::AdminServer> admin_;
  std::unique_ptr<control::SnapshotClient> client_;
};

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_RUNNING_GATEWAY_H_
