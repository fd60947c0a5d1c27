// Which control plane `pinnace ctl` speaks to, and as whom: the flags of every
// verb, and the environment behind them. Main thread.
#ifndef PINNACE_CLI_CTL_TARGET_H_
#define PINNACE_CLI_CTL_TARGET_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/ctl_invocation.h"
#include "protos/pinnace/v1/config.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace pinnace::cli {

struct CtlTarget {
  std::string server;
  v1::ControlPlaneAccess access;
};

// getenv(3), or a test's.
using Environment = std::function<const char*(const char* name)>;

// A flag wins over PINNACE_SERVER, PINNACE_TOKEN_FILE, PINNACE_CA, PINNACE_CERT
// and PINNACE_KEY; an empty one is not set.
CtlTarget TargetOf(const CtlInvocation& invocation,
                   const Environment& environment);

// Errors name the flag, as --help has it, and the file.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(
    const CtlTarget& target);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_TARGET_H_
