#include "cli/ctl_target.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proxy/control/control_plane_channel.h"

namespace pinnace::cli {

CtlTarget TargetOf(const CtlInvocation& invocation,
                   const Environment& environment) {
  const auto choose = [&](const char* flag, const char* variable,
                          std::string otherwise) {
    if (invocation.Has(flag)) return invocation.Flag(flag);
    const char* value = environment(variable);
    if (value != nullptr && value[0] != '\0') return std::string(value);
    return otherwise;
  };
  CtlTarget target;
  target.server = choose("server", "PINNACE_SERVER", invocation.server);
  target.access.set_token_file(choose("token-file", "PINNACE_TOKEN_FILE", ""));
  target.access.set_ca(choose("ca", "PINNACE_CA", ""));
  target.access.set_cert(choose("cert", "PINNACE_CERT", ""));
  target.access.set_key(choose("key", "PINNACE_KEY", ""));
  return target;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelTo(
    const CtlTarget& target) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      control::ControlPlaneChannel(target.server, target.access);
  if (channel.ok()) return channel;
  // The fields are the flags, but for how they are spelt.
  std::string message(channel.status().message());
  if (absl::string_view(message).substr(0, 11) == "token_file:") {
    message.replace(0, 10, "token-file");
  }
  return absl::Status(channel.status().code(), absl::StrCat("--", message));
}

}  // namespace pinnace::cli
