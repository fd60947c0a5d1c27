// The password of a farm's probes. Read anew for every probe: a changed file
// needs no reload. Any thread.
#ifndef PINNACE_PROXY_GATEWAY_PROBE_PASSWORD_H_
#define PINNACE_PROXY_GATEWAY_PROBE_PASSWORD_H_

#include <string>

#include "absl/status/statusor.h"

namespace pinnace::gateway {

// The first line of the file, or "pinnace@" when `path` is empty, which
// anonymous logins take. The error names the file; no text has the password.
absl::StatusOr<std::string> ProbePassword(const std::string& path);

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_PROBE_PASSWORD_H_
