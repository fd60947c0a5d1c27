// What the session asks for, and the promises that are checked.
#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/ingress/proxy_reader.h"
#include "tests/fuzz/session_trial.h"
#include "tests/support/action_text.h"

namespace pinnace::fuzz {

using session::Action;
using session::Leg;
using session::LegFault;
using session::Session;
using session::Text;
using session::Turn;

namespace {

// What a turn may add to what a client has not taken: the reply that is under
// way when the bound is reached, and what ends the session.
constexpr size_t kMostUnsentBytes =
    limits::kMaxUnsentBytes + limits::kMaxReplyBytes + 64 * 1024;
// A line whose every byte is doubled (RFC 854), and a verb of ours before it.
constexpr size_t kMostLineBytes = 2 * limits::kMaxCommandLineBytes + 16;
constexpr int kMostStepsToTheEnd = 300;

}  // namespace

void SessionTrial::Broken(absl::string_view rule) const {
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(rule.size()),
               rule.data());
  PINNACE_CHECK(!"the session breaks a promise");
}

// --- Actions ----------------------------------------------------------------

void SessionTrial::Do(const session::SendClient& action) {
  const absl::string_view bytes = world_.out.Bytes(action);
  unsent_bytes_ += bytes.size();
  if (is_audited_) audit_.OnReplies(bytes);
}

void SessionTrial::Do(const session::SendBackend& action) {
  absl::string_view bytes = world_.out.Bytes(action);
  if (std::exchange(awaits_proxy_header_, false)) {
    const ingress::ProxyReading reading = ingress::ReadProxyHeader(bytes);
    if (reading.status != ingress::ProxyReading::Status::kHeader) {
      return Broken("no PROXY header comes first");
    }
    bytes.remove_prefix(reading.header.size);
  }
  CheckLinesToBackend(bytes);
}

void SessionTrial::CheckLinesToBackend(absl::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find("\r\n");
    if (end == absl::string_view::npos) return Broken("half a command");
    const absl::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 2);
    if (line.empty() || line.size() > kMostLineBytes ||
        line.find_first_of(absl::string_view("\r\n\0", 3)) !=
            absl::string_view::npos) {
      return Broken("not one command");
    }
    CheckSecrets(line);
    asked_.emplace_back(line);
  }
}

// No name and no password in clear where TLS is asked for.
void SessionTrial::CheckSecrets(absl::string_view line) const {
  if (!absl::StartsWith(line, "USER ") && !absl::StartsWith(line, "PASS ") &&
      line != "PASS") {
    return;
  }
  if (session_.backend_link().tls().mode != fleet::BackendTlsMode::kNone &&
      !rules_.backend_is_secured()) {
    Broken("a login goes to the backend in clear");
  }
  const session::ClientTls tls = session_.start().tls;
  const bool is_required = tls == session::ClientTls::kRequire ||
                           tls == session::ClientTls::kImplicit;
  // Behind CCC the password is one that came in TLS.
  if (is_required && !rules_.client_is_secured() &&
      session_.facts().phase != "replacing_backend") {
    Broken("a login in clear where TLS is required");
  }
}

void SessionTrial::Do(const session::ConnectBackend& action) {
  const HostPort address = testing::AddressOf(action, world_.out);
  const std::optional<IpAddress> ip = IpAddress::Parse(address.host);
  if (!ip.has_value()) return Broken("the backend's address is another");
  dialled_ = {*ip, address.port};
  connect_timeout_ = action.timeout;
  if (connect_timeout_ <= absl::ZeroDuration()) {
    Broken("no time to connect in");
  }
}

void SessionTrial::Do(const session::CloseBackend&) {
  asked_.clear();
  greets_ = false;
  preliminary_said_ = false;
}

void SessionTrial::Do(const session::TakeLease& action) {
  path_.id = last_path_ = action.path;
  path_.lease = Lease::kAsked;
}

void SessionTrial::Do(const session::ListenForBackend& action) {
  path_.id = last_path_ = action.path;
  path_.backend = LegState::kListening;
}

void SessionTrial::Do(const session::DialClient& action) {
  path_.client = LegState::kAwaited;
  // RFC 2577 §3.
  if (action.target.ip != session_.start().client.ip ||
      action.target.port < 1024) {
    Broken("the gateway is sent to a third host");
  }
}

void SessionTrial::Do(const session::DialBackend& action) {
  path_.id = last_path_ = action.path;
  path_.backend = LegState::kAwaited;
  if (action.target.port == 0) Broken("a dial to no port");
  if (action.target.ip != dialled_.ip &&
      !session_.backend_link().allows_foreign_data_address()) {
    Broken("the gateway is sent to a third host");
  }
}

void SessionTrial::Do(const session::StartRelay& action) {
  path_.relay = Relay::kMoving;
  path_.asked = action;
  path_.may_pass_end = false;
  if (is_audited_ && action.client_protected != audit_.data_is_private()) {
    Broken("the client's leg is not as its PROT");
  }
  if (session_.start().tls != session::ClientTls::kNone &&
      world_.options.require_private_data && !action.client_protected) {
    Broken("clear data where private is required");
  }
}

void SessionTrial::Do(const session::PassEnd&) { path_.may_pass_end = true; }

void SessionTrial::Do(const session::DropBackendLeg& action) {
  // It may be lost before the shell has heard of the path.
  if (path_.id != action.path) return;
  path_.backend = LegState::kNone;
  path_.relay = Relay::kNone;
  path_.moved = path_.delivered;
}

void SessionTrial::Do(const session::CloseDataPath& action) {
  last_path_ = action.path;
  path_ = Path();
}

void SessionTrial::Do(const session::ReportTransfer& action) {
  if (path_.id != 0 && action.bytes < path_.delivered) {
    Broken("the report has lost bytes");
  }
  if (action.duration < absl::ZeroDuration()) {
    Broken("a transfer that ended before it began");
  }
}

void SessionTrial::Do(const session::EndSession& action) {
  if (!is_audited_) return;
  if (rules_.client_is_changing_tls()) {
    audit_.OnSilentEnd();
  } else {
    audit_.OnEnd(action.reason);
  }
  if (action.reason == session::EndReason::kIdle && !audit_.all_answered() &&
      !waits_for_client_) {
    Broken("a command was never answered");
  }
}

// --- Promises ---------------------------------------------------------------

void SessionTrial::CheckTexts(const Action& action) const {
  const size_t all = world_.out.Bytes({0, absl::string_view::npos}).size();
  const auto check = [&](const Text& text) {
    if (text.begin > text.end || text.end > all) {
      Broken("an action's text is not in the outbox");
    }
  };
  std::visit(
      [&](const auto& asked) {
        using T = std::decay_t<decltype(asked)>;
        if constexpr (std::is_base_of_v<Text, T>) {
          check(asked);
          if (asked.begin == asked.end) Broken("nothing is sent");
        } else if constexpr (std::is_same_v<T, session::ConnectBackend>) {
          check(asked.host);
        } else if constexpr (std::is_same_v<T, session::DialBackend>) {
          check(asked.header);
        } else if constexpr (std::is_same_v<T, session::ReportTransfer>) {
          check(asked.path);
          check(asked.trouble);
        } else if constexpr (std::is_same_v<T, session::ReportBackendTrouble>) {
          check(asked.backend);
          check(asked.trouble);
        } else if constexpr (std::is_same_v<T,
                                            session::ReportBackendReplaced>) {
          check(asked.former);
        }
      },
      action);
}

void SessionTrial::CheckTurn() {
  if (!rules_.broken().empty()) Broken(rules_.broken().front());
  if (is_audited_ && !audit_.faults().empty()) {
    Broken(audit_.faults().front());
  }
  if (unsent_bytes_ > kMostUnsentBytes) Broken("too many unsent bytes");
  if (rules_.path() != path_.id) Broken("the shell's data path is another");
  if (rules_.has_ended() != session_.has_ended()) {
    Broken("an end that is not told");
  }
  const session::SessionFacts facts = session_.facts();
  if (facts.phase.empty()) Broken("a session in no phase");
  if (facts.transfer.has_value() != (facts.phase == "transfer") &&
      !session_.has_ended() && facts.phase != "replacing_backend") {
    Broken("a transfer that is in no phase");
  }
}

void SessionTrial::Finish() {
  ClientTakes();
  int steps = 0;
  while (!session_.has_ended()) {
    if (++steps > kMostStepsToTheEnd) Broken("the session never ends");
    if (rules_.client_is_changing_tls()) {
      // The shell's own deadline.
      ClientEnds(Session::Cleanness::kBroken);
    } else if (rules_.backend_is_dialled() &&
               session_.deadline() > world_.now + connect_timeout_) {
      world_.now += connect_timeout_;
      BackendConnectFailed(session::Culprit::kBackend);
    } else {
      if (session_.deadline() == absl::InfiniteFuture()) {
        Broken("the session waits for ever");
      }
      MeetDeadline();
    }
  }
  CheckEnd();
}

void SessionTrial::CheckEnd() {
  if (path_.id != 0) Broken("a data path is left open");
  if (session_.deadline() != absl::InfiniteFuture() || session_.wants_turn()) {
    Broken("it waits for something behind its end");
  }
  Turn turn = world_.NewTurn();
  session_.OnClientBytes("NOOP\r\n", turn);
  session_.OnClientEnd(Session::Cleanness::kBroken, turn);
  session_.OnClientSecured({}, turn);
  session_.OnClientCleared(turn);
  session_.OnClientDrained(turn);
  session_.OnBackendConnected(dialled_, turn);
  session_.OnBackendConnectFailed("late", turn);
  session_.OnBackendSecured({}, turn);
  session_.OnBackendBytes("220 Ready.\r\n", turn);
  session_.OnBackendEnd("late", turn);
  session_.OnLease(last_path_, 50000, turn);
  session_.OnBackendListening(last_path_, dialled_, turn);
  session_.OnLegOpen(last_path_, Leg::kBackend, dialled_, turn);
  session_.OnLegFailed(last_path_, Leg::kBackend, "late", turn);
  session_.OnRelayDone(last_path_, 7, turn);
  session_.OnSourceEnded(last_path_, 7, turn);
  session_.OnRelayBroken(last_path_, Leg::kBackend, LegFault::kBroken, "late",
                         7, turn);
  session_.OnDeadline(turn);
  session_.OnDrain(turn);
  session_.OnBackendDrainChanged(turn);
  session_.OnKill(turn);
  if (!world_.out.empty()) Broken("an action behind the end");

  for (const std::shared_ptr<fleet::BackendStatus>& status : statuses_) {
    if (status->sessions.load() != 0) Broken("a backend keeps its session");
  }
  others_.clear();
  if (world_.guard->counter().users() != 0) Broken("a user keeps his session");
  if (world_.session_counts.size() != 0) {
    Broken("a policy counts a session that has ended");
  }
}

}  // namespace pinnace::fuzz
