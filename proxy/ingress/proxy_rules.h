// Who may begin a connection with a PROXY header, and who must (configuration:
// gateway.proxy_protocol). Pure. Any thread.
#ifndef PINNACE_PROXY_INGRESS_PROXY_RULES_H_
#define PINNACE_PROXY_INGRESS_PROXY_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/proxy_reader.h"

namespace pinnace::ingress {

enum class ProxyMode : uint8_t {
  kOff,
  kOptional,  // the trusted may send one; others are clients
  kRequired,  // only the trusted may connect, and must send one
};

// What a connection's first bytes have to be.
enum class HeaderRule : uint8_t {
  kNotLookedFor,
  kMay,      // a header, or the client's own; silence too is no header
  kMust,     // a header
  kMustNot,  // the client's own: its word for an address is not taken
  kRefused,  // nothing: it may not even connect
};

struct ProxyRules {
  ProxyMode control = ProxyMode::kOff;
  ProxyMode data = ProxyMode::kOff;
  std::vector<Cidr> trusted;
  absl::Duration patience = limits::kProxyHeaderTimeout;

  bool Trusts(const IpAddress& source) const;
  // Of a connection from `source` where `mode` applies.
  HeaderRule RuleFor(ProxyMode mode, const IpAddress& source) const;
};

// Why a connection is closed.
enum class HeaderRefusal : uint8_t {
  kUntrusted,  // it has no right to a header, or to connect
  kMalformed,
  kMissing,  // none came, or it did not end in time
  kTooMany,  // others wait that are younger
  kCount,
};

struct HeaderVerdict {
  enum class Kind : uint8_t {
    kWait,
    kPass,  // with the header that was read, if one was
    kRefuse,
    kDrop,  // closed, and nobody's fault
  };
  Kind kind = Kind::kWait;
  HeaderRefusal refusal = HeaderRefusal::kUntrusted;  // of kRefuse
  std::string why;                                    // likewise

  static HeaderVerdict Refuse(HeaderRefusal refusal, absl::string_view why) {
    return {Kind::kRefuse, refusal, std::string(why)};
  }
};

// `reading` is of all that has come of a connection.
HeaderVerdict Judge(HeaderRule rule, const ProxyReading& reading);
// Where Judge() waits, and no more has come than `bytes`.
enum class Silence : uint8_t { kTimedOut, kEnded };
HeaderVerdict JudgeSilence(HeaderRule rule, Silence silence,
                           absl::string_view bytes);

}  // namespace pinnace::ingress

#endif  // PINNACE_PROXY_INGRESS_PROXY_RULES_H_
