// Replies for what went wrong between the client and its backend. Any thread.
#ifndef PINNACE_PROXY_SESSION_FAULT_REPLY_H_
#define PINNACE_PROXY_SESSION_FAULT_REPLY_H_

#include "absl/strings/string_view.h"
#include "proxy/ftp/reply.h"
#include "proxy/session/action.h"

namespace pinnace::session {

// 425: no data connection, and why.
ftp::Reply CannotOpenData(absl::string_view why);
ftp::Reply NoLease(LeaseRefusal why);

// What the client is told of a leg that broke in mid-transfer. 522 when TLS of
// its own data connection is at fault (RFC 4217 §9), else 426. `why` is
// untrusted.
ftp::Reply BrokenLeg(Leg leg, LegFault fault, absl::string_view why);

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_FAULT_REPLY_H_
