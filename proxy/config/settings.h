// A checked configuration as the options of the parts, with every default
// filled in. Only for a configuration that CheckConfig() found good. Any
// thread.
#ifndef PINNACE_PROXY_CONFIG_SETTINGS_H_
#define PINNACE_PROXY_CONFIG_SETTINGS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "protos/pinnace/v1/config.pb.h"
#include "proxy/base/address.h"
#include "proxy/base/port_range.h"
#include "proxy/gateway/gateway_options.h"

namespace pinnace::config {

inline constexpr char kDefaultFarm[] = "main";

std::string FarmOf(const v1::ListenerConfig& listener);

gateway::GatewayOptions GatewayOptionsOf(const v1::Config& config);
std::vector<PortRange> PublicPortsOf(const v1::Config& config);
// The host's name when none is set.
std::string GatewayNameOf(const v1::Config& config);
absl::Duration DrainTimeoutOf(const v1::Config& config);
absl::Duration DrainNoticeOf(const v1::Config& config);
Address ControlPlaneListenOf(const v1::Config& config);
// Of "sqlite:PATH".
std::string SqlitePathOf(const v1::Config& config);
Address AdminListenOf(const v1::Config& config);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_SETTINGS_H_
