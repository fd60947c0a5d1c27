// What must not be seen by who looks into a session: passwords, in commands and
// wherever else they may stand. Pure. Any thread.
#ifndef PINNACE_PROXY_GATEWAY_SECRETS_H_
#define PINNACE_PROXY_GATEWAY_SECRETS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::gateway {

inline constexpr char kMask[] = "****";

enum class LoggedIn : uint8_t { kNo, kYes };

// A command line as it may be shown, and the secret in it that a reply may
// repeat ("": none). Before a login a line that is no command we know is shown
// by its length alone: it may be a password in the wrong place.
struct ShownCommand {
  // Nothing: the line may be shown as it is.
  std::optional<std::string> instead;
  absl::string_view secret;  // in the line
};
ShownCommand ShowCommand(absl::string_view line, LoggedIn logged_in);

// Whether the text has a URL: few have.
inline bool HasUrl(absl::string_view text) {
  return text.find("://") != absl::string_view::npos;
}
// "ftp://ann:secret@host/x" as "ftp://ann:****@host/x".
std::string WithoutUrlSecrets(absl::string_view text);

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_SECRETS_H_
