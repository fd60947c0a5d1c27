#include "proxy/snapshot/snapshot_decoder.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/port_range.h"
#include "proxy/snapshot/farm_check.h"
#include "proxy/snapshot/field_check.h"
#include "proxy/snapshot/policy_check.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/rate_check.h"
#include "proxy/snapshot/route_check.h"

namespace pinnace::snapshot {
namespace {

fleet::Balance BalanceOf(v1::Farm::Balance balance) {
  switch (balance) {
    case v1::Farm::BALANCE_ROUND_ROBIN:
      return fleet::Balance::kRoundRobin;
    case v1::Farm::BALANCE_WEIGHTED:
      return fleet::Balance::kWeighted;
    case v1::Farm::BALANCE_P2C:
      return fleet::Balance::kP2c;
    case v1::Farm::BALANCE_MAGLEV:
      return fleet::Balance::kMaglev;
    default:
      return fleet::Balance::kLeastSessions;
  }
}

fleet::ClientIdentity IdentityOf(v1::Farm::ClientIdentity identity) {
  return identity == v1::Farm::CLIENT_IDENTITY_USER
             ? fleet::ClientIdentity::kUser
             : fleet::ClientIdentity::kAddress;
}

fleet::ProxyProtocol ProxyProtocolOf(v1::Backend::ProxyProtocol protocol) {
  return protocol == v1::Backend::PROXY_PROTOCOL_V2
             ? fleet::ProxyProtocol::kV2
             : fleet::ProxyProtocol::kOff;
}

fleet::ProbeKind ProbeKindOf(v1::HealthCheck::Kind kind) {
  switch (kind) {
    case v1::HealthCheck::KIND_LOGIN:
      return fleet::ProbeKind::kLogin;
    case v1::HealthCheck::KIND_LIST:
      return fleet::ProbeKind::kList;
    default:
      return fleet::ProbeKind::kConnect;
  }
}

fleet::HealthCheck DecodeHealthCheck(const v1::HealthCheck& message) {
  fleet::HealthCheck health;
  health.kind = ProbeKindOf(message.kind());
  if (message.has_interval()) health.interval = DurationOf(message.interval());
  if (message.has_timeout()) health.timeout = DurationOf(message.timeout());
  if (message.rise() > 0) health.rise = message.rise();
  if (message.fall() > 0) health.fall = message.fall();
  if (!message.user().empty()) health.user = message.user();
  health.password_file = message.password_file();
  return health;
}

fleet::OutlierEjection DecodeOutlierEjection(
    const v1::OutlierEjection& message) {
  fleet::OutlierEjection ejection;
  if (message.has_connect_failures()) {
    ejection.connect_failures = message.connect_failures();
  }
  if (message.has_data_failures()) {
    ejection.data_failures = message.data_failures();
  }
  if (message.has_base()) ejection.base = DurationOf(message.base());
  if (message.has_longest()) ejection.longest = DurationOf(message.longest());
  if (message.has_most_percent()) {
    ejection.most_percent = message.most_percent();
  }
  return ejection;
}

fleet::Failover DecodeFailover(const v1::Failover& message) {
  fleet::Failover failover;
  if (message.has_candidates()) failover.candidates = message.candidates();
  if (message.has_budget()) failover.budget = DurationOf(message.budget());
  failover.replace_backend = message.replace_backend();
  failover.resume_downloads = message.resume_downloads();
  return failover;
}

fleet::BackendDrain DecodeDrain(const v1::BackendDrain& message) {
  fleet::BackendDrain drain;
  if (message.has_grace()) drain.grace = DurationOf(message.grace());
  if (message.has_deadline()) drain.deadline = DurationOf(message.deadline());
  return drain;
}

fleet::FarmTimeouts DecodeTimeouts(const v1::FarmTimeouts& message) {
  fleet::FarmTimeouts timeouts;
  if (message.has_idle()) timeouts.idle = DurationOf(message.idle());
  if (message.has_backend_connect()) {
    timeouts.backend_connect = DurationOf(message.backend_connect());
  }
  if (message.has_backend_reply()) {
    timeouts.backend_reply = DurationOf(message.backend_reply());
  }
  if (message.has_data_connect()) {
    timeouts.data_connect = DurationOf(message.data_connect());
  }
  if (message.has_transfer_stall()) {
    timeouts.transfer_stall = DurationOf(message.transfer_stall());
  }
  return timeouts;
}

fleet::BackendTlsMode BackendTlsModeOf(v1::BackendTls::Mode mode) {
  switch (mode) {
    case v1::BackendTls::MODE_EXPLICIT:
      return fleet::BackendTlsMode::kExplicit;
    case v1::BackendTls::MODE_IMPLICIT:
      return fleet::BackendTlsMode::kImplicit;
    default:
      return fleet::BackendTlsMode::kNone;
  }
}

fleet::DataProtection DataProtectionOf(
    v1::BackendTls::DataProtection protection) {
  switch (protection) {
    case v1::BackendTls::DATA_PROTECTION_CLEAR:
      return fleet::DataProtection::kClear;
    case v1::BackendTls::DATA_PROTECTION_PRIVATE:
      return fleet::DataProtection::kPrivate;
    default:
      return fleet::DataProtection::kSame;
  }
}

fleet::BackendTls DecodeBackendTls(const v1::BackendTls& message) {
  fleet::BackendTls tls;
  tls.mode = BackendTlsModeOf(message.mode());
  tls.ca = message.ca();
  tls.server_name = message.server_name();
  tls.verify = !message.skip_verification();
  tls.cert = message.cert();
  tls.key = message.key();
  tls.data_protection = DataProtectionOf(message.data_protection());
  return tls;
}

fleet::Backend DecodeBackend(const v1::Backend& message) {
  fleet::Backend backend;
  backend.id = message.id();
  backend.address = *HostPort::Parse(message.address());
  backend.weight = message.has_weight() ? message.weight() : 1;
  backend.capacity = message.capacity();
  backend.max_sessions = message.max_sessions();
  backend.zone = message.zone();
  backend.labels.insert(message.labels().begin(), message.labels().end());
  backend.state = message.state() == v1::Backend::STATE_DRAINING
                      ? fleet::AdminState::kDraining
                      : fleet::AdminState::kUp;
  backend.proxy_protocol = ProxyProtocolOf(message.proxy_protocol());
  backend.rate = DecodeRate(message.rate());
  backend.data_proxy_protocol = ProxyProtocolOf(message.data_proxy_protocol());
  backend.passive_ports = PortRange::Parse(message.passive_ports());
  backend.public_ports = PortRange::Parse(message.public_ports());
  return backend;
}

fleet::Farm DecodeFarm(const v1::Farm& message) {
  fleet::Farm farm;
  farm.name = message.name();
  farm.balance = BalanceOf(message.balance());
  farm.data_mode = message.data_mode() == v1::Farm::DATA_MODE_ACTIVE
                       ? fleet::DataMode::kActive
                       : fleet::DataMode::kPassive;
  farm.allow_foreign_data_address = message.allow_foreign_data_address();
  if (message.has_pin_ttl()) farm.pin_ttl = DurationOf(message.pin_ttl());
  farm.pin_by = IdentityOf(message.pin_by());
  farm.hash_on = IdentityOf(message.hash_on());
  farm.prefer_zone = message.prefer_zone();
  farm.slow_start = DurationOf(message.slow_start());
  farm.health_check = DecodeHealthCheck(message.health_check());
  farm.outlier_ejection = DecodeOutlierEjection(message.outlier_ejection());
  farm.failover = DecodeFailover(message.failover());
  farm.drain = DecodeDrain(message.drain());
  farm.timeouts = DecodeTimeouts(message.timeouts());
  farm.backend_tls = DecodeBackendTls(message.backend_tls());
  farm.rate = DecodeRate(message.rate());
  farm.tolerate_missing_close_notify = message.tolerate_missing_close_notify();
  if (!message.fxp_peers().empty()) {
    std::vector<Cidr> peers;
    for (const std::string& text : message.fxp_peers()) {
      peers.push_back(*Cidr::Parse(text));
    }
    farm.fxp_peers =
        std::make_shared<const std::vector<Cidr>>(std::move(peers));
  }
  farm.backends.reserve(message.backends_size());
  for (const v1::Backend& backend : message.backends()) {
    farm.backends.push_back(DecodeBackend(backend));
  }
  return farm;
}

policy::Route DecodeRoute(const v1::Route& message) {
  policy::Route route;
  route.name = message.name();
  route.order = message.order();
  route.listener = message.listener();
  route.host = message.host();
  route.user = message.user();
  route.subject = message.client_subject();
  route.client = Cidr::Parse(message.client_cidr());
  route.farm = message.farm();
  return route;
}

using Texts = google::protobuf::RepeatedPtrField<std::string>;

policy::NetworkSet NetworksOf(const Texts& texts) {
  std::vector<Cidr> networks;
  for (const std::string& text : texts) networks.push_back(*Cidr::Parse(text));
  return policy::NetworkSet(networks);
}

std::vector<std::string> ListOf(const Texts& texts) {
  return {texts.begin(), texts.end()};
}

policy::Policy DecodePolicy(const v1::Policy& message) {
  policy::Policy policy;
  policy.name = message.name();
  policy.listener = message.listener();
  policy.farm = message.farm();
  policy.user = message.user();
  policy.client = Cidr::Parse(message.client_cidr());
  policy.allow_clients = NetworksOf(message.allow_clients());
  policy.deny_clients = NetworksOf(message.deny_clients());
  policy.read_only = message.read_only();
  policy.commands = {ListOf(message.allow_commands()),
                     ListOf(message.deny_commands())};
  policy.site = {ListOf(message.allow_site()), ListOf(message.deny_site())};
  policy.paths = {ListOf(message.allow_paths()), ListOf(message.deny_paths())};
  policy.upload_names = {ListOf(message.allow_upload_names()),
                         ListOf(message.deny_upload_names())};
  policy.max_upload_bytes = message.max_upload_bytes();
  policy.session_rate = DecodeRate(message.session_rate());
  policy.user_rate = DecodeRate(message.user_rate());
  policy.max_sessions_per_user = message.max_sessions_per_user();
  policy.max_sessions_per_address = message.max_sessions_per_address();
  return policy;
}

// None is null: then no session looks for one.
std::shared_ptr<const policy::PolicySet> DecodePolicies(
    const google::protobuf::RepeatedPtrField<v1::Policy>& messages) {
  if (messages.empty()) return nullptr;
  std::vector<policy::Policy> policies;
  policies.reserve(messages.size());
  for (const v1::Policy& message : messages) {
    policies.push_back(DecodePolicy(message));
  }
  return std::make_shared<const policy::PolicySet>(std::move(policies));
}

}  // namespace

absl::StatusOr<Snapshot> DecodeSnapshot(const v1::Snapshot& message) {
  absl::Status status = StatusOf(CheckFarms(message.farms()));
  if (!status.ok()) return status;
  FieldProblems problems = CheckRoutes(message.routes());
  CheckRouteFarms(message.routes(), message.farms(), problems);
  for (FieldProblem& problem : CheckPolicies(message.policies())) {
    problems.push_back(std::move(problem));
  }
  CheckPolicyFarms(message.policies(), message.farms(), problems);
  status = StatusOf(problems);
  if (!status.ok()) return status;
  Snapshot snapshot;
  snapshot.version = message.version();
  snapshot.fleet.farms.reserve(message.farms_size());
  for (const v1::Farm& farm : message.farms()) {
    snapshot.fleet.farms.push_back(DecodeFarm(farm));
  }
  std::vector<policy::Route> routes;
  routes.reserve(message.routes_size());
  for (const v1::Route& route : message.routes()) {
    routes.push_back(DecodeRoute(route));
  }
  snapshot.routes = policy::RouteTable(std::move(routes));
  snapshot.policies = DecodePolicies(message.policies());
  return snapshot;
}

}  // namespace pinnace::snapshot
