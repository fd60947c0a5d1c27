// What a session can ask of the shell. The shell carries the actions of one
// turn out in order and decides nothing. One thread.
#ifndef PINNACE_PROXY_SESSION_ACTION_H_
#define PINNACE_PROXY_SESSION_ACTION_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/ids.h"
#include "proxy/base/port_range.h"
#include "proxy/ftp/verb.h"

namespace pinnace::session {

// Counts the data paths of one session; 0 is none. Events that name a path
// which is closed already are dropped.
using DataPathId = uint64_t;

enum class Leg : uint8_t { kClient, kBackend };
enum class Direction : uint8_t { kDownload, kUpload };  // as the client sees it

// What became of a leg in mid-transfer.
enum class LegFault : uint8_t {
  kBroken,
  kTruncated,       // protected, and ended without close_notify
  kHandshake,       // TLS did not come about
  kForeignSession,  // it does not resume its own control connection's TLS
  kTooLarge,        // more came than StartRelay allows
};

// Whose fault it is that a backend could not be reached.
enum class Culprit : uint8_t {
  kBackend,
  kGateway,  // no descriptor, port or certificate was left to it
};

// Why there is no public port for a data connection.
enum class LeaseRefusal : uint8_t {
  kPoolFull,        // and the line for it
  kTooManyPending,  // of the client's address
};

// Why a session ended; the log and the metrics say it by name.
enum class EndReason : uint8_t {
  kClientQuit,
  kClientLost,
  kTlsFailed,  // of the client's control connection
  kIdle,
  kLoginTimeout,
  kTooManyFailures,  // failed logins
  kBanned,           // for failed logins, or by an operator
  kDenied,           // by a policy, at the greeting
  kNoBackend,
  kBackendLost,
  kBackendClosing,    // it said 421
  kBackendMalformed,  // not FTP, or over a cap
  kBackendTimeout,
  kKilled,
  kDrained,  // the gateway
  kBackendDrained,
};
absl::string_view EndReasonName(EndReason reason);

// What an action says: Outbox::Bytes() has it.
struct Text {
  size_t begin = 0, end = 0;
};

struct SendClient : Text {};
struct SendBackend : Text {};
// A TLS handshake (RFC 4217), behind what has been sent: as the server toward
// the client, as the client toward the backend.
struct SecureClient {};
struct SecureBackend {};
// Close TLS with the client both ways and go on in clear.
struct ClearClient {};
// Gives up the one that is under way, if any.
struct ConnectBackend {
  Text host;
  uint16_t port = 0;
  absl::Duration timeout;
};
// After what has been sent: FIN, and a bounded wait for the backend's own.
struct CloseBackend {};
struct TakeLease {
  DataPathId path = 0;
  std::optional<PortRange> slice;  // the backend's own public ports
  bool is_protected = false;       // its connection will be TLS
  // Who else than the client may connect (FXP), for as long as the turn lasts;
  // null: nobody.
  const std::shared_ptr<const std::vector<Cidr>>* fxp_peers = nullptr;
};
// Listen on the gateway's address toward the backend, for that host alone.
struct ListenForBackend {
  DataPathId path = 0;
};
struct DialClient {
  DataPathId path = 0;
  Address target;
  Address from;  // the address the client knows; port 0: any
  // The target is a public port of this gateway, where another session of the
  // same client waits (FXP).
  bool to_own_port = false;
};
struct DialBackend {
  DataPathId path = 0;
  Address target;
  Text header;  // sent before everything else, TLS too; or empty
};
// Both legs are open. On one path again behind DropBackendLeg: the client's leg
// goes on where it was.
struct StartRelay {
  DataPathId path = 0;
  Direction direction = Direction::kDownload;
  // TLS on a leg: its handshake comes first.
  bool client_protected = false;
  bool backend_protected = false;
  bool tolerates_missing_close_notify = false;
  // The source's end is told, and not passed on before PassEnd.
  bool holds_end = false;
  int64_t max_bytes = 0;  // 0: any number
};
struct PassEnd {
  DataPathId path = 0;
};
// Gives up the relay, and the backend's leg or the way to it; lease and
// client's leg stay.
struct DropBackendLeg {
  DataPathId path = 0;
};
// Gives up lease, listener, dials and sockets of a path. kReset: what is
// unfinished must not look like a clean end of file.
enum class Closing : uint8_t { kFinished, kReset };
struct CloseDataPath {
  DataPathId path = 0;
  Closing how = Closing::kFinished;
};
// The client sent too much ahead of its turn.
struct PauseClient {};
struct ResumeClient {};
// For the log.
struct ReportLogin {
  bool accepted = false;
  int code = 0;
};
struct ReportTransfer {
  ftp::Verb verb = ftp::Verb::kOther;
  Text path;  // as the client sent it
  int64_t bytes = 0;
  absl::Duration duration;
  int resumes = 0;  // how often another backend went on with it
  int code = 0;     // what the client was told
  Text trouble;     // empty when all went well; untrusted
};
struct ReportBackendTrouble {
  Text backend;
  Text trouble;           // untrusted
  bool left_out = false;  // for a while, from now on
};
// The session goes on with another backend than `former`.
struct ReportBackendReplaced {
  Text former;
};
// Flush, FIN, close under a deadline; the backend likewise. The last action.
struct EndSession {
  EndReason reason;
};

using Action =
    std::variant<SendClient, SendBackend, SecureClient, SecureBackend,
                 ClearClient, ConnectBackend, CloseBackend, TakeLease,
                 ListenForBackend, DialClient, DialBackend, StartRelay, PassEnd,
                 DropBackendLeg, CloseDataPath, PauseClient, ResumeClient,
                 ReportLogin, ReportTransfer, ReportBackendTrouble,
                 ReportBackendReplaced, EndSession>;

// The outbox holds what they say, so that none owns memory.
static_assert(std::is_trivially_destructible_v<Action>);

// The actions of one turn, and the bytes that they send and say. A worker has
// one and reuses it, so a turn allocates nothing once it has grown.
class Outbox {
 public:
  template <typename T>
  void Do(T action) {
    actions_.push_back(action);
  }
  // Sends what `append` adds to the bytes it is given.
  template <std::invocable<std::string*> Append>
  void ToClient(Append append) {
    client_bytes_ += Send<SendClient>(append);
  }
  template <std::invocable<std::string*> Append>
  void ToBackend(Append append) {
    Send<SendBackend>(append);
  }

  // Keeps `text` for an action of this turn.
  Text Keep(absl::string_view text) {
    const size_t begin = bytes_.size();
    bytes_.append(text.data(), text.size());
    return {begin, bytes_.size()};
  }

  const std::vector<Action>& actions() const { return actions_; }
  absl::string_view Bytes(const Text& text) const {
    return absl::string_view(bytes_).substr(text.begin, text.end - text.begin);
  }
  // Bytes for the client in this turn.
  size_t client_bytes() const { return client_bytes_; }
  bool empty() const { return actions_.empty(); }
  void Clear();

 private:
  template <typename T, typename Append>
  size_t Send(Append append) {
    const size_t begin = bytes_.size();
    append(&bytes_);
    T* last = actions_.empty() ? nullptr : std::get_if<T>(&actions_.back());
    if (last != nullptr && last->end == begin) {
      last->end = bytes_.size();
    } else {
      actions_.push_back(T{{begin, bytes_.size()}});
    }
    return bytes_.size() - begin;
  }

  std::string bytes_;
  size_t client_bytes_ = 0;
  std::vector<Action> actions_;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_ACTION_H_
