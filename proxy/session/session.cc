#include "proxy/session/session.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/session/farm_features.h"

namespace pinnace::session {
namespace {

using ftp::Command;
using ftp::LineBuffer;
using ftp::Reply;
using ftp::ReplyCode;
using ftp::ReplyReader;
using ftp::Verb;
using metrics::Counter;

// Looked at over and over while a transfer runs: copies nothing.
Verb VerbOf(absl::string_view line) {
  return ftp::VerbFromText(line.substr(0, line.find(' ')));
}

bool IsAbor(absl::string_view line) { return VerbOf(line) == Verb::kAbor; }

// RFC 959 §4.1.3: what may come in mid-transfer and is not for later.
bool IsUrgent(absl::string_view line) {
  return IsAbor(line) || (VerbOf(line) == Verb::kStat &&
                          !Command::FromLine(line).has_argument());
}

}  // namespace

Session::Session(const SessionOptions& options, Start start)
    : options_(options),
      start_(std::move(start)),
      login_(options_, start_.client.ip, start_.farm, link_),
      transfer_(options_, start_.client, start_.local, link_),
      lines_(limits::kMaxCommandLineBytes),
      replies_({.max_line_bytes = limits::kMaxReplyLineBytes,
                .max_reply_bytes = limits::kMaxReplyBytes}),
      idle_deadline_(start_.now + options.timeouts.idle),
      login_deadline_(start_.now + options.timeouts.login),
      last_command_(start_.now) {}

void Session::OnStart(Turn& turn) {
  turn.Count(Counter::kSessionsAccepted);
  if (!login_.HasCandidate(turn)) {
    turn.Say(ReplyCode::kServiceClosing,
             "No backend is available, try again later.");
    End(EndReason::kNoBackend, turn);
    return;
  }
  turn.Say(ReplyCode::kReady, options_.banner);
}

// --- The client's commands
// ----------------------------------------------------

void Session::OnClientBytes(absl::string_view bytes, Turn& turn) {
  if (ended_) return;
  lines_.Append(bytes);
  Advance(turn);
}

void Session::OnClientDrained(Turn& turn) {
  if (!ended_) Advance(turn);
}

bool Session::IsFree() const {
  return !ended_ && !passed_on_.has_value() && !login_.is_busy() &&
         !transfer_.is_busy();
}

void Session::Advance(Turn& turn) {
  wants_turn_ = false;
  int urgent = 0;
  while (!ended_) {
    // A client that does not take its replies gets no more of them; and one
    // that asks much at once lets the others have their turn.
    if (turn.client_unsent_bytes + turn.out.client_bytes() >=
            limits::kMaxUnsentBytes ||
        (!IsFree() && urgent++ == limits::kMaxUrgentPerTurn)) {
      wants_turn_ = lines_.HasLine();
      break;
    }
    const std::optional<LineBuffer::Line> line = TakeLine();
    if (!line.has_value()) break;
    OnLine(*line, turn);
  }
  if (ended_) return;
  if (draining_ && IsFree() && !lines_.HasLine()) {
    turn.Say(ReplyCode::kServiceClosing,
             "The gateway is going down, please connect again.");
    return End(EndReason::kDrained, turn);
  }
  UpdateReading(turn);
  UpdateIdleDeadline(turn.now);
}

std::optional<LineBuffer::Line> Session::TakeLine() {
  if (IsFree()) return lines_.Next();
  if (transfer_.state() == Transfer::State::kRunning) {
    const UrgentScan scan = {transfer_.transfers(),
                             transfer_.preliminary_said()};
    if (scan != urgent_scan_) lines_.ExamineAgain();
    urgent_scan_ = scan;
    // STAT before the 1yz would be taken for the answer of the transfer.
    return lines_.TakeFirst(transfer_.preliminary_said() ? IsUrgent : IsAbor,
                            LineBuffer::Scan::kOnlyNew);
  }
  return std::nullopt;
}

// RFC 1123 §4.1.3.2: time is not idle while something is going on.
void Session::UpdateIdleDeadline(absl::Time now) {
  if (!IsFree()) {
    idle_deadline_ = absl::InfiniteFuture();
  } else if (idle_deadline_ == absl::InfiniteFuture()) {
    idle_deadline_ = now + options_.timeouts.idle;
  }
}

void Session::UpdateReading(Turn& turn) {
  const bool full = lines_.buffered_bytes() > limits::kMaxPipelinedBytes;
  if (full == reading_paused_) return;
  reading_paused_ = full;
  if (full) {
    turn.Count(Counter::kPipelineFull);
    turn.Do(PauseClient{});
  } else {
    turn.Do(ResumeClient{});
  }
}

void Session::OnLine(const LineBuffer::Line& line, Turn& turn) {
  turn.Count(Counter::kCommands);
  ++commands_;
  last_command_ = turn.now;
  idle_deadline_ = turn.now + options_.timeouts.idle;
  switch (line.kind) {
    case LineBuffer::Kind::kTooLong:
      turn.Count(Counter::kLinesTooLong);
      turn.Say(ReplyCode::kSyntaxError,
               absl::StrCat("Line is too long, ", limits::kMaxCommandLineBytes,
                            " bytes are allowed."));
      return;
    case LineBuffer::Kind::kForbiddenByte:
      turn.Count(Counter::kForbiddenBytes);
      turn.Say(ReplyCode::kSyntaxError,
               "A command holds no NUL and no CR without LF.");
      return;
    case LineBuffer::Kind::kComplete:
      break;
  }
  OnCommand(Command::FromLine(line.text), turn);
}

void Session::OnCommand(const Command& command, Turn& turn) {
  if (!command.HasWellFormedVerb()) {
    turn.Say(ReplyCode::kSyntaxError, "Command not understood.");
    return;
  }
  const CommandRule& rule = RuleFor(command.verb);
  if (rule.when == When::kLoggedIn && !login_.is_logged_in()) {
    turn.Say(ReplyCode::kNotLoggedIn, "Please login with USER and PASS.");
    return;
  }
  if (rule.argument == ArgumentRule::kRequired && !command.has_argument()) {
    turn.Say(ReplyCode::kArgumentError,
             absl::StrCat(ftp::VerbName(command.verb), " needs an argument."));
    return;
  }
  login_.RenewPin(turn);
  if (!KeepsRest(rule.effect)) transfer_.OnOtherCommand();
  Serve(command, rule.effect, turn);
}

void Session::Serve(const Command& command, Effect effect, Turn& turn) {
  switch (effect) {
    case Effect::kPassOn:
      return PassOn(command, turn);
    case Effect::kUser:
      return OnVerdict(login_.OnUser(command, turn), turn);
    case Effect::kPass:
      return login_.OnPass(command, turn);
    case Effect::kAcct:
      return login_.OnAcct(command, turn);
    case Effect::kRein:
      return OnRein(turn);
    case Effect::kQuit:
      return OnQuit(turn);
    case Effect::kPassive:
      return transfer_.OnPasv(turn);
    case Effect::kExtendedPassive:
      return transfer_.OnEpsv(command, turn);
    case Effect::kActive:
      return transfer_.OnPort(command, turn);
    case Effect::kExtendedActive:
      return transfer_.OnEprt(command, turn);
    case Effect::kDownload:
      return transfer_.OnCommand(command, Direction::kDownload, turn);
    case Effect::kUpload:
      return transfer_.OnCommand(command, Direction::kUpload, turn);
    case Effect::kRest:
      return PassOn(command, turn);
    case Effect::kAbor:
      return transfer_.OnAbor(turn);
    case Effect::kMode:
      // Block and compressed mode put an end of file of their own into the
      // data.
      if (!absl::EqualsIgnoreCase(command.argument, "S")) {
        turn.Say(ReplyCode::kParameterNotImplemented,
                 "Only MODE S is offered.");
        return;
      }
      return PassOn(command, turn);
    case Effect::kStru:
      // Record and page structure put codes of their own into the data.
      if (!absl::EqualsIgnoreCase(command.argument, "F")) {
        turn.Say(ReplyCode::kParameterNotImplemented,
                 "Only STRU F is offered.");
        return;
      }
      return PassOn(command, turn);
    case Effect::kStat:
      if (transfer_.state() == Transfer::State::kRunning) {
        return transfer_.SayStatus(turn);
      }
      return PassOn(command, turn);
    case Effect::kFeat:
      return SayFeatures(turn);
    case Effect::kHost:
      return login_.OnHost(command, turn);
    case Effect::kAuth:
      turn.Say(ReplyCode::kNotImplemented,
               "TLS is not set up on this listener.");
      return;
    case Effect::kProtect:
      turn.Say(ReplyCode::kBadSequence, "AUTH must come first.");
      return;
    case Effect::kNotOffered:
      turn.Say(ReplyCode::kNotImplemented,
               absl::StrCat(ftp::VerbName(command.verb), " is not offered."));
      return;
    case Effect::kBeforeLogin:
      if (login_.is_logged_in()) return PassOn(command, turn);
      return ServeBeforeLogin(command, turn);
  }
}

void Session::ServeBeforeLogin(const Command& command, Turn& turn) {
  switch (command.verb) {
    case Verb::kSyst:
      turn.Say(ReplyCode::kSystemType, "UNIX Type: L8");
      return;
    case Verb::kHelp:
      turn.Say(ReplyCode::kHelp, "Login with USER and PASS.");
      return;
    case Verb::kOpts:
      return login_.OnOpts(command, turn);
    case Verb::kClnt:
      return login_.OnClnt(command, turn);
    default:  // The rules send nothing else here but NOOP.
      turn.Say(ReplyCode::kOk, "OK.");
      return;
  }
}

void Session::PassOn(const Command& command, Turn& turn) {
  turn.Send(command);
  passed_on_ = command;
  preliminary_said_ = false;
  reply_deadline_ = turn.now + options_.timeouts.backend_reply;
}

void Session::OnQuit(Turn& turn) {
  turn.Say(ReplyCode::kGoodbye, "Goodbye.");
  End(EndReason::kClientQuit, turn);
}

void Session::OnRein(Turn& turn) {
  const bool was_logged_in = login_.is_logged_in();
  // RFC 959 §4.1.1: as the control connection was at its start. A backend
  // connection cannot be trusted to forget, so the next USER gets a new one.
  transfer_.Cut(std::nullopt, "", turn);
  DropBackend(turn);
  login_.Reset();
  // Not for who never logged in: REIN would keep the door open for ever.
  if (was_logged_in) login_deadline_ = turn.now + options_.timeouts.login;
  turn.Say(ReplyCode::kReady, options_.banner);
}

void Session::SayFeatures(Turn& turn) {
  const fleet::Farm* farm = turn.snapshot.fleet.FindFarm(start_.farm);
  turn.Say(Reply::ManyLines(ReplyCode::kSystemStatus,
                            "Features:", FarmFeatures(farm).lines(), "End"));
}

void Session::OnClientEnd(Cleanness cleanness, Turn& turn) {
  if (ended_) return;
  // It said what it wants and that it wants no more (RFC 959 §4.1.1, QUIT):
  // what is queued is still served, up to the QUIT.
  if (cleanness == Cleanness::kFin && HasQuit()) return;
  transfer_.Cut(std::nullopt, "the control connection is lost", turn);
  End(EndReason::kClientLost, turn);
}

bool Session::HasQuit() {
  bool found = false;
  lines_.TakeFirst([&found](absl::string_view line) {
    found = found || VerbOf(line) == Verb::kQuit;
    return false;  // Each has its turn.
  });
  return found;
}

// --- The backend
// --------------------------------------------------------------

void Session::OnVerdict(Login::Verdict verdict, Turn& turn) {
  switch (verdict) {
    case Login::Verdict::kGoOn:
      if (login_.is_logged_in()) login_deadline_ = absl::InfiniteFuture();
      return;
    case Login::Verdict::kNoBackend:
      return End(EndReason::kNoBackend, turn);
    case Login::Verdict::kTooManyFailures:
      return End(EndReason::kTooManyFailures, turn);
  }
}

void Session::OnBackendConnected(const Address& peer, Turn& turn) {
  if (ended_) return;
  replies_ = ReplyReader({.max_line_bytes = limits::kMaxReplyLineBytes,
                          .max_reply_bytes = limits::kMaxReplyBytes});
  OnVerdict(login_.OnBackendConnected(peer, turn), turn);
}

void Session::OnBackendConnectFailed(absl::string_view why, Turn& turn) {
  if (ended_) return;
  OnVerdict(login_.OnBackendConnectFailed(why, turn), turn);
  Advance(turn);
}

void Session::OnBackendBytes(absl::string_view bytes, Turn& turn) {
  if (ended_ || !link_.is_connected()) return;
  replies_.Append(bytes);
  Reply reply;
  while (!ended_ && link_.is_connected()) {
    switch (replies_.Next(&reply)) {
      case ReplyReader::Status::kNeedMore:
        Advance(turn);
        return;
      case ReplyReader::Status::kReply:
        OnReply(reply, turn);
        break;
      case ReplyReader::Status::kMalformed:
        BackendFailed(EndReason::kBackendMalformed,
                      "the backend's answer is not FTP", turn);
        return;
      case ReplyReader::Status::kTooLong:
        BackendFailed(EndReason::kBackendMalformed,
                      "the backend's answer is too long", turn);
        return;
    }
  }
  if (!ended_) Advance(turn);
}

void Session::OnReply(const Reply& reply, Turn& turn) {
  if (login_.is_busy()) {
    const bool closing =
        reply.Is(ReplyCode::kServiceClosing) && !login_.MayRetry();
    if (!closing) {
      OnVerdict(login_.OnBackendReply(reply, turn), turn);
      return;
    }
  }
  if (reply.Is(ReplyCode::kServiceClosing)) {
    if (login_.state() == Login::State::kLoggedOut) {
      // Between two tries to log in: the next USER gets another connection.
      ForgetBackend(turn);
      return;
    }
    transfer_.Cut(std::nullopt, "the backend closes", turn);
    turn.Say(reply);
    End(EndReason::kBackendClosing, turn);
    return;
  }
  if (passed_on_.has_value()) return OnPassedOnReply(reply, turn);
  if (transfer_.is_busy()) return transfer_.OnBackendReply(reply, turn);
  // Nobody asked: a late reply never answers the next command.
  turn.Count(Counter::kBackendFaults);
}

void Session::OnPassedOnReply(const Reply& reply, Turn& turn) {
  if (reply.IsPreliminary()) {
    const bool turned_transfer =
        passed_on_->verb == Verb::kOther || passed_on_->verb == Verb::kSite;
    if (turned_transfer && transfer_.state() == Transfer::State::kOpen) {
      const Command command = *std::exchange(passed_on_, std::nullopt);
      reply_deadline_ = absl::InfiniteFuture();
      transfer_.OnCommandTurnedTransfer(command, turn);
      transfer_.OnBackendReply(reply, turn);
      return;
    }
    // RFC 959 §5.4: at most one.
    if (!std::exchange(preliminary_said_, true)) turn.Say(reply);
    // It is at work.
    reply_deadline_ = turn.now + options_.timeouts.backend_reply;
    return;
  }
  if (passed_on_->verb == Verb::kRest && reply.Is(ReplyCode::kPending)) {
    transfer_.OnRestAccepted();
  }
  passed_on_.reset();
  reply_deadline_ = absl::InfiniteFuture();
  turn.Say(reply);
}

void Session::OnBackendEnd(absl::string_view why, Turn& turn) {
  if (ended_ || !link_.is_connected()) return;
  link_.Lost();
  if (login_.is_busy() && login_.MayRetry()) return TryNextBackend(why, turn);
  if (login_.state() == Login::State::kLoggedOut) {
    // It may close after a refused password; the client may still try USER.
    return ForgetBackend(turn);
  }
  BackendFailed(EndReason::kBackendLost, "the backend closed the connection",
                turn);
}

void Session::BackendFailed(EndReason reason, absl::string_view why,
                            Turn& turn) {
  turn.Count(Counter::kBackendFaults);
  if (login_.is_busy() && login_.MayRetry()) return TryNextBackend(why, turn);
  turn.Do(ReportBackendTrouble{link_.id(), std::string(why)});
  transfer_.Cut(ReplyCode::kTransferAborted, why, turn);
  turn.Say(ReplyCode::kServiceClosing,
           absl::StrCat("Closing: ", why, ", please connect again."));
  End(reason, turn);
}

void Session::TryNextBackend(absl::string_view why, Turn& turn) {
  // A path that is left over from an earlier login leads to the wrong backend.
  transfer_.Cut(std::nullopt, why, turn);
  OnVerdict(login_.OnBackendLost(why, turn), turn);
  Advance(turn);
}

void Session::ForgetBackend(Turn& turn) {
  transfer_.Cut(std::nullopt, "", turn);
  DropBackend(turn);
  login_.BackendGone();
}

void Session::DropBackend(Turn& turn) {
  if (link_.hears_us()) turn.SendLine("QUIT");
  if (link_.is_connected()) turn.Do(CloseBackend{});
  passed_on_.reset();
  reply_deadline_ = absl::InfiniteFuture();
  link_.Drop();
}

void Session::End(EndReason reason, Turn& turn) {
  if (ended_) return;
  transfer_.Cut(std::nullopt, EndReasonName(reason), turn);
  // A backend in mid-transfer hears ABOR first (RFC 959 §4.1.1: an unexpected
  // close is as ABOR and QUIT).
  if (link_.hears_us()) {
    if (reason == EndReason::kClientLost) turn.SendLine("ABOR");
    turn.SendLine("QUIT");
  }
  login_.RenewPin(turn);
  link_.Drop();
  ended_ = true;
  turn.Count(Counter::kSessionsEnded);
  turn.Do(EndSession{reason});
}

// --- Data events
// --------------------------------------------------------------

void Session::OnLease(DataPathId path, std::optional<uint16_t> port,
                      Turn& turn) {
  if (ended_) return;
  transfer_.OnLease(path, port, turn);
  Advance(turn);
}

void Session::OnBackendListening(DataPathId path,
                                 std::optional<Address> address, Turn& turn) {
  if (ended_) return;
  transfer_.OnBackendListening(path, address, turn);
  Advance(turn);
}

void Session::OnLegOpen(DataPathId path, Leg leg, const Address& from,
                        Turn& turn) {
  if (ended_) return;
  transfer_.OnLegOpen(path, leg, from, turn);
}

void Session::OnLegFailed(DataPathId path, Leg leg, absl::string_view why,
                          Turn& turn) {
  if (ended_) return;
  transfer_.OnLegFailed(path, leg, why, turn);
  Advance(turn);
}

void Session::OnRelayDone(DataPathId path, int64_t bytes, Turn& turn) {
  if (ended_) return;
  transfer_.OnRelayDone(path, bytes, turn);
  Advance(turn);
}

void Session::OnRelayBroken(DataPathId path, Leg leg, int64_t bytes,
                            Turn& turn) {
  if (ended_) return;
  transfer_.OnRelayBroken(path, leg, bytes, turn);
  Advance(turn);
}

// --- Time
// ---------------------------------------------------------------------

absl::Time Session::deadline() const {
  if (ended_) return absl::InfiniteFuture();
  absl::Time next = std::min(login_deadline_, login_.deadline());
  next = std::min(next, transfer_.deadline());
  next = std::min(next, reply_deadline_);
  return std::min(next, idle_deadline_);
}

void Session::OnDeadline(int64_t bytes_moved, Turn& turn) {
  if (ended_) return;
  if (turn.now >= login_deadline_) {
    turn.Say(ReplyCode::kServiceClosing, "Login took too long.");
    return End(EndReason::kLoginTimeout, turn);
  }
  if (turn.now >= login_.deadline()) {
    if (!login_.MayRetry()) {
      return BackendFailed(EndReason::kBackendTimeout,
                           "the backend does not answer", turn);
    }
    transfer_.Cut(std::nullopt, "", turn);
    OnVerdict(login_.OnDeadline(turn), turn);
    if (ended_) return;
  }
  if (turn.now >= reply_deadline_) {
    return BackendFailed(EndReason::kBackendTimeout,
                         "the backend does not answer", turn);
  }
  transfer_.set_bytes_moved(bytes_moved);
  if (transfer_.OnDeadline(turn) == Transfer::Verdict::kGiveUp) {
    return BackendFailed(EndReason::kBackendTimeout,
                         "the backend does not answer", turn);
  }
  if (turn.now >= idle_deadline_) {
    turn.Count(Counter::kIdleTimeouts);
    turn.Say(
        ReplyCode::kServiceClosing,
        absl::StrCat("Idle for ", absl::FormatDuration(options_.timeouts.idle),
                     ", closing."));
    return End(EndReason::kIdle, turn);
  }
  Advance(turn);
}

void Session::OnDrain(Turn& turn) {
  if (ended_) return;
  draining_ = true;
  Advance(turn);
}

void Session::OnKill(Turn& turn) {
  if (ended_) return;
  transfer_.Cut(ReplyCode::kTransferAborted, "ended by the operator", turn);
  turn.Say(ReplyCode::kServiceClosing, "Session ended by the operator.");
  End(EndReason::kKilled, turn);
}

// --- Facts
// --------------------------------------------------------------------

absl::string_view Session::PhaseName() const {
  if (ended_) return "ended";
  if (login_.is_busy()) return "logging_in";
  if (!login_.is_logged_in()) return "logged_out";
  switch (transfer_.state()) {
    case Transfer::State::kOpening:
      return "opening_data";
    case Transfer::State::kRunning:
      return "transfer";
    case Transfer::State::kAborting:
      return "aborting";
    case Transfer::State::kIdle:
    case Transfer::State::kOpen:
      break;
  }
  return passed_on_.has_value() ? "command" : "ready";
}

SessionFacts Session::facts() const {
  SessionFacts facts;
  facts.id = start_.id;
  facts.user = Printable(login_.user());
  facts.listener = start_.listener;
  facts.farm = start_.farm;
  if (link_.is_chosen()) facts.backend = link_.id();
  facts.phase = std::string(PhaseName());
  facts.client = start_.client;
  facts.local = start_.local;
  if (link_.is_connected()) facts.backend_address = link_.peer();
  facts.started = start_.now;
  facts.last_command = last_command_;
  facts.commands = commands_;
  facts.transfers = transfer_.transfers();
  facts.transfer = transfer_.facts();
  return facts;
}

}  // namespace pinnace::session
