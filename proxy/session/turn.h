// The world at one event, and where the session puts what it wants done. One
// decision reads one snapshot; nothing of it is kept across events.
#ifndef PINNACE_PROXY_SESSION_TURN_H_
#define PINNACE_PROXY_SESSION_TURN_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/fleet/pin_table.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/reply.h"
#include "proxy/guard/guard.h"
#include "proxy/ingress/advertised.h"
#include "proxy/metrics/counters.h"
#include "proxy/policy/session_counts.h"
#include "proxy/session/action.h"
#include "proxy/snapshot/snapshot.h"

namespace pinnace::session {

struct Turn {
  absl::Time now;
  const snapshot::Snapshot& snapshot;
  const ingress::ResolvedNames& names;
  fleet::PinTable& pins;
  guard::Guard& guard;
  policy::SessionCounts& session_counts;
  metrics::Counters& counters;
  // Bytes that the client has not taken of earlier turns.
  size_t client_unsent_bytes = 0;
  Outbox& out;

  void Say(const ftp::Reply& reply) {
    out.ToClient([&](std::string* bytes) { bytes->append(reply.wire()); });
  }
  void Say(ftp::ReplyCode code, absl::string_view text) {
    out.ToClient([&](std::string* bytes) {
      ftp::Reply::AppendOneLine(code, text, bytes);
    });
  }
  void Send(const ftp::Command& command) {
    out.ToBackend([&](std::string* bytes) { command.AppendTo(bytes); });
  }
  void SendLine(absl::string_view line) {
    out.ToBackend(
        [&](std::string* bytes) { absl::StrAppend(bytes, line, "\r\n"); });
  }
  void SendBytes(absl::string_view bytes) {
    out.ToBackend(
        [&](std::string* out) { out->append(bytes.data(), bytes.size()); });
  }
  Text Keep(absl::string_view text) { return out.Keep(text); }
  template <typename T>
  void Do(T action) {
    out.Do(action);
  }
  void Count(metrics::Counter counter) { counters.Add(counter); }
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_TURN_H_
