// The set-up of a data path: PASV, EPSV, PORT and EPRT of the client, and what
// is asked of the backend for them.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/ftp/data_address.h"
#include "proxy/ingress/proxy_header.h"
#include "proxy/session/fault_reply.h"
#include "proxy/session/transfer.h"

namespace pinnace::session {
namespace {

using ftp::Reply;
using ftp::ReplyCode;
using metrics::Counter;

// RFC 2577 §3: below are the ports of other services.
constexpr uint16_t kLowestActivePort = 1024;

// The backend knows no EPSV (RFC 2428 is younger than it), or is told not to.
bool RefusesExtendedPassive(const Reply& reply) {
  return reply.severity() == ftp::Severity::kPermanent &&
         !reply.Is(ReplyCode::kNotLoggedIn);
}

}  // namespace

bool Transfer::RefuseAfterEpsvAll(absl::string_view verb, Turn& turn) {
  if (!epsv_all_) return false;
  turn.Say(ReplyCode::kBadSequence,
           absl::StrCat(verb, " refused: EPSV ALL is in effect."));
  return true;
}

void Transfer::OnPasv(Turn& turn) {
  if (RefuseAfterEpsvAll("PASV", turn)) return;
  if (!client_.ip.is_ipv4()) {
    turn.Say(CannotOpenData("PASV is for IPv4, use EPSV."));
    return;
  }
  const std::optional<IpAddress> announced = ingress::AdvertisedAddress(
      options_.public_address, turn.names, client_.ip, local_.ip, dialled_);
  if (!announced.has_value() || !announced->is_ipv4()) {
    turn.Say(CannotOpenData(
        "the gateway's public address is not known now, use EPSV."));
    return;
  }
  StartPassive(ClientMode::kPassive, *announced, turn);
}

void Transfer::OnEpsv(const ftp::Command& command, Turn& turn) {
  const Family family = client_.ip.family();
  switch (ftp::ParseEpsvArgument(command.argument)) {
    case ftp::EpsvArgument::kAll:
      epsv_all_ = true;
      turn.Say(ReplyCode::kOk, "EPSV ALL is in effect.");
      return;
    case ftp::EpsvArgument::kUnknownFamily:
      turn.Say(ReplyCode::kNetworkProtocolUnsupported,
               "Network protocol not supported, use (1,2)");
      return;
    case ftp::EpsvArgument::kSyntax:
      turn.Say(ReplyCode::kArgumentError, "EPSV takes a number or ALL.");
      return;
    case ftp::EpsvArgument::kIpv4:
      if (family == Family::kIpv4) break;
      // The data connection comes to the address of the control connection.
      turn.Say(ReplyCode::kNetworkProtocolUnsupported,
               "Network protocol not supported, use (2)");
      return;
    case ftp::EpsvArgument::kIpv6:
      if (family == Family::kIpv6) break;
      turn.Say(ReplyCode::kNetworkProtocolUnsupported,
               "Network protocol not supported, use (1)");
      return;
    case ftp::EpsvArgument::kNone:
      break;
  }
  StartPassive(ClientMode::kExtendedPassive, IpAddress(), turn);
}

void Transfer::OnPort(const ftp::Command& command, Turn& turn) {
  if (RefuseAfterEpsvAll("PORT", turn)) return;
  const std::optional<Address> target =
      ftp::ParsePortArgument(command.argument);
  if (!target.has_value()) {
    turn.Say(ReplyCode::kArgumentError, "PORT takes h1,h2,h3,h4,p1,p2.");
    return;
  }
  StartActive("PORT", *target, turn);
}

void Transfer::OnEprt(const ftp::Command& command, Turn& turn) {
  if (RefuseAfterEpsvAll("EPRT", turn)) return;
  const ftp::EprtArgument argument = ftp::ParseEprtArgument(command.argument);
  switch (argument.error) {
    case ftp::EprtError::kSyntax:
      turn.Say(ReplyCode::kArgumentError, "EPRT takes |family|address|port|.");
      return;
    case ftp::EprtError::kUnknownFamily:
      turn.Say(ReplyCode::kNetworkProtocolUnsupported,
               "Network protocol not supported, use (1,2)");
      return;
    case ftp::EprtError::kNone:
      break;
  }
  StartActive("EPRT", argument.address, turn);
}

void Transfer::StartPassive(ClientMode mode, const IpAddress& announced,
                            Turn& turn) {
  StartPath(mode, turn);
  path_.announced = announced;
  path_.lease = Lease::kWanted;
  deadline_ = turn.now + options_.timeouts.lease_wait;
  turn.Do(TakeLease{.path = path_.id,
                    .slice = link_.public_ports(),
                    .is_protected = path_.client_protected,
                    .fxp_peers = FxpPeers()});
  AskBackend(turn);
}

void Transfer::StartActive(absl::string_view verb, const Address& target,
                           Turn& turn) {
  Address allowed = target;
  // "::" and "0.0.0.0" name no host: a client that does not say its address
  // (lftp over loopback) means its own.
  if (target.ip == client_.ip.Masked(0)) {
    allowed.ip = client_.ip;
  }
  const FxpTarget fxp = FxpTargetOf(allowed.ip, turn);
  if (fxp == FxpTarget::kNone && options_.replace_private_port_address &&
      target.ip.IsPrivate() && target.ip.family() == client_.ip.family()) {
    allowed.ip = client_.ip;
  }
  // RFC 2577 §3: no bounce to a third host or to a well-known port.
  if ((allowed.ip != client_.ip && fxp == FxpTarget::kNone) ||
      allowed.port < kLowestActivePort) {
    turn.Count(Counter::kBouncesRefused);
    turn.Say(
        ReplyCode::kParameterNotImplemented,
        absl::StrCat(verb, " must name your own address (",
                     client_.ip.ToString(), ") and a port of 1024 or above."));
    return;
  }
  if (fxp != FxpTarget::kNone && protection_.protects_data()) {
    // RFC 4217 makes the server of a control connection TLS's server on its
    // data connections too: of two servers neither would begin.
    turn.Say(ReplyCode::kParameterNotImplemented,
             absl::StrCat(verb, " to another server needs PROT C."));
    return;
  }
  StartPath(ClientMode::kActive, turn);
  path_.client_target = allowed;
  path_.to_own_port = fxp == FxpTarget::kOwn;
  deadline_ = turn.now + link_.timeouts().backend_reply;
  AskBackend(turn);
}

Transfer::FxpTarget Transfer::FxpTargetOf(const IpAddress& target,
                                          const Turn& turn) const {
  if (link_.fxp_peers() == nullptr || target == client_.ip) {
    return FxpTarget::kNone;
  }
  // As a 227 of ours announces it, or as a client of EPSV takes it from its
  // control connection.
  if (target == local_.ip ||
      target == ingress::AdvertisedAddress(options_.public_address, turn.names,
                                           client_.ip, local_.ip, dialled_)) {
    return FxpTarget::kOwn;
  }
  return AnyContains(*link_.fxp_peers(), target) ? FxpTarget::kPeer
                                                 : FxpTarget::kNone;
}

const std::shared_ptr<const std::vector<Cidr>>* Transfer::FxpPeers() const {
  if (link_.fxp_peers() == nullptr || path_.client_protected) return nullptr;
  return &link_.fxp_peers();
}

void Transfer::StartPath(ClientMode mode, Turn& turn) {
  PINNACE_CHECK(!is_busy());
  // A new set-up frees what the former one holds.
  ClosePath(Closing::kReset, turn);
  path_.id = ++last_path_;
  path_.client_mode = mode;
  path_.client_protected = protection_.protects_data();
  state_ = State::kOpening;
}

void Transfer::AskBackend(Turn& turn) {
  if (AskBackendProtection(turn)) return;
  if (link_.data_mode() == fleet::DataMode::kActive) {
    path_.backend_setup = BackendSetup::kListening;
    turn.Do(ListenForBackend{path_.id});
    return;
  }
  AskBackendPassive(turn);
}

// PROT is asked for when a transfer needs another level than the last one: most
// sessions say it once, and need not wait for it at their login.
bool Transfer::AskBackendProtection(Turn& turn) {
  const bool wanted = link_.WantsPrivate(path_.client_protected);
  if (wanted == link_.is_private()) return false;
  path_.backend_setup = BackendSetup::kProtecting;
  if (!link_.has_buffer_size()) {
    turn.SendLine("PBSZ 0");
  } else {
    turn.SendLine(wanted ? "PROT P" : "PROT C");
  }
  return true;
}

void Transfer::OnProtectionReply(const Reply& reply, Turn& turn) {
  if (!reply.IsCompletion()) {
    path_.backend_setup = BackendSetup::kReady;
    FailSetup(CannotOpenData(absl::StrCat(
                  "the backend refused to change PROT: ", reply.last_text())),
              turn);
    return;
  }
  if (!link_.has_buffer_size()) {
    link_.AcceptedBufferSize();
  } else {
    link_.AcceptedProtection(!link_.is_private());
  }
  AskBackend(turn);
}

void Transfer::AskBackendPassive(Turn& turn) {
  path_.backend_setup = BackendSetup::kAsked;
  // PASV can say nothing about an IPv6 address.
  path_.asked_extended =
      !link_.peer().ip.is_ipv4() ||
      !link_.status().lacks_epsv.load(std::memory_order_relaxed);
  turn.SendLine(path_.asked_extended ? "EPSV" : "PASV");
}

void Transfer::OnBackendListening(DataPathId path,
                                  std::optional<Address> address, Turn& turn) {
  if (path != path_.id || path == 0 || !is_setting_up()) return;
  if (!address.has_value()) {
    path_.backend_setup = BackendSetup::kReady;
    FailSetup(CannotOpenData("no port is free toward the backend."), turn);
    return;
  }
  path_.backend_setup = BackendSetup::kAsked;
  path_.backend_data = *address;
  turn.SendLine(address->ip.is_ipv4()
                    ? absl::StrCat("PORT ", ftp::FormatPortArgument(*address))
                    : absl::StrCat("EPRT ", ftp::FormatEprtArgument(*address)));
}

void Transfer::OnSetupReply(const Reply& reply, Turn& turn) {
  if (reply.IsPreliminary()) return;
  if (path_.backend_setup == BackendSetup::kProtecting) {
    return OnProtectionReply(reply, turn);
  }
  if (path_.backend_setup != BackendSetup::kAsked) return;
  if (link_.data_mode() == fleet::DataMode::kPassive) {
    OnPassiveSetupReply(reply, turn);
    return;
  }
  path_.backend_setup = BackendSetup::kReady;
  if (reply.IsCompletion()) {
    AnswerSetupWhenReady(turn);
  } else {
    FailSetup(CannotOpenData(absl::StrCat("the backend refused active mode: ",
                                          reply.last_text())),
              turn);
  }
}

void Transfer::OnPassiveSetupReply(const Reply& reply, Turn& turn) {
  std::optional<Address> data;
  if (path_.asked_extended && reply.Is(ReplyCode::kExtendedPassive)) {
    const std::optional<uint16_t> port =
        ftp::ParseExtendedPassiveText(reply.last_text());
    if (port.has_value()) data = link_.peer().WithPort(*port);
  } else if (path_.asked_extended && RefusesExtendedPassive(reply) &&
             link_.peer().ip.is_ipv4()) {
    link_.status().lacks_epsv.store(true, std::memory_order_relaxed);
    AskBackendPassive(turn);
    return;
  } else if (!path_.asked_extended && reply.Is(ReplyCode::kPassive)) {
    data = ftp::ParsePassiveText(reply.last_text());
    // Believe only the port: a backend must not aim us at a third host.
    if (data.has_value() && !link_.allows_foreign_data_address()) {
      data = link_.peer().WithPort(data->port);
    }
  }
  path_.backend_setup = BackendSetup::kReady;
  if (!data.has_value() || data->port == 0) {
    turn.Count(Counter::kBackendFaults);
    FailSetup(CannotOpenData(absl::StrCat("the backend refused passive mode: ",
                                          reply.last_text())),
              turn);
    return;
  }
  path_.backend_data = *data;
  // At once, also after the client was told of an error: RFC 959 has no way
  // to take a PASV back, but a connection that is closed does.
  if (!path_.setup_error.has_value()) {
    DialBackendLeg(turn);
  }
  AnswerSetupWhenReady(turn);
}

void Transfer::DialBackendLeg(Turn& turn) {
  DialBackend dial = {path_.id, path_.backend_data};
  if (link_.wants_data_proxy_header()) {
    // Where the client's own connection is from is not known before it comes.
    Address client = client_.WithPort(0);
    if (!is_passive()) client = path_.client_target;
    if (path_.client_leg == LegState::kOpen) client = path_.client_data;
    dial.header = turn.Keep(ingress::ProxyV2(client, local_));
  }
  turn.Do(dial);
}

void Transfer::OnLease(DataPathId path, std::optional<uint16_t> port,
                       LeaseRefusal why, Turn& turn) {
  if (path != path_.id || path == 0 || path_.lease != Lease::kWanted) return;
  if (!port.has_value()) {
    path_.lease = Lease::kNotNeeded;
    deadline_ = turn.now + link_.timeouts().backend_reply;
    FailSetup(NoLease(why), turn);
    return;
  }
  path_.lease = Lease::kGranted;
  path_.public_port = *port;
  deadline_ = path_.backend_setup == BackendSetup::kLost
                  ? absl::InfiniteFuture()
                  : turn.now + link_.timeouts().backend_reply;
  AnswerSetupWhenReady(turn);
}

void Transfer::FailSetup(Reply reply, Turn& turn) {
  if (path_.backend_setup == BackendSetup::kLost) {
    // No backend is left whose answer would have to come first.
    ClosePath(Closing::kReset, turn);
    turn.Say(reply);
    return;
  }
  if (!path_.setup_error.has_value()) path_.setup_error = std::move(reply);
  AnswerSetupWhenReady(turn);
}

void Transfer::AnswerSetupWhenReady(Turn& turn) {
  if (!is_setting_up() || path_.backend_setup != BackendSetup::kReady) return;
  if (state_ == State::kRunning) {
    if (path_.setup_error.has_value()) {
      return FailResume(path_.setup_error->last_text(), turn);
    }
    return Proceed(Step::kRest, turn);
  }
  if (path_.setup_error.has_value() && !path_.announced_to_client) {
    const Reply error = *path_.setup_error;
    ClosePath(Closing::kReset, turn);
    turn.Say(error);
    return;
  }
  if (path_.lease == Lease::kWanted) return;
  state_ = State::kOpen;
  if (path_.announced_to_client) {
    deadline_ = path_.client_leg == LegState::kOpen ? absl::InfiniteFuture()
                                                    : path_.client_deadline;
    return;
  }
  path_.announced_to_client = true;
  switch (path_.client_mode) {
    case ClientMode::kPassive:
      turn.Say(ReplyCode::kPassive,
               ftp::FormatPassiveText({path_.announced, path_.public_port}));
      break;
    case ClientMode::kExtendedPassive:
      turn.Say(ReplyCode::kExtendedPassive,
               ftp::FormatExtendedPassiveText(path_.public_port));
      break;
    case ClientMode::kActive:
      turn.Say(ReplyCode::kOk, "Active mode set.");
      break;
  }
  // The lease does not outlive the wait for its connection.
  deadline_ = is_passive() && path_.client_leg != LegState::kOpen
                  ? turn.now + link_.timeouts().data_connect
                  : absl::InfiniteFuture();
}

}  // namespace pinnace::session
