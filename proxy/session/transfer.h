// Data connections of a session: set-up (PASV, EPSV, PORT, EPRT), the transfer
// that uses them, ABOR, and the truth of the final reply. At most one data path
// at a time; stream mode never uses one twice. Pure; one thread.
//
//   idle -> opening -> open -> running -> idle
//                                 └-> aborting -> idle
#ifndef PINNACE_PROXY_SESSION_TRANSFER_H_
#define PINNACE_PROXY_SESSION_TRANSFER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/reply.h"
#include "proxy/session/action.h"
#include "proxy/session/backend_link.h"
#include "proxy/session/protection.h"
#include "proxy/session/session_facts.h"
#include "proxy/session/session_options.h"
#include "proxy/session/turn.h"

namespace pinnace::session {

class Transfer {
 public:
  enum class State : uint8_t {
    kIdle,      // no data path
    kOpening,   // one is being made; the set-up command is unanswered
    kOpen,      // ready for a transfer command
    kRunning,   // the command is with the backend
    kAborting,  // the backend's replies to our ABOR are read away
  };

  // All outlive the transfer.
  Transfer(const SessionOptions& options, const Address& client,
           const Address& local, const std::optional<IpAddress>& dialled,
           const Protection& protection, BackendLink& link)
      : options_(options),
        client_(client),
        local_(local),
        dialled_(dialled),
        protection_(protection),
        link_(link) {}

  State state() const { return state_; }
  // A command is with the backend or unanswered: the next one has to wait.
  bool is_busy() const {
    return state_ != State::kIdle && state_ != State::kOpen;
  }
  // The client knows that its transfer has begun.
  bool preliminary_said() const { return run_.preliminary_said; }

  // Each answers the client, now or once both legs are prepared. Not while
  // busy.
  void OnPasv(Turn& turn);
  void OnEpsv(const ftp::Command& command, Turn& turn);
  void OnPort(const ftp::Command& command, Turn& turn);
  void OnEprt(const ftp::Command& command, Turn& turn);
  // A transfer command: passed on, or answered 425 when no fresh path is there.
  // `max_bytes`: of its data; 0: any number.
  void OnCommand(ftp::Command&& command, Direction direction,
                 uint64_t max_bytes, Turn& turn);
  // A policy refuses one: its path goes with it, as the backend's refusal would
  // have it.
  void OnDenied(Turn& turn) {
    OnOtherCommand();  // This was the one that REST was for.
    ClosePath(Closing::kFinished, turn);
  }
  // A verb we do not know was passed on and answered with 1yz while a path is
  // open: it is a transfer, taken for a listing.
  void OnCommandTurnedTransfer(ftp::Command&& command, Turn& turn);
  // REST is for the next transfer only (RFC 3659 §5.3): a command that has
  // nothing to do with one came.
  void OnRestAccepted(const ftp::Command& command) {
    rest_ = Rest::kArmed;
    rest_argument_ = command.argument;
  }
  void OnOtherCommand() {
    if (rest_ == Rest::kArmed) rest_ = Rest::kStale;
    if (rest_ == Rest::kUntold) rest_ = Rest::kNone;
  }
  // A PWD of ours stands between REST and its command: some forget it.
  void OnDirectoryAsked() {
    if (rest_ == Rest::kArmed) rest_ = Rest::kUntold;
  }
  void OnTypeAccepted(const ftp::Command& command);
  // What it is for the backend cannot be known.
  void ForgetType() { type_is_image_ = false; }

  // ABOR while running, and while not (one reply, RFC 959 §4.1.3).
  void OnAbor(Turn& turn);
  // STAT without an argument, in mid-transfer.
  void SayStatus(Turn& turn) const;
  // Over the path as a whole. `delivered`: what need not be sent again if the
  // backend's leg is dropped now.
  void set_bytes_moved(int64_t bytes, int64_t delivered) {
    bytes_moved_ = bytes;
    bytes_delivered_ = delivered;
  }

  // While busy every reply of the backend comes here.
  void OnBackendReply(const ftp::Reply& reply, Turn& turn);

  void OnLease(DataPathId path, std::optional<uint16_t> port, LeaseRefusal why,
               Turn& turn);
  void OnBackendListening(DataPathId path, std::optional<Address> address,
                          Turn& turn);
  void OnLegOpen(DataPathId path, Leg leg, const Address& from, Turn& turn);
  void OnLegFailed(DataPathId path, Leg leg, absl::string_view why, Turn& turn);
  void OnRelayDone(DataPathId path, int64_t bytes, Turn& turn);
  // Of a relay that holds the end: all before it has gone to the sink.
  void OnSourceEnded(DataPathId path, int64_t bytes, Turn& turn);
  void OnRelayBroken(DataPathId path, Leg leg, LegFault fault,
                     absl::string_view why, int64_t bytes, Turn& turn);

  absl::Time deadline() const { return deadline_; }
  // What has to happen when a wait is over. kGiveUp: the backend no longer
  // answers.
  enum class Verdict : uint8_t { kGoOn, kGiveUp };
  Verdict OnDeadline(Turn& turn);

  // The backend is lost or left, and the session stays. True: the client waits
  // for what only another backend can do. What no other one can go on with is
  // answered.
  bool OnBackendLost(absl::string_view why, Turn& turn);
  // The session is logged in at another one.
  void OnBackendReplaced(Turn& turn);

  // The session or its backend ends: closes what is open. A transfer in
  // progress is answered with `code`, when given, and reported.
  void Cut(std::optional<ftp::ReplyCode> code, absl::string_view why,
           Turn& turn);

  int64_t transfers() const { return transfers_; }
  std::optional<TransferFacts> facts() const;

 private:
  enum class ClientMode : uint8_t { kPassive, kExtendedPassive, kActive };
  enum class BackendSetup : uint8_t {
    kLost,        // with its backend, and not begun with another one
    kProtecting,  // PBSZ or PROT is with the backend
    kListening,   // waits for the shell's listener (active)
    kAsked,       // EPSV, PASV, PORT or EPRT is with the backend
    kReady,
  };
  enum class Lease : uint8_t { kNotNeeded, kWanted, kGranted };
  enum class LegState : uint8_t { kWaiting, kOpen, kFailed };
  // kHeld: the source has ended, the sink has not been told.
  enum class RelayState : uint8_t {
    kNotStarted,
    kMoving,
    kHeld,
    kDone,
    kBroken
  };
  // kUntold: the client's, of a backend that is lost.
  enum class Rest : uint8_t { kNone, kArmed, kStale, kUntold };
  // What the backend is asked for, in this order, as far as it is needed.
  enum class Step : uint8_t {
    kAwaitBackend,  // nothing: there is none
    kSize,
    kTime,  // MDTM
    kPath,  // EPSV and its like, of another backend
    kRest,
    kCommand,  // the transfer command itself
  };

  struct Path {
    DataPathId id = 0;
    ClientMode client_mode = ClientMode::kPassive;
    bool client_protected = false;
    Address client_target;     // active: where to dial
    bool to_own_port = false;  // active: another session of ours waits there
    BackendSetup backend_setup = BackendSetup::kAsked;
    bool asked_extended = false;
    Lease lease = Lease::kNotNeeded;
    uint16_t public_port = 0;
    IpAddress announced;
    LegState client_leg = LegState::kWaiting;
    LegState backend_leg = LegState::kWaiting;
    Address client_data;
    Address backend_data;
    std::optional<ftp::Reply>
        setup_error;  // to be said once the backend has answered
    std::string backend_leg_error;
    bool announced_to_client = false;  // its set-up command is answered
    absl::Time client_deadline = absl::InfiniteFuture();
  };
  struct Run {
    ftp::Command command;
    Direction direction = Direction::kDownload;
    uint64_t max_bytes = 0;
    absl::Time started;
    absl::Time client_awaited_since;
    Step step = Step::kCommand;
    bool restarts = false;         // REST went before
    std::string restart = {};      // its argument, if it has to go again
    bool must_restart = false;     // or nothing is sent
    bool restart_is_told = false;  // to this backend, by the client
    // For another backend to go on: where the client wanted to begin, and what
    // SIZE and MDTM have said.
    bool wants_facts = false;
    int64_t begins_at = 0;
    std::string size;
    std::string time;
    bool is_compared = false;  // with the former backend's
    int resumes = 0;
    bool dialled_client = false;
    bool preliminary_said = false;
    RelayState relay = RelayState::kNotStarted;
    int64_t bytes = 0;  // once the relay has ended
    std::optional<ftp::Reply>
        final;  // the backend's, until the last byte has gone
    bool backend_leg_broke = false;
    std::optional<ftp::Reply>
        failure;  // what the client is told instead of a success
  };

  bool is_passive() const { return path_.client_mode != ClientMode::kActive; }
  bool RefuseAfterEpsvAll(absl::string_view verb, Turn& turn);
  void StartPassive(ClientMode mode, const IpAddress& announced, Turn& turn);
  void StartActive(absl::string_view verb, const Address& target, Turn& turn);
  // Whether an active data connection may go to a third host (FXP).
  enum class FxpTarget : uint8_t { kNone, kPeer, kOwn };
  FxpTarget FxpTargetOf(const IpAddress& target, const Turn& turn) const;
  const std::shared_ptr<const std::vector<Cidr>>* FxpPeers() const;
  void StartPath(ClientMode mode, Turn& turn);
  void AskBackend(Turn& turn);
  bool AskBackendProtection(Turn& turn);
  void OnProtectionReply(const ftp::Reply& reply, Turn& turn);
  void AskBackendPassive(Turn& turn);
  void DialBackendLeg(Turn& turn);
  void OnSetupReply(const ftp::Reply& reply, Turn& turn);
  void OnPassiveSetupReply(const ftp::Reply& reply, Turn& turn);
  void FailSetup(ftp::Reply reply, Turn& turn);
  void AnswerSetupWhenReady(Turn& turn);

  void StartRun(ftp::Command&& command, Direction direction, Turn& turn);
  void TakeRest();
  // Asks for `step`, or for the first one behind it that is needed.
  void Proceed(Step step, Turn& turn);
  void OnStepReply(const ftp::Reply& reply, Turn& turn);
  bool OnFactReply(std::string Run::*fact, const ftp::Reply& reply, Turn& turn);
  bool is_resumable() const { return !run_.size.empty() && !run_.time.empty(); }
  bool MayResume() const;
  // No other backend goes on with it.
  void FailResume(absl::string_view why, Turn& turn);
  void LoseBackendLeg(Turn& turn);
  bool is_setting_up() const {
    return state_ == State::kOpening ||
           (state_ == State::kRunning && run_.step == Step::kPath);
  }
  void OnTransferReply(const ftp::Reply& reply, Turn& turn);
  void OnFinalReply(const ftp::Reply& reply, Turn& turn);
  void DialActiveClient(Turn& turn);
  void StartRelayWhenReady(Turn& turn);
  // Each answers the command: PROT P is missing; a leg failed before it came.
  bool RefuseUnprotected(Turn& turn);
  bool RefuseForFailedLeg(Turn& turn);
  // The data path is of no more use: close it, and hear what the backend says.
  void BreakPath(ftp::Reply failure, Turn& turn);
  void OnPathBroken(ftp::Reply failure, Turn& turn);
  absl::string_view WhyNotStarted() const;
  void Finish(const ftp::Reply& reply, absl::string_view trouble, Turn& turn);
  void Finish(const ftp::Reply& reply, absl::string_view trouble, Closing how,
              Turn& turn);
  // Tells the backend to stop, and reads its replies away up to the answer of a
  // NOOP: how many a server sends to an ABOR cannot be known.
  void AbortBackend(std::optional<ftp::Reply> said_when_quiet, Turn& turn);
  void OnAbortReply(const ftp::Reply& reply, Turn& turn);
  void BackendIsQuiet(Turn& turn);
  void Report(int code, absl::string_view trouble, Turn& turn);
  void ClosePath(Closing how, Turn& turn);
  void SetRunningDeadline(absl::Time now);
  int64_t bytes() const {
    return run_.relay == RelayState::kMoving ? bytes_moved_ : run_.bytes;
  }

  const SessionOptions& options_;
  const Address& client_;
  const Address& local_;
  const std::optional<IpAddress>& dialled_;
  const Protection& protection_;
  BackendLink& link_;

  State state_ = State::kIdle;
  Rest rest_ = Rest::kNone;
  bool type_is_image_ = false;
  std::string rest_argument_;
  // REIN keeps it: it is a promise for the whole control connection (RFC 2428
  // §4).
  bool epsv_all_ = false;
  absl::Time deadline_ = absl::InfiniteFuture();
  DataPathId last_path_ = 0;
  int64_t transfers_ = 0;
  int64_t bytes_moved_ = 0;
  int64_t bytes_delivered_ = 0;
  int64_t bytes_at_deadline_ = 0;
  Path path_;
  Run run_;
  int abort_replies_ = 0;
  bool abort_told_transfer_ = false;  // The first one was the transfer's.
  bool step_is_unanswered_ = false;   // of the run that has been finished
  bool abort_settles_ = false;        // Perhaps there is one more.
  std::optional<ftp::Reply> abort_reply_;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_TRANSFER_H_
