// One client control connection and everything attached to it, as a pure state
// machine: events in, actions out. Takes the client's commands one at a time
// and in order, gives each to login, transfer or the backend, and sees to it
// that every command gets exactly its own reply. One thread.
#ifndef PINNACE_PROXY_SESSION_SESSION_H_
#define PINNACE_PROXY_SESSION_SESSION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/base/tls_facts.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/line_buffer.h"
#include "proxy/ftp/reply_reader.h"
#include "proxy/session/backend_link.h"
#include "proxy/session/command_rules.h"
#include "proxy/session/login.h"
#include "proxy/session/policy_guard.h"
#include "proxy/session/protection.h"
#include "proxy/session/session_facts.h"
#include "proxy/session/session_options.h"
#include "proxy/session/transfer.h"
#include "proxy/session/turn.h"
#include "proxy/session/working_directory.h"

namespace pinnace::session {

class Session {
 public:
  struct Start {
    SessionId id = 0;
    Address client;  // the control connection's two ends
    Address local;
    // The same as `local`, if it is so by the word of a balancer in front.
    std::optional<IpAddress> dialled;
    std::string listener;  // as configured
    std::string farm;
    ClientTls tls = ClientTls::kNone;  // of the listener
    absl::Time now;
  };

  // `options` outlives the session.
  Session(const SessionOptions& options, Start start);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The first event: says the greeting at once, whatever the backends do; on an
  // implicit listener once it is secured.
  void OnStart(Turn& turn);

  void OnClientBytes(absl::string_view bytes, Turn& turn);
  void OnClientDrained(Turn& turn);  // it has taken all that was unsent
  // `clean`: a FIN. A client that said QUIT before still gets its replies.
  enum class Cleanness : uint8_t { kFin, kBroken };
  void OnClientEnd(Cleanness cleanness, Turn& turn);
  // SecureClient and ClearClient are done. One that fails is OnClientEnd.
  void OnClientSecured(const TlsFacts& facts, Turn& turn);
  void OnClientCleared(Turn& turn);

  void OnBackendConnected(const Address& peer, Turn& turn);
  void OnBackendConnectFailed(absl::string_view why, Turn& turn,
                              Culprit culprit = Culprit::kBackend);
  // SecureBackend is done. One that fails is OnBackendEnd.
  void OnBackendSecured(const TlsFacts& facts, Turn& turn);
  void OnBackendBytes(absl::string_view bytes, Turn& turn);
  void OnBackendEnd(absl::string_view why, Turn& turn,
                    Culprit culprit = Culprit::kBackend);

  // No port: `why`.
  void OnLease(DataPathId path, std::optional<uint16_t> port, Turn& turn,
               LeaseRefusal why = LeaseRefusal::kPoolFull);
  void OnBackendListening(DataPathId path, std::optional<Address> address,
                          Turn& turn);
  void OnLegOpen(DataPathId path, Leg leg, const Address& from, Turn& turn);
  void OnLegFailed(DataPathId path, Leg leg, absl::string_view why, Turn& turn,
                   Culprit culprit = Culprit::kBackend);
  void OnRelayDone(DataPathId path, int64_t bytes, Turn& turn);
  void OnSourceEnded(DataPathId path, int64_t bytes, Turn& turn);
  // `why` is for the log.
  void OnRelayBroken(DataPathId path, Leg leg, LegFault fault,
                     absl::string_view why, int64_t bytes, Turn& turn);

  // `deadline()` has come.
  void OnDeadline(Turn& turn);
  absl::Time deadline() const;

  // An idle session ends with 421; a transfer is let finish first.
  void OnDrain(Turn& turn);
  // Its backend may be drained now, or gone, or no longer.
  void OnBackendDrainChanged(Turn& turn);
  void OnKill(Turn& turn);

  // What the relays of the data path have moved so far: for STAT, and for the
  // report of a transfer that ends before its relay does. `delivered`: what the
  // sink gets whatever becomes of the relay.
  void set_bytes_moved(int64_t bytes, int64_t delivered) {
    transfer_.set_bytes_moved(bytes, delivered);
  }

  bool has_ended() const { return ended_; }
  // Commands wait that were not taken only to let others have their turn: call
  // OnClientDrained in a later one.
  bool wants_turn() const { return wants_turn_ && !ended_; }
  SessionId id() const { return start_.id; }
  const Start& start() const { return start_; }
  const std::string& user() const { return login_.user(); }
  const BackendId& backend() const { return link_.id(); }
  const SessionTimeouts& timeouts() const { return link_.timeouts(); }
  const BackendLink& backend_link() const { return link_; }
  const Protection& protection() const { return protection_; }
  const PolicyGuard& policies() const { return policies_; }
  SessionFacts facts() const;
  // Of the transfer that runs now.
  std::optional<TransferFacts> transfer_facts() const {
    return transfer_.facts();
  }

 private:
  // May the next command be taken? One at a time (RFC 959 §5.4).
  bool IsFree() const {
    return !ended_ && !passed_on_.has_value() && !login_.is_busy() &&
           !transfer_.is_busy() && !protection_.is_busy() &&
           !directory_.is_asked();
  }
  // Between two commands, with nothing prepared: the client loses nothing.
  bool IsAtBoundary() const {
    return IsFree() && !lines_.HasLine() &&
           transfer_.state() == Transfer::State::kIdle;
  }
  void EndIfDrained(Turn& turn);
  void Advance(Turn& turn);
  // Before the next command, where a policy has to know it.
  void AskDirectory(Turn& turn);
  std::optional<ftp::LineBuffer::Line> TakeLine();
  bool HasQuit();
  // What is served is moved on to where it is kept.
  void OnLine(ftp::LineBuffer::Line&& line, Turn& turn);
  void OnCommand(ftp::Command&& command, Turn& turn);
  void Serve(ftp::Command&& command, Effect effect, Turn& turn);
  void ServeBeforeLogin(const ftp::Command& command, Turn& turn);
  void PassOn(ftp::Command&& command, Turn& turn);
  void Greet(Turn& turn);
  void OnAuth(const ftp::Command& command, Turn& turn);
  bool RefuseWithoutTls(Turn& turn);
  // Whoever is banned, or whose user has too many sessions.
  bool RefuseUser(const std::string& user, Turn& turn);
  void OnUser(const ftp::Command& command, Turn& turn);
  // The policies do: the session goes on logged out.
  bool DenyUser(const ftp::Command& command, Turn& turn);
  void OnQuit(Turn& turn);
  void OnRein(Turn& turn);
  void SayFeatures(Turn& turn);
  void UpdateReading(Turn& turn);
  void UpdateIdleDeadline(absl::Time now);

  void ForgetReplies();
  void OnReply(const ftp::Reply& reply, Turn& turn);
  void NoteDataFailure(Turn& turn);
  void OnDirectoryReply(const ftp::Reply& reply);
  void OnPassedOnReply(const ftp::Reply& reply, Turn& turn);
  void OnVerdict(Login::Verdict verdict, Turn& turn);
  void TryNextBackend(absl::string_view why, Turn& turn,
                      Culprit culprit = Culprit::kBackend);
  // Between two tries to log in: the next USER gets another connection.
  void ForgetBackend(Turn& turn);
  void DropBackend(Turn& turn);
  // The backend is lost or left. True: the session goes on, with another one
  // when one is needed.
  bool OutlivesBackend(absl::string_view why, Login::Return to_it, Turn& turn);
  // Serves `command` once there is a backend again.
  void WaitForBackend(ftp::Command&& command, Turn& turn);
  void OnNoReplacement(Turn& turn);
  void OnAccepted(const ftp::Command& command);
  void DropWhileHolding(Turn& turn);
  void BackendFailed(EndReason reason, absl::string_view why, Turn& turn);
  void BackendTimedOut(Turn& turn);
  // The last reply. Not in the midst of a handshake: it would be taken for a
  // part of it.
  void SayLast(const ftp::Reply& reply, Turn& turn);
  void SayLast(absl::string_view why_closing, Turn& turn);
  void End(EndReason reason, Turn& turn);
  absl::string_view PhaseName() const;

  const SessionOptions& options_;
  const Start start_;
  BackendLink link_;
  Protection protection_;
  Login login_;
  Transfer transfer_;
  PolicyGuard policies_;
  WorkingDirectory directory_;
  ftp::LineBuffer lines_;
  ftp::ReplyReader replies_;

  // A command that went to the backend as it is; its reply is awaited.
  std::optional<ftp::Command> passed_on_;
  bool preliminary_said_ = false;
  // What the client waits for while there is no backend.
  std::unique_ptr<ftp::Command> waiting_;
  ftp::Verb last_verb_ = ftp::Verb::kOther;  // that was looked at
  int replacements_ = 0;                     // since its last command

  absl::Time idle_deadline_;  // infinite while something is going on
  absl::Time login_deadline_;
  std::optional<TlsFacts> backend_tls_;
  absl::Time reply_deadline_ = absl::InfiniteFuture();
  absl::Time last_command_;
  int64_t commands_ = 0;
  bool reading_paused_ = false;
  bool wants_turn_ = false;
  int feats_ = 0;  // served in this turn
  // What the waiting lines were last looked through for.
  struct UrgentScan {
    int64_t transfer = 0;
    bool after_preliminary = false;
    friend bool operator==(const UrgentScan&, const UrgentScan&) = default;
  };
  UrgentScan urgent_scan_;
  bool greeted_ = false;
  bool draining_ = false;
  bool ended_ = false;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_SESSION_H_
