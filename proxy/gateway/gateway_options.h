// How a gateway is set up: the `gateway:` part of the configuration as values.
// Fixed while the gateway runs.
#ifndef PINNACE_PROXY_GATEWAY_GATEWAY_OPTIONS_H_
#define PINNACE_PROXY_GATEWAY_GATEWAY_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/port_range.h"
#include "proxy/guard/guard.h"
#include "proxy/ingress/proxy_rules.h"
#include "proxy/ports/lease_table.h"
#include "proxy/rates/rate_bucket.h"
#include "proxy/session/session_options.h"
#include "proxy/tls/tls_options.h"

namespace pinnace::gateway {

struct ListenerOptions {
  Address address;
  std::string farm;
  session::ClientTls tls = session::ClientTls::kNone;
};

struct GatewayOptions {
  int workers = 0;  // 0: one per core
  std::vector<ListenerOptions> listeners;
  std::vector<PortRange> public_ports = {{50000, 50099}};
  ports::SourceMatch data_source = ports::SourceMatch::kSameAddress;
  session::SessionOptions
      session;  // banner, timeouts, public address, active source port
  std::optional<tls::ServerOptions> tls;  // of listeners with TLS
  ingress::ProxyRules proxy;              // of the balancers in front
  size_t max_sessions = limits::kMaxSessions;
  guard::GuardOptions guard;
  int max_pending_data_per_address = 0;                    // 0: no bound
  absl::Duration probe_interval = limits::kProbeInterval;  // zero: no probes
  std::string zone;  // for farms with prefer_zone
  // How long a draining gateway still takes new sessions.
  absl::Duration drain_notice = limits::kDrainNotice;
  rates::TransferLimit rate;  // of all sessions, at the start
  uint64_t memory = 0;        // bytes resident; 0: no bound
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_GATEWAY_OPTIONS_H_
