// A control plane as a configuration wants it: for `serve` and `control-plane`.
#ifndef PINNACE_CLI_RUNNING_CONTROL_PLANE_H_
#define PINNACE_CLI_RUNNING_CONTROL_PLANE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "control-plane/service/control_plane.h"
#include "protos/pinnace/v1/config.pb.h"

namespace pinnace::cli {

// Whether the file's (or the default) public ports are those of the gateways.
enum class Pool : uint8_t { kOfFile, kUnknown };

// Opens the store, listens, and says so.
absl::StatusOr<std::unique_ptr<service::ControlPlane>> StartControlPlane(
    const v1::Config& config, Pool pool);

// SIGHUP: takes over the farms, the routes, the policies, the tokens (their
// files are read again) and the roles of certificates of the file at `path`,
// and says what else has changed and waits for a restart. On an error, which is
// logged, all stays as it was. `config` becomes what is in force.
void ReloadFarms(const std::string& path, v1::Config& config,
                 service::ControlPlane& control_plane);
// Logs the parts of the file that differ, but for `farms`, `routes` and
// `policies`.
void LogNeedsRestart(const v1::Config& running, const v1::Config& wanted);

// Logs the error of a start-up; returns the exit status.
int Fail(const absl::Status& status);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_RUNNING_CONTROL_PLANE_H_
