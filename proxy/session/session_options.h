// What a session needs to know of the configuration. Fixed while the gateway
// runs; one value for all sessions. Any thread.
#ifndef PINNACE_PROXY_SESSION_SESSION_OPTIONS_H_
#define PINNACE_PROXY_SESSION_SESSION_OPTIONS_H_

#include <string>

#include "absl/time/time.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/advertised.h"

namespace pinnace::session {

// Where the gateway's dial to an active client comes from (RFC 959 §3.3).
enum class ActiveSourcePort : uint8_t { kAny, kTwenty, kListenerMinusOne };

// What a listener does about TLS (RFC 4217).
enum class ClientTls : uint8_t {
  kNone,
  kExplicit,  // AUTH TLS is offered
  kRequire,   // USER is refused before AUTH
  kImplicit,  // from the first byte
};

struct SessionTimeouts {
  absl::Duration idle = limits::kIdleTimeout;  // between commands, no transfer
  absl::Duration login = limits::kLoginTimeout;  // from connect to logged in
  absl::Duration backend_connect = limits::kBackendConnectTimeout;
  absl::Duration backend_reply = limits::kBackendReplyTimeout;
  absl::Duration data_connect = limits::kDataConnectTimeout;
  absl::Duration transfer_stall = limits::kTransferStallTimeout;
  absl::Duration lease_wait = limits::kLeaseWait;
};

struct SessionOptions {
  std::string banner = "Pinnace ready.";
  SessionTimeouts timeouts;
  ingress::PublicAddressRules public_address;
  ActiveSourcePort active_source_port = ActiveSourcePort::kAny;
  // A NATed client announces its private address: dial its control address
  // instead.
  bool replace_private_port_address = false;
  bool allow_ccc = false;             // RFC 4217 §15.2.2
  bool require_private_data = false;  // transfers need PROT P
  // The answer to a failed login waits so long, doubling up to
  // limits::kMaxTarpitSteps times.
  absl::Duration tarpit;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_SESSION_OPTIONS_H_
