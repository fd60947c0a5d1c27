// A session that outlives its backend (farm option `failover.replace_backend`).
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/session/session.h"

namespace pinnace::session {

using ftp::Command;
using ftp::Reply;
using ftp::ReplyCode;
using ftp::Verb;
using metrics::Counter;

bool Session::OutlivesBackend(absl::string_view why, Login::Return to_it,
                              Turn& turn) {
  // Backends that fall one after the other at the same command: it may be what
  // fells them.
  if (!login_.MayRejoin() || replacements_ >= limits::kMaxResumes) return false;
  ++replacements_;
  if (!link_.is_draining()) {
    turn.Do(ReportBackendTrouble{turn.Keep(link_.id()), turn.Keep(why)});
  }
  std::optional<Command> command = std::exchange(passed_on_, std::nullopt);
  bool is_awaited = transfer_.OnBackendLost(why, turn) || waiting_ != nullptr;
  login_.StampPin(turn);
  login_.Detach(to_it);
  DropBackend(turn);
  if (command.has_value()) {
    if (IsRepeatable(command->verb) && !preliminary_said_) {
      waiting_ = std::make_unique<Command>(*std::move(command));
      is_awaited = true;
    } else {
      turn.Say(
          ReplyCode::kLocalError,
          absl::StrCat("The backend was lost while it was at work; whether "
                       "it has done this ",
                       ftp::VerbName(command->verb), " is not known."));
    }
  }
  // Not before: most sessions that are idle stay so, and others have more need
  // of the backends that are left.
  if (is_awaited) OnVerdict(login_.Rejoin(turn), turn);
  return true;
}

void Session::WaitForBackend(Command&& command, Turn& turn) {
  waiting_ = std::make_unique<Command>(std::move(command));
  OnVerdict(login_.Rejoin(turn), turn);
}

void Session::OnNoReplacement(Turn& turn) {
  turn.Count(Counter::kReplacementsFailed);
  transfer_.Cut(ReplyCode::kTransferAborted,
                "the backend was lost, and there is no other", turn);
  SayLast(absl::StrCat("The backend was lost. ", login_.trouble()), turn);
  End(EndReason::kBackendLost, turn);
}

void Session::OnAccepted(const Command& command) {
  if (command.verb == Verb::kType) transfer_.OnTypeAccepted(command);
  directory_.OnDone(command.verb);
  login_.NoteAccepted(command);
}

}  // namespace pinnace::session
