// What comes once a path is open: the transfer, ABOR, and every end.
// transfer_setup.cc has the way to it.
#include "proxy/session/transfer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/printable.h"
#include "proxy/session/fault_reply.h"

namespace pinnace::session {
namespace {

using ftp::Reply;
using ftp::ReplyCode;
using metrics::Counter;

constexpr uint16_t kFtpDataPort = 20;

// The final replies to the transfer command, to ABOR and to NOOP.
constexpr int kMostAbortReplies = 3;

// A listing is no file: it does not use up what REST has said.
bool UsesRest(ftp::Verb verb) {
  return verb == ftp::Verb::kRetr || verb == ftp::Verb::kStor ||
         verb == ftp::Verb::kAppe || verb == ftp::Verb::kStou;
}

void CountFault(LegFault fault, Turn& turn) {
  switch (fault) {
    case LegFault::kBroken:
      return;
    case LegFault::kTruncated:
      return turn.Count(Counter::kTransfersTruncated);
    case LegFault::kHandshake:
      return turn.Count(Counter::kDataTlsFailures);
    case LegFault::kForeignSession:
      return turn.Count(Counter::kForeignTlsSessions);
    case LegFault::kTooLarge:
      return turn.Count(Counter::kUploadsTooLarge);
  }
}

// What stands behind SITE, or a verb that is not known, may be a secret.
absl::string_view PathOf(const ftp::Command& command) {
  const bool is_path =
      command.verb != ftp::Verb::kSite && command.verb != ftp::Verb::kOther;
  return is_path ? absl::string_view(command.argument) : absl::string_view();
}

// One that has no name here is called what the client calls it: at most eight
// letters and digits.
absl::string_view VerbOf(const ftp::Command& command) {
  return command.verb == ftp::Verb::kOther
             ? absl::string_view(command.verb_text)
             : ftp::VerbName(command.verb);
}

uint16_t SourcePort(ActiveSourcePort wanted, uint16_t listener_port) {
  switch (wanted) {
    case ActiveSourcePort::kAny:
      return 0;
    case ActiveSourcePort::kTwenty:
      return kFtpDataPort;
    case ActiveSourcePort::kListenerMinusOne:
      return static_cast<uint16_t>(listener_port - 1);
  }
  return 0;
}

}  // namespace

void Transfer::OnCommand(ftp::Command&& command, Direction direction,
                         uint64_t max_bytes, Turn& turn) {
  PINNACE_CHECK(!is_busy());
  if (RefuseUnprotected(turn)) return;
  if (state_ != State::kOpen) {
    OnOtherCommand();  // This was the one that REST was for.
    turn.Say(CannotOpenData("use PASV, EPSV, PORT or EPRT first."));
    return;
  }
  if (RefuseForFailedLeg(turn)) return;
  StartRun(std::move(command), direction, turn);
  run_.max_bytes = max_bytes;
  if (UsesRest(run_.command.verb)) {
    TakeRest();
  } else {
    OnOtherCommand();
  }
  Proceed(Step::kSize, turn);
  StartRelayWhenReady(turn);
}

bool Transfer::RefuseUnprotected(Turn& turn) {
  if (!options_.require_private_data || !protection_.is_offered() ||
      protection_.protects_data()) {
    return false;
  }
  OnOtherCommand();
  ClosePath(Closing::kReset, turn);  // It was made for clear data.
  turn.Count(Counter::kClearDataRefused);
  turn.Say(ReplyCode::kDataUnprotected,
           "Data connections must be private: PROT P comes first.");
  return true;
}

bool Transfer::RefuseForFailedLeg(Turn& turn) {
  Reply refusal;
  if (path_.setup_error.has_value()) {
    refusal = *path_.setup_error;
  } else if (path_.backend_leg == LegState::kFailed) {
    refusal = CannotOpenData(
        absl::StrCat("the backend's data port: ", path_.backend_leg_error));
  } else if (path_.client_leg == LegState::kFailed) {
    refusal = CannotOpenData("your data connection failed.");
  } else if (path_.client_protected != protection_.protects_data()) {
    refusal =
        CannotOpenData("PROT has changed, use PASV, EPSV, PORT or EPRT again.");
  } else {
    return false;
  }
  OnOtherCommand();
  ClosePath(Closing::kReset, turn);
  turn.Count(Counter::kTransfersFailed);
  turn.Say(refusal);
  return true;
}

void Transfer::OnCommandTurnedTransfer(ftp::Command&& command, Turn& turn) {
  PINNACE_CHECK(state_ == State::kOpen);
  if (RefuseUnprotected(turn) || RefuseForFailedLeg(turn)) {
    return AbortBackend(std::nullopt, turn);
  }
  StartRun(std::move(command), Direction::kDownload, turn);
  SetRunningDeadline(turn.now);
  StartRelayWhenReady(turn);
}

void Transfer::StartRun(ftp::Command&& command, Direction direction,
                        Turn& turn) {
  state_ = State::kRunning;
  ++transfers_;
  turn.Count(Counter::kTransfers);
  link_.status().transfers_total.fetch_add(1, std::memory_order_relaxed);
  run_ = Run();
  step_is_unanswered_ = false;
  run_.command = std::move(command);
  run_.direction = direction;
  run_.started = run_.client_awaited_since = turn.now;
}

void Transfer::SetRunningDeadline(absl::Time now) {
  const SessionTimeouts& timeouts = link_.timeouts();
  switch (run_.relay) {
    case RelayState::kNotStarted:
      deadline_ = is_passive() && path_.client_leg != LegState::kOpen
                      ? run_.client_awaited_since + timeouts.data_connect
                      : now + timeouts.transfer_stall;
      // All has been said; only a connection is missing.
      if (run_.final.has_value()) {
        deadline_ = std::min(deadline_, now + timeouts.data_connect);
      }
      return;
    case RelayState::kMoving:
      deadline_ = now + timeouts.transfer_stall;
      return;
    case RelayState::kHeld:
      // Its end goes on its way now.
      if (run_.final.has_value()) {
        deadline_ = now + timeouts.transfer_stall;
        return;
      }
      [[fallthrough]];
    case RelayState::kDone:
      deadline_ = now + timeouts.backend_reply;
      return;
    case RelayState::kBroken:
      deadline_ = now + limits::kAbortTimeout;
      return;
  }
}

void Transfer::OnLegOpen(DataPathId path, Leg leg, const Address& from,
                         Turn& turn) {
  if (path != path_.id || path == 0) return;
  if (leg == Leg::kClient) {
    path_.client_leg = LegState::kOpen;
    path_.client_data = from;
    path_.lease = Lease::kNotNeeded;
  } else {
    path_.backend_leg = LegState::kOpen;
    path_.backend_data = from;
  }
  if (state_ == State::kOpen && leg == Leg::kClient) {
    deadline_ = absl::InfiniteFuture();
  }
  if (state_ == State::kRunning && run_.step != Step::kAwaitBackend) {
    SetRunningDeadline(turn.now);
    StartRelayWhenReady(turn);
  }
}

void Transfer::OnLegFailed(DataPathId path, Leg leg, absl::string_view why,
                           Turn& turn) {
  if (path != path_.id || path == 0) return;
  if (leg == Leg::kBackend) {
    path_.backend_leg = LegState::kFailed;
    path_.backend_leg_error = std::string(why);
    turn.Do(ReportBackendTrouble{turn.Keep(link_.id()), turn.Keep(why)});
    if (state_ != State::kRunning) return;
    // The backend waits for a connection that does not come.
    if (run_.resumes > 0) {
      FailResume(absl::StrCat("its data port: ", why), turn);
    } else {
      Finish(CannotOpenData(absl::StrCat("the backend's data port: ", why)),
             why, turn);
    }
    AbortBackend(std::nullopt, turn);
    return;
  }
  path_.client_leg = LegState::kFailed;
  if (state_ != State::kRunning) return;
  if (run_.step == Step::kAwaitBackend) {
    return Finish(CannotOpenData(why), why, turn);
  }
  BreakPath(CannotOpenData(why), turn);
}

void Transfer::StartRelayWhenReady(Turn& turn) {
  if (state_ != State::kRunning || run_.relay != RelayState::kNotStarted ||
      run_.step != Step::kCommand || path_.client_leg != LegState::kOpen ||
      path_.backend_leg != LegState::kOpen) {
    return;
  }
  run_.relay = RelayState::kMoving;
  bytes_at_deadline_ = run_.bytes;
  bytes_moved_ = run_.bytes;
  turn.Do(StartRelay{
      .path = path_.id,
      .direction = run_.direction,
      .client_protected = path_.client_protected,
      .backend_protected = link_.is_private(),
      .tolerates_missing_close_notify = link_.tolerates_missing_close_notify(),
      .holds_end = is_resumable(),
      .max_bytes = static_cast<int64_t>(run_.max_bytes)});
  SetRunningDeadline(turn.now);
}

void Transfer::OnBackendReply(const Reply& reply, Turn& turn) {
  switch (state_) {
    case State::kOpening:
      OnSetupReply(reply, turn);
      return;
    case State::kRunning:
      OnTransferReply(reply, turn);
      return;
    case State::kAborting:
      OnAbortReply(reply, turn);
      return;
    case State::kIdle:
    case State::kOpen:
      return;
  }
}

void Transfer::OnTransferReply(const Reply& reply, Turn& turn) {
  if (run_.step != Step::kCommand) return OnStepReply(reply, turn);
  if (run_.final.has_value()) {
    // It has said the last word; the data is still on its way.
    turn.Count(Counter::kBackendFaults);
    return;
  }
  if (!reply.IsPreliminary()) {
    OnFinalReply(reply, turn);
    return;
  }
  // RFC 959 §5.4: at most one preliminary reply.
  if (run_.preliminary_said) return;
  run_.preliminary_said = true;
  turn.Say(reply);
  // Not before: a refused command must leave the client's port untouched.
  DialActiveClient(turn);
}

void Transfer::DialActiveClient(Turn& turn) {
  if (is_passive() || run_.dialled_client || path_.id == 0) return;
  run_.dialled_client = true;
  Address from =
      local_.WithPort(SourcePort(options_.active_source_port, local_.port));
  // The balancer's address is none to dial from.
  if (dialled_.has_value()) from.ip = from.ip.Masked(0);
  turn.Do(DialClient{path_.id, path_.client_target, from, path_.to_own_port});
}

void Transfer::OnFinalReply(const Reply& reply, Turn& turn) {
  if (run_.failure.has_value()) {
    // A backend that broke its own leg says best why: 552 is not 426.
    const Reply& told =
        run_.backend_leg_broke && reply.IsNegative() ? reply : *run_.failure;
    Finish(told, told.last_text(), turn);
    return;
  }
  if (!reply.IsCompletion()) {
    // Also a 3yz, which makes no sense here: the transfer is over either way.
    // A download that never began leaves nothing unfinished. Of an upload the
    // backend may have a part.
    const bool never_began = !run_.preliminary_said && bytes() == 0 &&
                             run_.direction == Direction::kDownload;
    Finish(reply, reply.last_text(),
           never_began ? Closing::kFinished : Closing::kReset, turn);
    return;
  }
  // No preliminary reply may have come; the data is there all the same.
  DialActiveClient(turn);
  // Success is said only once the last byte and the end of file have gone.
  if (run_.relay == RelayState::kDone) return Finish(reply, "", turn);
  run_.final = reply;
  if (run_.relay == RelayState::kHeld) turn.Do(PassEnd{path_.id});
  SetRunningDeadline(turn.now);
}

void Transfer::OnSourceEnded(DataPathId path, int64_t bytes, Turn& turn) {
  if (path != path_.id || path == 0 || state_ != State::kRunning) return;
  run_.relay = RelayState::kHeld;
  run_.bytes = bytes;
  if (run_.final.has_value()) turn.Do(PassEnd{path_.id});
  SetRunningDeadline(turn.now);
}

void Transfer::OnRelayDone(DataPathId path, int64_t bytes, Turn& turn) {
  if (path != path_.id || path == 0 || state_ != State::kRunning) return;
  run_.relay = RelayState::kDone;
  run_.bytes = bytes;
  if (run_.final.has_value()) return Finish(*run_.final, "", turn);
  SetRunningDeadline(turn.now);
}

void Transfer::OnRelayBroken(DataPathId path, Leg leg, LegFault fault,
                             absl::string_view why, int64_t bytes, Turn& turn) {
  if (path != path_.id || path == 0 || state_ != State::kRunning) return;
  run_.bytes = bytes;
  run_.backend_leg_broke = leg == Leg::kBackend;
  CountFault(fault, turn);
  Reply failure = BrokenLeg(leg, fault, why);
  if (leg == Leg::kBackend && is_resumable()) {
    // Perhaps all of the backend is lost, and another one goes on.
    OnPathBroken(std::move(failure), turn);
  } else {
    BreakPath(std::move(failure), turn);
  }
}

void Transfer::BreakPath(Reply failure, Turn& turn) {
  turn.Do(CloseDataPath{path_.id, Closing::kReset});
  path_.id = 0;
  OnPathBroken(std::move(failure), turn);
}

void Transfer::OnPathBroken(Reply failure, Turn& turn) {
  run_.relay = RelayState::kBroken;
  run_.failure = std::move(failure);
  SetRunningDeadline(turn.now);
  if (run_.final.has_value()) {
    Finish(*run_.failure, run_.failure->last_text(), turn);
  }
}

void Transfer::Finish(const Reply& reply, absl::string_view trouble,
                      Turn& turn) {
  Finish(reply, trouble,
         reply.IsCompletion() ? Closing::kFinished : Closing::kReset, turn);
}

void Transfer::Finish(const Reply& reply, absl::string_view trouble,
                      Closing how, Turn& turn) {
  turn.Say(reply);
  Report(reply.code(), trouble, turn);
  // Whether the backend has forgotten REST cannot be known; nor has it, if what
  // takes it back has not been said yet.
  if ((run_.restarts || !run_.restart.empty()) && !reply.IsCompletion()) {
    rest_ = Rest::kStale;
  }
  step_is_unanswered_ =
      run_.step != Step::kCommand && run_.step != Step::kAwaitBackend;
  ClosePath(how, turn);
  run_ = Run();  // Last: the reply may be of it.
}

void Transfer::Report(int code, absl::string_view trouble, Turn& turn) {
  if (!trouble.empty()) turn.Count(Counter::kTransfersFailed);
  turn.Do(ReportTransfer{.verb = run_.command.verb,
                         .path = turn.Keep(PathOf(run_.command)),
                         .bytes = bytes(),
                         .duration = turn.now - run_.started,
                         .resumes = run_.resumes,
                         .code = code,
                         .trouble = turn.Keep(trouble)});
}

void Transfer::OnAbor(Turn& turn) {
  if (state_ != State::kRunning) {
    ClosePath(Closing::kReset, turn);
    turn.Say(ReplyCode::kDataOpen, "No transfer to abort.");
    return;
  }
  const bool backend_done =
      run_.final.has_value() || run_.step == Step::kAwaitBackend;
  const Reply done =
      Reply::OneLine(ReplyCode::kTransferComplete, "Abort successful.");
  Finish(Reply::OneLine(ReplyCode::kTransferAborted, "Transfer aborted."),
         "aborted by the client", turn);
  if (backend_done) {
    turn.Say(done);
  } else {
    AbortBackend(done, turn);
  }
}

void Transfer::AbortBackend(std::optional<Reply> said_when_quiet, Turn& turn) {
  state_ = State::kAborting;
  abort_replies_ = 0;
  abort_settles_ = false;
  abort_reply_ = std::move(said_when_quiet);
  turn.SendLine("ABOR");
  deadline_ = turn.now + limits::kAbortTimeout;
}

void Transfer::OnAbortReply(const Reply& reply, Turn& turn) {
  if (reply.IsPreliminary()) return;
  if (++abort_replies_ == 1) {
    // Or it answers SIZE, MDTM or REST.
    abort_told_transfer_ = reply.Is(ReplyCode::kTransferAborted) ||
                           std::exchange(step_is_unanswered_, false);
    // Not together with ABOR: there are servers (Pure-FTPd) that read, in
    // mid-transfer, all that has come as one command.
    turn.SendLine("NOOP");
    return;
  }
  if (abort_replies_ < kMostAbortReplies) {
    if (!reply.Is(ReplyCode::kOk)) return;
    if (abort_told_transfer_) {
      // There are servers that answer ABOR with 200, as they do NOOP.
      abort_settles_ = true;
      deadline_ = turn.now + limits::kAbortSettle;
      return;
    }
  }
  BackendIsQuiet(turn);
}

void Transfer::BackendIsQuiet(Turn& turn) {
  state_ = State::kIdle;
  deadline_ = absl::InfiniteFuture();
  if (abort_reply_.has_value()) turn.Say(*abort_reply_);
  abort_reply_.reset();
}

void Transfer::SayStatus(Turn& turn) const {
  turn.Say(
      ReplyCode::kFileStatus,
      absl::StrCat(VerbOf(run_.command), " in progress, ", bytes(),
                   " bytes transferred in ",
                   absl::ToInt64Seconds(turn.now - run_.started), " seconds."));
}

Transfer::Verdict Transfer::OnDeadline(Turn& turn) {
  if (turn.now < deadline_) return Verdict::kGoOn;
  switch (state_) {
    case State::kIdle:
      deadline_ = absl::InfiniteFuture();
      return Verdict::kGoOn;
    case State::kOpening:
      if (path_.lease != Lease::kWanted) return Verdict::kGiveUp;
      turn.Count(Counter::kLeaseTimeouts);
      path_.lease = Lease::kNotNeeded;
      deadline_ = turn.now + link_.timeouts().backend_reply;
      FailSetup(CannotOpenData("no public port became free for your address; "
                               "the port pool is full, try again."),
                turn);
      return Verdict::kGoOn;
    case State::kOpen:
      // Nobody came. The next transfer command is told to set up a new path.
      turn.Count(Counter::kDataConnectTimeouts);
      ClosePath(Closing::kReset, turn);
      return Verdict::kGoOn;
    case State::kRunning:
      if (run_.step == Step::kAwaitBackend) {
        deadline_ = absl::InfiniteFuture();
        return Verdict::kGoOn;
      }
      if (run_.resumes > 0 && run_.step != Step::kCommand) {
        FailResume("it does not answer in time", turn);
        AbortBackend(std::nullopt, turn);
        return Verdict::kGoOn;
      }
      break;
    case State::kAborting:
      if (!abort_settles_) return Verdict::kGiveUp;
      BackendIsQuiet(turn);
      return Verdict::kGoOn;
  }
  switch (run_.relay) {
    case RelayState::kMoving:
      if (bytes_moved_ != bytes_at_deadline_) {
        bytes_at_deadline_ = bytes_moved_;
        SetRunningDeadline(turn.now);
        return Verdict::kGoOn;
      }
      turn.Count(Counter::kTransferStalls);
      run_.bytes = bytes_moved_;
      BreakPath(Reply::OneLine(ReplyCode::kTransferAborted,
                               "Transfer aborted: no data moved for too long."),
                turn);
      return Verdict::kGoOn;
    case RelayState::kNotStarted:
      turn.Count(Counter::kDataConnectTimeouts);
      BreakPath(CannotOpenData(WhyNotStarted()), turn);
      return Verdict::kGoOn;
    case RelayState::kBroken:
      // The backend has not noticed: tell it.
      Finish(*run_.failure, run_.failure->last_text(), turn);
      AbortBackend(std::nullopt, turn);
      return Verdict::kGoOn;
    case RelayState::kHeld:
      if (run_.final.has_value()) {
        BreakPath(Reply::OneLine(ReplyCode::kTransferAborted,
                                 "Transfer aborted: you do not take the end."),
                  turn);
        return Verdict::kGoOn;
      }
      return Verdict::kGiveUp;
    case RelayState::kDone:
      return Verdict::kGiveUp;
  }
  return Verdict::kGoOn;
}

absl::string_view Transfer::WhyNotStarted() const {
  const bool client_is_awaited = is_passive() || run_.dialled_client;
  if (client_is_awaited && path_.client_leg != LegState::kOpen) {
    return "you did not connect in time.";
  }
  return path_.backend_leg == LegState::kOpen
             ? "the backend did not answer in time."
             : "the backend did not connect in time.";
}

void Transfer::Cut(std::optional<ReplyCode> code, absl::string_view why,
                   Turn& turn) {
  if (state_ == State::kRunning) {
    if (code.has_value())
      turn.Say(*code, absl::StrCat("Transfer aborted: ", why));
    Report(code.has_value() ? static_cast<int>(*code) : 0, why, turn);
  }
  ClosePath(Closing::kReset, turn);
  run_ = Run();
  rest_ = Rest::kNone;
  abort_reply_.reset();
}

void Transfer::ClosePath(Closing how, Turn& turn) {
  if (path_.id != 0) turn.Do(CloseDataPath{path_.id, how});
  path_ = Path();
  state_ = State::kIdle;
  deadline_ = absl::InfiniteFuture();
}

std::optional<TransferFacts> Transfer::facts() const {
  if (state_ != State::kRunning) return std::nullopt;
  TransferFacts facts;
  facts.verb = std::string(VerbOf(run_.command));
  facts.path = Printable(PathOf(run_.command));
  facts.client_mode = is_passive() ? "passive" : "active";
  facts.backend_mode =
      link_.data_mode() == fleet::DataMode::kPassive ? "passive" : "active";
  facts.bytes = bytes();
  facts.public_port = path_.public_port;
  facts.client_data = path_.client_data;
  facts.backend_data = path_.backend_data;
  facts.started = run_.started;
  facts.client_protected = path_.client_protected;
  facts.backend_protected = link_.is_private();
  return facts;
}

}  // namespace pinnace::session
