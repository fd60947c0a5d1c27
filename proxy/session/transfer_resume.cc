// What goes before a transfer command, and how a transfer and its data path
// outlive the loss of their backend.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "proxy/session/fault_reply.h"
#include "proxy/session/transfer.h"

namespace pinnace::session {

using ftp::Reply;
using ftp::ReplyCode;
using metrics::Counter;

void Transfer::OnTypeAccepted(const ftp::Command& command) {
  type_is_image_ = absl::EqualsIgnoreCase(command.argument, "I") ||
                   absl::EqualsIgnoreCase(command.argument, "L 8");
}

void Transfer::TakeRest() {
  const Rest rest = std::exchange(rest_, Rest::kNone);
  const bool counts = rest == Rest::kArmed || rest == Rest::kUntold;
  run_.restarts = counts;
  // In another type the bytes that a client has got are not those of the file.
  run_.wants_facts = run_.command.verb == ftp::Verb::kRetr && type_is_image_ &&
                     link_.resumes_downloads();
  if (counts && (!absl::SimpleAtoi(rest_argument_, &run_.begins_at) ||
                 run_.begins_at < 0)) {
    run_.begins_at = 0;
    run_.wants_facts = false;
  }
  if (counts) {
    run_.restart = rest_argument_;
    run_.must_restart = true;
    // SIZE and MDTM would stand between it and its command (RFC 3659 §5.3).
    run_.restart_is_told = rest == Rest::kArmed && !run_.wants_facts;
  } else if (rest == Rest::kStale) {
    run_.restart.assign(1, '0');
  }
}

void Transfer::Proceed(Step step, Turn& turn) {
  run_.step = step;
  switch (step) {
    case Step::kAwaitBackend:
      deadline_ = absl::InfiniteFuture();  // The login has one.
      return;
    case Step::kSize:
      if (run_.wants_facts) {
        turn.SendLine(absl::StrCat("SIZE ", run_.command.argument));
        break;
      }
      return Proceed(Step::kTime, turn);
    case Step::kTime:
      if (run_.wants_facts) {
        turn.SendLine(absl::StrCat("MDTM ", run_.command.argument));
        break;
      }
      return Proceed(Step::kPath, turn);
    case Step::kPath:
      if (path_.backend_setup == BackendSetup::kLost) {
        AskBackend(turn);
        break;
      }
      return Proceed(Step::kRest, turn);
    case Step::kRest:
      if (run_.bytes > 0) {
        run_.restart = absl::StrCat(run_.begins_at + run_.bytes);
        run_.must_restart = true;
      }
      if (!run_.restart.empty() && !run_.restart_is_told) {
        // Whether it is used up, or forgotten, only a success tells.
        run_.restarts = run_.must_restart;
        turn.SendLine(absl::StrCat("REST ", run_.restart));
        break;
      }
      return Proceed(Step::kCommand, turn);
    case Step::kCommand:
      if (run_.is_compared) turn.Count(Counter::kDownloadsResumed);
      turn.Send(run_.command);
      break;
  }
  SetRunningDeadline(turn.now);
  if (run_.resumes > 0 && step != Step::kCommand) {
    deadline_ = turn.now + link_.timeouts().data_connect;
  }
}

void Transfer::OnStepReply(const Reply& reply, Turn& turn) {
  if (reply.IsPreliminary()) return;
  if (run_.relay == RelayState::kBroken) {
    // Too late: a STOR would leave an empty file behind.
    return Finish(*run_.failure, run_.failure->last_text(), turn);
  }
  switch (run_.step) {
    case Step::kSize:
      if (!OnFactReply(&Run::size, reply, turn)) return;
      Proceed(Step::kTime, turn);
      break;
    case Step::kTime:
      if (!OnFactReply(&Run::time, reply, turn)) return;
      Proceed(Step::kPath, turn);
      break;
    case Step::kPath:
      return OnSetupReply(reply, turn);
    case Step::kRest:
      if (run_.must_restart && !reply.Is(ReplyCode::kPending)) {
        if (run_.resumes > 0 || !reply.IsNegative()) {
          return FailResume(
              absl::StrCat("it refuses REST: ", reply.last_text()), turn);
        }
        return Finish(reply, reply.last_text(), turn);
      }
      Proceed(Step::kCommand, turn);
      break;
    case Step::kAwaitBackend:
    case Step::kCommand:
      return;
  }
  StartRelayWhenReady(turn);
}

bool Transfer::OnFactReply(std::string Run::*fact, const Reply& reply,
                           Turn& turn) {
  const std::string text(reply.Is(ReplyCode::kFileStatus) ? reply.last_text()
                                                          : "");
  if (run_.is_compared) {
    if (text == run_.*fact) return true;
    FailResume("its file is another one, by SIZE and MDTM", turn);
    return false;
  }
  run_.*fact = text;
  if (text.empty()) {
    // It is downloaded as ever, and not resumed.
    run_.wants_facts = false;
    run_.size.clear();
  }
  return true;
}

bool Transfer::MayResume() const {
  if (run_.direction != Direction::kDownload ||
      run_.resumes >= limits::kMaxResumes) {
    return false;
  }
  // Of a listing that nobody has seen, too.
  const bool nothing_seen = !run_.is_compared && !run_.preliminary_said &&
                            run_.relay == RelayState::kNotStarted;
  return nothing_seen || is_resumable();
}

void Transfer::LoseBackendLeg(Turn& turn) {
  turn.Do(DropBackendLeg{path_.id});
  path_.backend_setup = BackendSetup::kLost;
  path_.backend_leg = LegState::kWaiting;
  path_.backend_data = Address();
  path_.backend_leg_error.clear();
  path_.setup_error.reset();
}

bool Transfer::OnBackendLost(absl::string_view why, Turn& turn) {
  if (rest_ == Rest::kArmed) rest_ = Rest::kUntold;
  if (rest_ == Rest::kStale) rest_ = Rest::kNone;
  switch (state_) {
    case State::kIdle:
      return false;
    case State::kAborting:
      BackendIsQuiet(turn);
      return false;
    case State::kOpen:
      path_.client_deadline = deadline_;
      LoseBackendLeg(turn);
      return false;
    case State::kOpening:
      if (path_.setup_error.has_value() && !path_.announced_to_client) {
        const Reply error = *path_.setup_error;
        ClosePath(Closing::kReset, turn);
        turn.Say(error);
        return false;
      }
      LoseBackendLeg(turn);
      if (path_.lease != Lease::kWanted) deadline_ = absl::InfiniteFuture();
      return true;
    case State::kRunning:
      break;
  }
  // It has said all that there is to say; what is on its way still comes.
  if (run_.final.has_value() && run_.relay != RelayState::kNotStarted) {
    return false;
  }
  if (run_.failure.has_value() && !run_.backend_leg_broke) {
    Finish(*run_.failure, run_.failure->last_text(), turn);
    return false;
  }
  if (!MayResume()) {
    Cut(ReplyCode::kTransferAborted, why, turn);
    return false;
  }
  ++run_.resumes;
  run_.is_compared = run_.is_compared || run_.preliminary_said ||
                     run_.relay != RelayState::kNotStarted;
  run_.restart_is_told = false;
  if (run_.relay == RelayState::kMoving || run_.relay == RelayState::kBroken) {
    run_.bytes = bytes_delivered_;
  }
  run_.relay = RelayState::kNotStarted;
  run_.failure.reset();
  run_.final.reset();
  run_.backend_leg_broke = false;
  LoseBackendLeg(turn);
  Proceed(Step::kAwaitBackend, turn);
  return true;
}

void Transfer::OnBackendReplaced(Turn& turn) {
  switch (state_) {
    case State::kIdle:
    case State::kAborting:
      return;
    case State::kOpen:
      if (path_.backend_setup != BackendSetup::kLost) return;
      state_ = State::kOpening;
      [[fallthrough]];
    case State::kOpening:
      if (path_.lease != Lease::kWanted) {
        deadline_ = turn.now + link_.timeouts().backend_reply;
      }
      return AskBackend(turn);
    case State::kRunning:
      if (run_.step != Step::kAwaitBackend) return;
      run_.client_awaited_since = turn.now;
      return Proceed(Step::kSize, turn);
  }
}

void Transfer::FailResume(absl::string_view why, Turn& turn) {
  absl::ConsumeSuffix(&why, ".");
  const std::string text =
      run_.resumes > 0 ? absl::StrCat("the backend was lost, and ", link_.id(),
                                      " cannot go on: ", why, ".")
                       : absl::StrCat(why, ".");
  Finish(run_.preliminary_said || run_.bytes > 0
             ? Reply::OneLine(ReplyCode::kTransferAborted,
                              absl::StrCat("Transfer aborted: ", text))
             : CannotOpenData(text),
         text, turn);
}

}  // namespace pinnace::session
