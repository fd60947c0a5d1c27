// The configuration of the subcommands that run on: `--config FILE`, read and
// checked. Main thread.
#ifndef PINNACE_CLI_CONFIGURATION_H_
#define PINNACE_CLI_CONFIGURATION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "protos/pinnace/v1/config.pb.h"
#include "proxy/admin/routes.h"

namespace pinnace::cli {

// Whether the files that gateway.tls names are looked at: not where no gateway
// starts.
enum class GatewayFiles { kUnread, kChecked };

// A path of "" is the configuration that has only defaults.
absl::StatusOr<v1::Config> ReadConfiguration(
    const std::string& path, GatewayFiles files = GatewayFiles::kUnread);

// The FILE of `--config FILE`. After --help or a usage error, which is printed:
// nothing, and `exit_status` set.
std::optional<std::string> ConfigPath(int argc, char** argv, const char* usage,
                                      int& exit_status);

std::vector<v1::Farm> FileFarmsOf(const v1::Config& config);

// Of admin.token_file, whose name is "admin", and of admin.tokens.
absl::StatusOr<std::vector<admin::Token>> AdminTokensOf(
    const v1::Config& config);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CONFIGURATION_H_
