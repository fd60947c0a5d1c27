#include "proxy/control/gateway_facts.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "proxy/base/printable.h"
#include "proxy/fleet/balancer.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::control {
namespace {

using snapshot::DurationMessage;
using snapshot::TimestampMessage;

// Empty for one that is not known yet.
std::string Text(const Address& address) {
  return address == Address{} ? "" : address.ToString();
}

v1::TimelineEntry::Kind KindOf(gateway::TimelineEntry::Kind kind) {
  using Kind = gateway::TimelineEntry::Kind;
  switch (kind) {
    case Kind::kCommand:
      return v1::TimelineEntry::KIND_COMMAND;
    case Kind::kReply:
      return v1::TimelineEntry::KIND_REPLY;
    case Kind::kBackendCommand:
      return v1::TimelineEntry::KIND_BACKEND_COMMAND;
    case Kind::kBackendReply:
      return v1::TimelineEntry::KIND_BACKEND_REPLY;
    case Kind::kNote:
      return v1::TimelineEntry::KIND_NOTE;
  }
  return v1::TimelineEntry::KIND_UNSPECIFIED;
}

v1::Event::Kind KindOf(gateway::Event::Kind kind) {
  using Kind = gateway::Event::Kind;
  switch (kind) {
    case Kind::kSessionStart:
      return v1::Event::KIND_SESSION_START;
    case Kind::kLogin:
      return v1::Event::KIND_LOGIN;
    case Kind::kSessionEnd:
      return v1::Event::KIND_SESSION_END;
    case Kind::kTransferStart:
      return v1::Event::KIND_TRANSFER_START;
    case Kind::kTransferEnd:
      return v1::Event::KIND_TRANSFER_END;
    case Kind::kBackendHealth:
      return v1::Event::KIND_BACKEND_HEALTH;
    case Kind::kDrain:
      return v1::Event::KIND_DRAIN;
    case Kind::kBan:
      return v1::Event::KIND_BAN;
    case Kind::kGap:
      return v1::Event::KIND_GAP;
  }
  return v1::Event::KIND_UNSPECIFIED;
}

// Both directions share one burst.
void AddRate(const rates::TransferLimit& limit,
             absl::FunctionRef<v1::RateLimit*()> mutable_rate) {
  if (limit == rates::TransferLimit()) return;
  v1::RateLimit& rate = *mutable_rate();
  rate.set_download(limit.download.bytes_per_second);
  rate.set_upload(limit.upload.bytes_per_second);
  rate.set_burst(
      std::max(limit.download.burst_bytes, limit.upload.burst_bytes));
}

v1::TlsFacts TlsFactsMessage(const TlsFacts& facts) {
  v1::TlsFacts message;
  message.set_version(facts.version);
  message.set_cipher(facts.cipher);
  // What the other end has chosen.
  message.set_server_name(Printable(facts.server_name));
  message.set_subject(Printable(facts.subject));
  return message;
}

v1::BackendLoad::Health HealthOf(fleet::Health health) {
  switch (health) {
    case fleet::Health::kUnknown:
      return v1::BackendLoad::HEALTH_UNKNOWN;
    case fleet::Health::kHealthy:
      return v1::BackendLoad::HEALTH_HEALTHY;
    case fleet::Health::kUnhealthy:
      return v1::BackendLoad::HEALTH_UNHEALTHY;
  }
  return v1::BackendLoad::HEALTH_UNSPECIFIED;
}

v1::Farm::Balance BalanceOf(fleet::Balance balance) {
  switch (balance) {
    case fleet::Balance::kRoundRobin:
      return v1::Farm::BALANCE_ROUND_ROBIN;
    case fleet::Balance::kLeastSessions:
      return v1::Farm::BALANCE_LEAST_SESSIONS;
    case fleet::Balance::kWeighted:
      return v1::Farm::BALANCE_WEIGHTED;
    case fleet::Balance::kP2c:
      return v1::Farm::BALANCE_P2C;
    case fleet::Balance::kMaglev:
      return v1::Farm::BALANCE_MAGLEV;
  }
  return v1::Farm::BALANCE_UNSPECIFIED;
}

v1::Farm::ClientIdentity IdentityOf(fleet::ClientIdentity identity) {
  return identity == fleet::ClientIdentity::kUser
             ? v1::Farm::CLIENT_IDENTITY_USER
             : v1::Farm::CLIENT_IDENTITY_ADDRESS;
}

v1::HealthCheck::Kind ProbeKindOf(fleet::ProbeKind kind) {
  switch (kind) {
    case fleet::ProbeKind::kConnect:
      return v1::HealthCheck::KIND_CONNECT;
    case fleet::ProbeKind::kLogin:
      return v1::HealthCheck::KIND_LOGIN;
    case fleet::ProbeKind::kList:
      return v1::HealthCheck::KIND_LIST;
  }
  return v1::HealthCheck::KIND_UNSPECIFIED;
}

v1::BackendTls::Mode BackendTlsModeOf(fleet::BackendTlsMode mode) {
  switch (mode) {
    case fleet::BackendTlsMode::kNone:
      return v1::BackendTls::MODE_NONE;
    case fleet::BackendTlsMode::kExplicit:
      return v1::BackendTls::MODE_EXPLICIT;
    case fleet::BackendTlsMode::kImplicit:
      return v1::BackendTls::MODE_IMPLICIT;
  }
  return v1::BackendTls::MODE_UNSPECIFIED;
}

v1::BackendTls::DataProtection DataProtectionOf(
    fleet::DataProtection protection) {
  switch (protection) {
    case fleet::DataProtection::kSame:
      return v1::BackendTls::DATA_PROTECTION_SAME;
    case fleet::DataProtection::kClear:
      return v1::BackendTls::DATA_PROTECTION_CLEAR;
    case fleet::DataProtection::kPrivate:
      return v1::BackendTls::DATA_PROTECTION_PRIVATE;
  }
  return v1::BackendTls::DATA_PROTECTION_UNSPECIFIED;
}

v1::BackendTls BackendTlsMessage(const fleet::BackendTls& tls) {
  v1::BackendTls message;
  message.set_mode(BackendTlsModeOf(tls.mode));
  message.set_ca(tls.ca);
  message.set_server_name(tls.server_name);
  message.set_skip_verification(!tls.verify);
  message.set_cert(tls.cert);
  message.set_key(tls.key);
  message.set_data_protection(DataProtectionOf(tls.data_protection));
  return message;
}

void AddTimeouts(const fleet::FarmTimeouts& timeouts, v1::FarmTimeouts& out) {
  const auto add = [](const std::optional<absl::Duration>& timeout,
                      auto mutable_field) {
    if (timeout.has_value()) *mutable_field() = DurationMessage(*timeout);
  };
  add(timeouts.idle, [&] { return out.mutable_idle(); });
  add(timeouts.backend_connect, [&] { return out.mutable_backend_connect(); });
  add(timeouts.backend_reply, [&] { return out.mutable_backend_reply(); });
  add(timeouts.data_connect, [&] { return out.mutable_data_connect(); });
  add(timeouts.transfer_stall, [&] { return out.mutable_transfer_stall(); });
}

v1::Backend::ProxyProtocol ProxyProtocolMessage(fleet::ProxyProtocol protocol) {
  switch (protocol) {
    case fleet::ProxyProtocol::kOff:
      return v1::Backend::PROXY_PROTOCOL_OFF;
    case fleet::ProxyProtocol::kV2:
      return v1::Backend::PROXY_PROTOCOL_V2;
  }
  return v1::Backend::PROXY_PROTOCOL_OFF;
}

}  // namespace

v1::Transfer TransferMessage(const session::TransferFacts& facts) {
  v1::Transfer transfer;
  transfer.set_verb(facts.verb);
  transfer.set_path(facts.path);
  transfer.set_client_mode(facts.client_mode);
  transfer.set_backend_mode(facts.backend_mode);
  transfer.set_bytes(facts.bytes);
  transfer.set_public_port(facts.public_port);
  transfer.set_client_data(Text(facts.client_data));
  transfer.set_backend_data(Text(facts.backend_data));
  *transfer.mutable_started() = TimestampMessage(facts.started);
  transfer.set_client_protected(facts.client_protected);
  transfer.set_backend_protected(facts.backend_protected);
  transfer.set_client_local(Text(facts.client_local));
  transfer.set_backend_local(Text(facts.backend_local));
  transfer.set_rate(facts.rate);
  return transfer;
}

v1::Session SessionMessage(const session::SessionFacts& facts) {
  v1::Session session;
  session.set_id(facts.id);
  session.set_user(facts.user);
  session.set_listener(facts.listener);
  session.set_farm(facts.farm);
  session.set_backend(facts.backend);
  session.set_phase(facts.phase);
  session.set_client(Text(facts.client));
  session.set_local(Text(facts.local));
  session.set_backend_address(Text(facts.backend_address));
  *session.mutable_started() = TimestampMessage(facts.started);
  *session.mutable_last_command() = TimestampMessage(facts.last_command);
  session.set_commands(facts.commands);
  session.set_transfers(facts.transfers);
  if (facts.transfer.has_value()) {
    *session.mutable_transfer() = TransferMessage(*facts.transfer);
  }
  if (facts.client_tls.has_value()) {
    *session.mutable_client_tls() = TlsFactsMessage(*facts.client_tls);
  }
  if (facts.backend_tls.has_value()) {
    *session.mutable_backend_tls() = TlsFactsMessage(*facts.backend_tls);
  }
  if (facts.public_address.has_value()) {
    session.set_public_address(facts.public_address->ToString());
  }
  session.set_pin(facts.pin);
  session.set_bytes_to_client(facts.bytes_to_client);
  session.set_bytes_to_backend(facts.bytes_to_backend);
  return session;
}

v1::Pin PinMessage(const fleet::PinTable::Pin& pin) {
  v1::Pin message;
  message.set_key(pin.Key());
  message.set_farm(pin.farm);
  if (pin.user.empty()) {
    message.set_client(pin.client.ToString());
  } else {
    message.set_user(Printable(pin.user));
  }
  message.set_backend(pin.backend);
  *message.mutable_expires() = TimestampMessage(pin.expires);
  return message;
}

v1::PortUse PortUseMessage(const ports::LeaseTable::Facts& facts) {
  v1::PortUse use;
  use.set_ports(facts.ports);
  use.set_pending(facts.pending);
  use.set_waiting(facts.waiting);
  use.set_granted_total(facts.granted_total);
  use.set_claimed_total(facts.claimed_total);
  use.set_waited_total(facts.waited_total);
  use.set_refused_total(facts.refused_total);
  use.set_strangers_total(facts.strangers_total);
  for (const ports::LeaseTable::Facts::Port& port : facts.by_port) {
    v1::PortUse::Port* message = use.add_by_port();
    message->set_port(port.port);
    message->set_pending(port.pending);
  }
  return use;
}

v1::Backend BackendMessage(const fleet::Backend& backend) {
  v1::Backend message;
  message.set_id(backend.id);
  message.set_address(backend.address.ToString());
  message.set_weight(backend.weight);
  message.set_zone(backend.zone);
  message.set_capacity(backend.capacity);
  message.set_max_sessions(backend.max_sessions);
  message.set_proxy_protocol(ProxyProtocolMessage(backend.proxy_protocol));
  message.set_data_proxy_protocol(
      ProxyProtocolMessage(backend.data_proxy_protocol));
  message.mutable_labels()->insert(backend.labels.begin(),
                                   backend.labels.end());
  if (backend.passive_ports.has_value()) {
    message.set_passive_ports(backend.passive_ports->ToString());
  }
  if (backend.public_ports.has_value()) {
    message.set_public_ports(backend.public_ports->ToString());
  }
  message.set_state(backend.state == fleet::AdminState::kDraining
                        ? v1::Backend::STATE_DRAINING
                        : v1::Backend::STATE_UP);
  AddRate(backend.rate, [&] { return message.mutable_rate(); });
  return message;
}

v1::BackendLoad BackendLoadMessage(const fleet::Backend& backend,
                                   absl::Time now) {
  const fleet::BackendStatus& status = *backend.status;
  v1::BackendLoad load;
  load.set_backend(backend.id);
  load.set_sessions(status.sessions.load());
  load.set_sessions_total(status.sessions_total.load());
  load.set_transfers_total(status.transfers_total.load());
  load.set_connect_failures(status.connect_failures.load());
  load.set_health(HealthOf(status.health()));
  load.set_ejected(status.IsEjected(now));
  load.set_trouble(status.trouble());
  load.set_bytes_to_clients(status.bytes_to_clients.load());
  load.set_bytes_from_clients(status.bytes_from_clients.load());
  return load;
}

v1::Farm FarmMessage(const fleet::Farm& farm) {
  v1::Farm message;
  message.set_name(farm.name);
  message.set_balance(BalanceOf(farm.balance));
  message.set_data_mode(farm.data_mode == fleet::DataMode::kActive
                            ? v1::Farm::DATA_MODE_ACTIVE
                            : v1::Farm::DATA_MODE_PASSIVE);
  message.set_allow_foreign_data_address(farm.allow_foreign_data_address);
  *message.mutable_pin_ttl() = DurationMessage(farm.pin_ttl);
  message.set_pin_by(IdentityOf(farm.pin_by));
  message.set_hash_on(IdentityOf(farm.hash_on));
  message.set_prefer_zone(farm.prefer_zone);
  *message.mutable_slow_start() = DurationMessage(farm.slow_start);
  const fleet::HealthCheck& health = farm.health_check;
  message.mutable_health_check()->set_kind(ProbeKindOf(health.kind));
  if (health.interval > absl::ZeroDuration()) {
    *message.mutable_health_check()->mutable_interval() =
        DurationMessage(health.interval);
  }
  *message.mutable_health_check()->mutable_timeout() =
      DurationMessage(health.timeout);
  message.mutable_health_check()->set_rise(health.rise);
  message.mutable_health_check()->set_fall(health.fall);
  message.mutable_health_check()->set_user(health.user);
  message.mutable_health_check()->set_password_file(health.password_file);
  const fleet::OutlierEjection& ejection = farm.outlier_ejection;
  v1::OutlierEjection& outlier = *message.mutable_outlier_ejection();
  outlier.set_connect_failures(ejection.connect_failures);
  outlier.set_data_failures(ejection.data_failures);
  *outlier.mutable_base() = DurationMessage(ejection.base);
  *outlier.mutable_longest() = DurationMessage(ejection.longest);
  outlier.set_most_percent(ejection.most_percent);
  message.mutable_failover()->set_candidates(farm.failover.candidates);
  *message.mutable_failover()->mutable_budget() =
      DurationMessage(farm.failover.budget);
  message.mutable_failover()->set_replace_backend(
      farm.failover.replace_backend);
  message.mutable_failover()->set_resume_downloads(
      farm.failover.resume_downloads);
  *message.mutable_drain()->mutable_grace() = DurationMessage(farm.drain.grace);
  *message.mutable_drain()->mutable_deadline() =
      DurationMessage(farm.drain.deadline);
  AddTimeouts(farm.timeouts, *message.mutable_timeouts());
  *message.mutable_backend_tls() = BackendTlsMessage(farm.backend_tls);
  message.set_tolerate_missing_close_notify(farm.tolerate_missing_close_notify);
  if (farm.fxp_peers != nullptr) {
    for (const Cidr& peer : *farm.fxp_peers) {
      message.add_fxp_peers(peer.ToString());
    }
  }
  AddRate(farm.rate, [&] { return message.mutable_rate(); });
  return message;
}

v1::Route RouteMessage(const policy::Route& route) {
  v1::Route message;
  message.set_name(route.name);
  message.set_order(route.order);
  message.set_listener(route.listener);
  message.set_host(route.host);
  message.set_user(route.user);
  if (route.client.has_value()) {
    message.set_client_cidr(route.client->ToString());
  }
  message.set_client_subject(route.subject);
  message.set_farm(route.farm);
  return message;
}

v1::Policy PolicyMessage(const policy::Policy& policy) {
  v1::Policy message;
  message.set_name(policy.name);
  message.set_listener(policy.listener);
  message.set_farm(policy.farm);
  message.set_user(policy.user);
  if (policy.client.has_value()) {
    message.set_client_cidr(policy.client->ToString());
  }
  for (const Cidr& network : policy.allow_clients.Networks()) {
    message.add_allow_clients(network.ToString());
  }
  for (const Cidr& network : policy.deny_clients.Networks()) {
    message.add_deny_clients(network.ToString());
  }
  message.set_read_only(policy.read_only);
  const auto add = [](const std::vector<std::string>& from, auto* to) {
    to->Assign(from.begin(), from.end());
  };
  add(policy.commands.allow, message.mutable_allow_commands());
  add(policy.commands.deny, message.mutable_deny_commands());
  add(policy.site.allow, message.mutable_allow_site());
  add(policy.site.deny, message.mutable_deny_site());
  add(policy.paths.allow, message.mutable_allow_paths());
  add(policy.paths.deny, message.mutable_deny_paths());
  message.set_max_upload_bytes(policy.max_upload_bytes);
  add(policy.upload_names.allow, message.mutable_allow_upload_names());
  add(policy.upload_names.deny, message.mutable_deny_upload_names());
  message.set_max_sessions_per_user(policy.max_sessions_per_user);
  message.set_max_sessions_per_address(policy.max_sessions_per_address);
  AddRate(policy.session_rate, [&] { return message.mutable_session_rate(); });
  AddRate(policy.user_rate, [&] { return message.mutable_user_rate(); });
  return message;
}

v1::TimelineEntry TimelineEntryMessage(const gateway::TimelineEntry& entry) {
  v1::TimelineEntry message;
  message.set_number(entry.number);
  *message.mutable_time() = TimestampMessage(entry.time);
  message.set_kind(KindOf(entry.kind));
  message.set_text(entry.text);
  return message;
}

v1::Event EventMessage(const gateway::Event& event) {
  v1::Event message;
  message.set_number(event.number);
  *message.mutable_time() = TimestampMessage(event.time);
  message.set_kind(KindOf(event.kind));
  message.set_session(event.session);
  message.set_client(event.client.port == 0 && event.client != Address{}
                         ? event.client.ip.ToString()
                         : Text(event.client));
  message.set_user(event.user);
  message.set_farm(event.farm);
  message.set_backend(event.backend);
  if (event.transfer.has_value()) {
    *message.mutable_transfer() = TransferMessage(*event.transfer);
  }
  message.set_ok(event.ok);
  message.set_text(event.text);
  return message;
}

std::string WhyNotReady(const gateway::GatewayView& gateway, absl::Time now) {
  if (gateway.draining()) return "draining";
  const snapshot::SnapshotPtr snapshot = gateway.snapshot();
  if (snapshot == nullptr) return "no snapshot yet";
  for (const fleet::Farm& farm : snapshot->fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      if (fleet::IsUsable(backend, now)) return "";
    }
  }
  return "no usable backend";
}

}  // namespace pinnace::control
