// From USER to logged in: the choice of a backend, its greeting, what the
// client said before and the backend has to hear, and the password exchange.
// Pure; one thread.
#ifndef PINNACE_PROXY_SESSION_LOGIN_H_
#define PINNACE_PROXY_SESSION_LOGIN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/base/tls_facts.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/reply.h"
#include "proxy/guard/client_counter.h"
#include "proxy/policy/route.h"
#include "proxy/session/backend_link.h"
#include "proxy/session/replay.h"
#include "proxy/session/session_options.h"
#include "proxy/session/turn.h"

namespace pinnace::session {

class Login {
 public:
  using PossibleFarmList = absl::InlinedVector<const fleet::Farm*, 4>;
  enum class State : uint8_t {
    // The client has the word.
    kLoggedOut,
    kNeedPassword,
    kNeedAccount,
    kLoggedIn,
    kDetached,  // logged in, and without a backend: see Detach()
    // A backend has it: see is_busy().
    kConnecting,  // to the candidate
    kSecuring,    // a TLS handshake with it
    kAwaitGreeting,
    kAwaitAuth,
    kAwaitHost,
    kAwaitUser,  // USER is with the backend
    kAwaitPass,
    kAwaitAcct,
    kReplaying,  // logged in; the backend hears what came before USER
    kHolding,    // nobody has it: the answer to a failed login waits
  };
  enum class Verdict : uint8_t {
    kGoOn,
    kRejoined,         // logged in at another backend
    kNoBackend,        // every candidate failed; the client has its 421
    kNoReplacement,    // likewise, of a session that had one: see trouble()
    kTooManyFailures,  // likewise
    kBanned,           // likewise
    kDropBackend,      // it let in whom we do not; the client has its 530
  };

  // Who wants in, and through which door. All outlive the login.
  struct Door {
    const IpAddress& client;
    const std::string& listener;  // as configured
    const std::string& farm;      // the listener's
    const TlsFacts& tls;          // empty while the connection is clear
  };
  // Who has a say, beside the backend, in whether a user gets in.
  class Gate {
   public:
    // The backend has taken `user`. What the client hears if he may not enter.
    virtual std::optional<ftp::Reply> OnUserAccepted(absl::string_view user,
                                                     Turn& turn) = 0;

   protected:
    ~Gate() = default;
  };

  Login(const SessionOptions& options, const Door& door, BackendLink& link)
      : options_(options), door_(door), link_(link) {}

  State state() const { return state_; }
  // What the backend says to this login tells nothing of its health: the
  // connection has refused one before.
  bool reuses_connection() const { return reuses_connection_; }
  // It outlives the login's use of it. Null: there is none.
  void SetGate(Gate* gate) { gate_ = gate; }

  bool is_logged_in() const {
    return state_ == State::kLoggedIn || state_ == State::kDetached;
  }
  bool is_detached() const { return state_ == State::kDetached; }
  bool is_rejoining() const { return is_busy() && rejoining_; }
  // The client's next command has to wait for a backend.
  bool is_busy() const { return state_ >= State::kConnecting; }
  const std::string& user() const { return user_; }

  // Is there any backend that could be tried now, whatever the user's name?
  bool HasCandidate(const Turn& turn) const;
  // The farms that the session may be sent to: one, once it has a backend.
  PossibleFarmList PossibleFarms(const Turn& turn) const;
  // Where a user of that name would be sent.
  absl::string_view FarmFor(absl::string_view user, const Turn& turn) const;
  // USER names somebody who belongs to another backend than the present one, or
  // that one is drained: it has to be dropped first.
  bool LeadsElsewhere(const ftp::Command& user, const Turn& turn) const;

  // Before USER and PASS: nullopt when the user may go on, else the client has
  // its answer.
  std::optional<Verdict> Refuses(const std::string& user, Turn& turn);

  // The answer to a failed login is held back up to the deadline.
  bool is_holding() const { return state_ == State::kHolding; }
  Verdict OnHoldOver(Turn& turn);
  // Of the user's sessions.
  void GiveUpPlace() { place_.Release(); }

  // Before it is. Whoever names user after user and never a password has each
  // connection to a backend counted as a failed login.
  Verdict OnBackendAbandoned(Turn& turn);

  Verdict OnUser(const ftp::Command& command, Turn& turn);
  void OnPass(const ftp::Command& command, Turn& turn);
  void OnAcct(const ftp::Command& command, Turn& turn);
  // OPTS, CLNT, HOST before USER: answered here, told to the backend later (RFC
  // 7151 §3, RFC 2389 §4).
  void OnOptsOrClnt(const ftp::Command& command, Turn& turn);
  void OnHost(const ftp::Command& command, Turn& turn);

  // The client's connection is.
  void OnSecured();

  Verdict OnBackendConnected(const Address& peer, Turn& turn);
  Verdict OnBackendSecured(Turn& turn);
  Verdict OnBackendConnectFailed(absl::string_view why, Culprit culprit,
                                 Turn& turn);
  // While busy every reply of the backend comes here.
  Verdict OnBackendReply(const ftp::Reply& reply, Turn& turn);
  // The backend's control connection is gone while we are busy with it. True
  // when a next candidate may be tried: no password was sent yet, and nobody is
  // logged in whom the next backend does not know.
  bool MayRetry() const;
  Verdict OnBackendLost(absl::string_view why, Culprit culprit, Turn& turn);

  // The session can go on when its backend is lost or left: its farm wants
  // that, and another one can be told all that this one was.
  bool MayRejoin() const;
  // The backend is dropped by the session. Whether the next one may be the same
  // again: it closed the connection, or it misbehaves.
  enum class Return : uint8_t { kAllowed, kShunned };
  void Detach(Return to_it);
  // Logs in to another backend as the client did. Only while detached.
  Verdict Rejoin(Turn& turn);
  const std::string& trouble() const { return trouble_; }
  // A backend said yes to what it was passed.
  void NoteAccepted(const ftp::Command& command) {
    if (link_.may_be_replaced()) replay_.NoteAccepted(command);
  }
  bool wants_directory() const { return replay_.wants_directory(); }
  void OnDirectory(absl::string_view path) { replay_.NoteDirectory(path); }

  absl::Time deadline() const { return deadline_; }
  // The candidate took too long.
  Verdict OnDeadline(Turn& turn);

  // REIN: as before USER; the backend is dropped by the session.
  void Reset();
  // The backend went away between two tries to log in.
  void BackendGone() {
    state_ = State::kLoggedOut;
    GiveUpPlace();
  }

  // The pin lives as long as the session does, and its TTL on: at this time
  // RenewPin() is due.
  absl::Time pin_renewal() const {
    return HoldsPin() ? pin_renewal_ : absl::InfiniteFuture();
  }
  // No effect before it is due.
  void RenewPin(Turn& turn);
  // Its TTL begins now, whenever it was renewed last.
  void StampPin(Turn& turn);

 private:
  // What the client said behind USER; with nothing said, none was wanted.
  struct Password {
    std::optional<ftp::Command> password;
    std::optional<ftp::Command> account;
  };

  bool HoldsPin() const {
    return (state_ == State::kLoggedIn || state_ == State::kReplaying) &&
           link_.is_chosen();
  }
  // As a route sees it.
  policy::RouteRequest RequestOf(absl::string_view user) const;
  // Not tried, not full, and perhaps ejected.
  bool MayTake(const fleet::Backend& backend) const;
  // The backend of a pin, if it may take this session now; else null.
  enum class Ejected : uint8_t { kLeftOut, kTakenToo };
  const fleet::Backend* Pinned(const fleet::Farm& farm, absl::string_view id,
                               Ejected ejected, absl::Time now) const;
  // Pins the client to `picked`; where it is pinned to now.
  const fleet::Backend* Pin(const fleet::Farm& farm,
                            const fleet::Backend& picked, Turn& turn);
  // A backend in which a place is taken; null: nobody has one.
  const fleet::Backend* Choose(const fleet::Farm& farm, Turn& turn);
  Verdict TryNext(Turn& turn);
  bool HasOther(const Turn& turn) const;
  Verdict NobodyLeft(const fleet::Farm* farm, Turn& turn);
  Verdict CandidateFailed(absl::string_view why, Turn& turn,
                          Culprit culprit = Culprit::kBackend);
  void NoteFailure(absl::string_view why, Culprit culprit, Turn& turn);
  void AwaitGreeting(Turn& turn);
  void StartTls(Turn& turn);
  void SendHostOrUser(Turn& turn);
  Verdict CountFailure(Turn& turn);
  Verdict EndAfterTooMany(Turn& turn);
  Verdict OnRefused(const ftp::Reply& reply, Turn& turn);
  Verdict SayRefused(Turn& turn);
  // False: its user has as many sessions as may be.
  bool TakePlace(Turn& turn);
  bool PassGate(Turn& turn);
  Verdict OnUserReply(const ftp::Reply& reply, Turn& turn);
  Verdict OnPasswordReply(const ftp::Reply& reply, Turn& turn);
  Verdict OnRejoinReply(const ftp::Reply& reply, Turn& turn);
  // A candidate that is well, and does not take what the former one took.
  Verdict CandidateRefuses(absl::string_view what, const ftp::Reply& reply,
                           Turn& turn);
  Verdict Rejoined(Turn& turn);
  Verdict LoggedIn(const ftp::Reply& reply, Turn& turn);
  Verdict OnReplayReply(const ftp::Reply& reply, Turn& turn);
  Verdict ReplayNext(Turn& turn);
  void Keep(std::optional<ftp::Command> Password::*which,
            const ftp::Command& command);
  // For the next reply of the backend.
  void AwaitReply(Turn& turn);

  const SessionOptions& options_;
  const Door door_;
  BackendLink& link_;
  Gate* gate_ = nullptr;

  State state_ = State::kLoggedOut;
  absl::Time deadline_ = absl::InfiniteFuture();
  absl::Time pin_renewal_ = absl::InfinitePast();
  int failures_ = 0;
  std::string user_;
  // Logged in as this before the present USER: a server that refuses to change
  // the user keeps the login.
  std::string former_user_;
  std::string farm_;  // of the last USER
  std::string host_;
  Replay replay_;
  // Only where backends are replaced; the former user's until the new one is
  // in.
  std::unique_ptr<Password> password_;
  std::unique_ptr<Password> former_password_;
  // Not again for this USER: it failed, or is full.
  absl::InlinedVector<BackendId, 1> tried_;
  int attempts_ = 0;
  absl::Time budget_end_;  // for all candidates
  // This USER goes to a connection that has refused a login before.
  bool reuses_connection_ = false;
  std::string trouble_;  // of the candidates, for the 421
  bool rejoining_ = false;
  BackendId former_backend_;  // of a session that is detached, or rejoins
  // What a client whose login failed is told.
  struct Refused {
    ftp::Reply reply;
    State next = State::kLoggedOut;
    std::string banned;  // the text of a 421 behind it; empty: none
  };
  std::optional<Refused> refused_;
  guard::ClientCounter::Place place_;  // among the sessions of its user
  size_t replayed_ = 0;
  std::optional<ftp::Reply> welcome_;  // said when all is replayed
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_LOGIN_H_
