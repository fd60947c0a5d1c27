#include "proxy/config/settings.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/strip.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/rate_check.h"

namespace pinnace::config {
namespace {

using snapshot::DurationOf;

constexpr char kDefaultListener[] = "0.0.0.0:2121";
constexpr char kDefaultControlPlane[] = "127.0.0.1:9021";
constexpr char kDefaultStore[] = "sqlite:/var/lib/pinnace/pinnace.db";
constexpr char kDefaultAdmin[] = "127.0.0.1:8021";
constexpr PortRange kDefaultPublicPorts = {50000, 50099};

ports::SourceMatch SourceMatchOf(v1::GatewayConfig::DataSource source) {
  switch (source) {
    case v1::GatewayConfig::DATA_SOURCE_SAME_NETWORK:
      return ports::SourceMatch::kSameNetwork;
    case v1::GatewayConfig::DATA_SOURCE_ANY:
      return ports::SourceMatch::kAny;
    case v1::GatewayConfig::DATA_SOURCE_TLS_SESSION:
      return ports::SourceMatch::kTlsSession;
    default:
      return ports::SourceMatch::kSameAddress;
  }
}

session::ClientTls ClientTlsOf(v1::ListenerConfig::Tls tls) {
  switch (tls) {
    case v1::ListenerConfig::TLS_EXPLICIT:
      return session::ClientTls::kExplicit;
    case v1::ListenerConfig::TLS_REQUIRE:
      return session::ClientTls::kRequire;
    case v1::ListenerConfig::TLS_IMPLICIT:
      return session::ClientTls::kImplicit;
    default:
      return session::ClientTls::kNone;
  }
}

tls::SessionReuse SessionReuseOf(v1::TlsConfig::SessionReuse reuse) {
  switch (reuse) {
    case v1::TlsConfig::SESSION_REUSE_REQUIRE:
      return tls::SessionReuse::kRequire;
    case v1::TlsConfig::SESSION_REUSE_OFF:
      return tls::SessionReuse::kOff;
    default:
      return tls::SessionReuse::kPrefer;
  }
}

tls::ServerOptions ServerTlsOf(const v1::TlsConfig& config) {
  tls::ServerOptions options;
  for (const v1::TlsConfig::Certificate& files : config.certificates()) {
    options.certificates.push_back({.cert = files.cert(), .key = files.key()});
  }
  if (config.min_version() == "1.3") {
    options.min_version = tls::Version::kTls13;
  }
  options.session_reuse = SessionReuseOf(config.session_reuse());
  options.client_ca = config.client_ca();
  options.client_crl = config.client_crl();
  options.require_client_certificate = config.require_client_certificate();
  return options;
}

session::ActiveSourcePort ActiveSourcePortOf(
    v1::GatewayConfig::ActiveSourcePort port) {
  switch (port) {
    case v1::GatewayConfig::ACTIVE_SOURCE_PORT_20:
      return session::ActiveSourcePort::kTwenty;
    case v1::GatewayConfig::ACTIVE_SOURCE_PORT_LISTENER_MINUS_ONE:
      return session::ActiveSourcePort::kListenerMinusOne;
    default:
      return session::ActiveSourcePort::kAny;
  }
}

ingress::ProxyMode ProxyModeOf(v1::ProxyProtocolConfig::Mode mode) {
  switch (mode) {
    case v1::ProxyProtocolConfig::MODE_OPTIONAL:
      return ingress::ProxyMode::kOptional;
    case v1::ProxyProtocolConfig::MODE_REQUIRED:
      return ingress::ProxyMode::kRequired;
    default:
      return ingress::ProxyMode::kOff;
  }
}

ingress::ProxyRules ProxyRulesOf(const v1::ProxyProtocolConfig& config) {
  ingress::ProxyRules rules;
  rules.control = ProxyModeOf(config.control());
  rules.data = ProxyModeOf(config.data());
  for (const std::string& network : config.trusted()) {
    rules.trusted.push_back(*Cidr::Parse(network));
  }
  return rules;
}

ingress::PublicAddressRules PublicAddressRulesOf(
    const v1::PublicAddressConfig& config) {
  ingress::PublicAddressRules rules;
  rules.default_address = config.default_();
  for (const v1::PublicAddressConfig::ByClient& entry : config.by_client()) {
    rules.by_client.push_back({*Cidr::Parse(entry.cidr()), entry.address()});
  }
  return rules;
}

session::SessionTimeouts TimeoutsOf(const v1::TimeoutsConfig& config) {
  session::SessionTimeouts timeouts;
  if (config.has_idle()) timeouts.idle = DurationOf(config.idle());
  if (config.has_login()) timeouts.login = DurationOf(config.login());
  if (config.has_backend_connect()) {
    timeouts.backend_connect = DurationOf(config.backend_connect());
  }
  if (config.has_backend_reply()) {
    timeouts.backend_reply = DurationOf(config.backend_reply());
  }
  if (config.has_data_connect()) {
    timeouts.data_connect = DurationOf(config.data_connect());
  }
  if (config.has_transfer_stall()) {
    timeouts.transfer_stall = DurationOf(config.transfer_stall());
  }
  if (config.has_lease_wait()) {
    timeouts.lease_wait = DurationOf(config.lease_wait());
  }
  return timeouts;
}

guard::GuardOptions GuardOptionsOf(const v1::Config& config) {
  const v1::LimitsConfig& limits = config.gateway().limits();
  const v1::BansConfig& bans = config.gateway().bans();
  guard::GuardOptions options;
  options.gateway = GatewayNameOf(config);
  options.clients = {
      .sessions_per_address = limits.sessions_per_address(),
      .sessions_per_user = limits.sessions_per_user(),
      .connections_per_second =
          static_cast<int>(limits.connections_per_second()),
      .connections_burst = static_cast<int>(limits.connections_burst())};
  guard::FailedLoginLimits& failed = options.failed_logins;
  failed.most = bans.failed_logins();
  if (bans.has_window()) failed.window = DurationOf(bans.window());
  if (bans.has_base()) failed.base = DurationOf(bans.base());
  failed.longest = bans.has_longest() ? DurationOf(bans.longest())
                                      : std::max(failed.longest, failed.base);
  return options;
}

Address AddressOr(const std::string& text, const char* otherwise) {
  return *Address::Parse(text.empty() ? otherwise : text);
}

}  // namespace

std::string FarmOf(const v1::ListenerConfig& listener) {
  return listener.farm().empty() ? kDefaultFarm : listener.farm();
}

gateway::GatewayOptions GatewayOptionsOf(const v1::Config& config) {
  const v1::GatewayConfig& gateway = config.gateway();
  gateway::GatewayOptions options;
  options.workers = static_cast<int>(gateway.workers());
  for (const v1::ListenerConfig& listener : gateway.listeners()) {
    options.listeners.push_back({.address = *Address::Parse(listener.address()),
                                 .farm = FarmOf(listener),
                                 .tls = ClientTlsOf(listener.tls())});
  }
  if (options.listeners.empty()) {
    options.listeners.push_back(
        {.address = *Address::Parse(kDefaultListener), .farm = kDefaultFarm});
  }
  options.public_ports = PublicPortsOf(config);
  options.data_source = SourceMatchOf(gateway.data_source());
  options.session.public_address =
      PublicAddressRulesOf(gateway.public_address());
  options.proxy = ProxyRulesOf(gateway.proxy_protocol());
  if (gateway.has_banner()) options.session.banner = gateway.banner();
  options.session.timeouts = TimeoutsOf(gateway.timeouts());
  options.session.active_source_port =
      ActiveSourcePortOf(gateway.active_source_port());
  if (gateway.has_replace_private_port_address()) {
    options.session.replace_private_port_address =
        gateway.replace_private_port_address();
  }
  if (gateway.has_tls()) options.tls = ServerTlsOf(gateway.tls());
  options.session.allow_ccc = gateway.tls().allow_ccc();
  options.session.require_private_data = gateway.tls().require_private_data();
  if (gateway.has_max_sessions()) options.max_sessions = gateway.max_sessions();
  if (gateway.has_probe_interval()) {
    options.probe_interval = DurationOf(gateway.probe_interval());
  }
  options.guard = GuardOptionsOf(config);
  options.max_pending_data_per_address =
      static_cast<int>(gateway.limits().pending_data_connections_per_address());
  options.session.tarpit = DurationOf(gateway.bans().tarpit());
  options.rate = snapshot::DecodeRate(gateway.limits().rate());
  options.memory = gateway.limits().memory();
  options.zone = gateway.zone();
  options.drain_notice = DrainNoticeOf(config);
  return options;
}

std::vector<PortRange> PublicPortsOf(const v1::Config& config) {
  std::vector<PortRange> ranges;
  for (const std::string& range : config.gateway().public_ports()) {
    ranges.push_back(*PortRange::Parse(range));
  }
  if (ranges.empty()) ranges.push_back(kDefaultPublicPorts);
  return ranges;
}

std::string GatewayNameOf(const v1::Config& config) {
  if (!config.gateway().name().empty()) return config.gateway().name();
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0') {
    return "gateway";
  }
  return std::string(host).substr(0, 128);
}

absl::Duration DrainTimeoutOf(const v1::Config& config) {
  const v1::TimeoutsConfig& timeouts = config.gateway().timeouts();
  return timeouts.has_drain() ? DurationOf(timeouts.drain())
                              : limits::kDrainTimeout;
}

absl::Duration DrainNoticeOf(const v1::Config& config) {
  const v1::TimeoutsConfig& timeouts = config.gateway().timeouts();
  return timeouts.has_drain_notice() ? DurationOf(timeouts.drain_notice())
                                     : limits::kDrainNotice;
}

Address ControlPlaneListenOf(const v1::Config& config) {
  return AddressOr(config.control_plane().listen(), kDefaultControlPlane);
}

std::string SqlitePathOf(const v1::Config& config) {
  const std::string& store = config.control_plane().store();
  return std::string(
      absl::StripPrefix(store.empty() ? kDefaultStore : store, "sqlite:"));
}

Address AdminListenOf(const v1::Config& config) {
  return AddressOr(config.admin().listen(), kDefaultAdmin);
}

}  // namespace pinnace::config
