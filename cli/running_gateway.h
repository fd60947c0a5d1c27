// A gateway with its admin pages as a configuration wants them: for `serve` and
// `proxy`.
#ifndef PINNACE_CLI_RUNNING_GATEWAY_H_
#define PINNACE_CLI_RUNNING_GATEWAY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "cli/local_drains.h"
#include "cli/signals.h"
#include "protos/pinnace/v1/admin.pb.h"
#include "protos/pinnace/v1/config.pb.h"
#include "protos/pinnace/v1/sessions.pb.h"
#include "protos/pinnace/v1/snapshot.pb.h"
#include "proxy/admin/admin_server.h"
#include "proxy/base/mutex.h"
#include "proxy/control/snapshot_client.h"
#include "proxy/gateway/gateway.h"

namespace pinnace::cli {

class RunningGateway {
 public:
  // Drains or resumes a backend for `caller`. Any thread.
  using SetBackendState = std::function<absl::Status(
      const std::string& id, admin::BackendState state,
      const std::string& caller)>;
  struct ControlPlane {
    // Null: the gateway follows nobody.
    std::shared_ptr<grpc::Channel> channel;
    // Of a registry in this process; null: it is asked over the channel, with
    // this gateway's own rights.
    SetBackendState set_backend_state;
  };

  // Opens every listener, logs them, and serves from `snapshot`.
  static absl::StatusOr<std::unique_ptr<RunningGateway>> Start(
      const v1::Config& config, const v1::Snapshot& snapshot,
      ControlPlane control_plane);

  // Takes its snapshots from the control plane from now on.
  void Follow();
  // For a gateway that follows nobody: what its file has now.
  absl::Status Publish(const v1::Snapshot& snapshot)
      ABSL_LOCKS_EXCLUDED(drains_mutex_);
  // Certificates and keys that have changed on disk.
  void RefreshTls() { gateway_->RefreshTls(); }
  // Of all sessions: gateway.limits.rate.
  void SetRate(const v1::Config& config);
  // No new sessions, waits for the running ones up to the drain timeout or the
  // next SIGTERM, ends the rest. `signal` began it: behind kDrain the first
  // SIGTERM is expected, and ends nothing.
  void Drain(Signal signal);

 private:
  RunningGateway(v1::Config config, ControlPlane control_plane)
      : config_(std::move(config)), control_plane_(std::move(control_plane)) {}

  absl::Status StartAdmin();
  v1::GatewayStatus About() const;
  v1::GatewayStatus::ControlPlane ControlPlaneNow() const;
  absl::StatusOr<v1::ListGatewaysResponse> ListGateways() const;
  absl::Status SetStateInRegistry(const std::string& id,
                                  admin::BackendState state) const;
  absl::Status SetStateHere(const std::string& id, admin::BackendState state)
      ABSL_LOCKS_EXCLUDED(drains_mutex_);
  // What the file has, with the drains of this gateway.
  absl::Status PublishDrains() ABSL_EXCLUSIVE_LOCKS_REQUIRED(drains_mutex_);

  const v1::Config config_;
  const ControlPlane control_plane_;
  const absl::Time started_ = absl::Now();
  std::unique_ptr<gateway::Gateway> gateway_;
  // Where there is no registry.
  Mutex drains_mutex_;
  LocalDrains drains_ ABSL_GUARDED_BY(drains_mutex_);
  uint64_t version_ ABSL_GUARDED_BY(drains_mutex_) = 0;
  // After the gateway, which they look at: destroyed first.
  std::unique_ptr<control::SnapshotClient> client_;
  std::atomic<const control::SnapshotClient*> following_{nullptr};
  std::unique_ptr<admin::AdminServer> admin_;
};

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_RUNNING_GATEWAY_H_
