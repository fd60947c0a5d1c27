// What a configuration file means: checks the values, and turns them into the
// options of the parts. Any thread.
#ifndef PINNACE_PROXY_CONFIG_CONFIG_CHECK_H_
#define PINNACE_PROXY_CONFIG_CONFIG_CHECK_H_

#include "absl/status/status.h"
#include "proxy/config/config_file.h"

namespace pinnace::config {

// INVALID_ARGUMENT with one line per problem, each as ConfigFile::Problem()
// writes it. The conversions in settings.h may be used after OK only.
absl::Status CheckConfig(const ConfigFile& file);

// What CheckConfig() leaves out, because only a gateway's own machine can tell:
// whether the files of gateway.tls are there and go together. Errors as above.
absl::Status CheckGatewayFiles(const ConfigFile& file);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_CONFIG_CHECK_H_
