// What the client says. session_events.cc has everything else that happens.
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
                          !Command::FromLine(std::string(line)).has_argument());
}

}  // namespace

Session::Session(const SessionOptions& options, Start start)
    : options_(options),
      start_(std::move(start)),
      link_(options_),
      protection_(options_, start_.tls),
      login_(options_,
             {.client = start_.client.ip,
              .listener = start_.listener,
              .farm = start_.farm,
              .tls = protection_.facts()},
             link_),
      transfer_(options_, start_.client, start_.local, start_.dialled,
                protection_, link_),
      policies_(start_.client.ip, start_.listener, login_, link_),
      lines_(limits::kMaxCommandLineBytes),
      replies_({.max_line_bytes = limits::kMaxReplyLineBytes,
                .max_reply_bytes = limits::kMaxReplyBytes}),
      idle_deadline_(start_.now + options.timeouts.idle),
      login_deadline_(start_.now + options.timeouts.login),
      last_command_(start_.now) {
  login_.SetGate(&policies_);
}

void Session::OnStart(Turn& turn) {
  turn.Count(Counter::kSessionsAccepted);
  if (protection_.is_implicit()) {
    protection_.Secure(turn);
  } else {
    Greet(turn);
  }
}

void Session::Greet(Turn& turn) {
  greeted_ = true;
  if (!policies_.AdmitsClient(turn)) {
    turn.Count(Counter::kClientsDenied);
    turn.Say(ReplyCode::kServiceClosing, "Your address is not allowed here.");
    End(EndReason::kDenied, turn);
    return;
  }
  if (!login_.HasCandidate(turn)) {
    turn.Say(ReplyCode::kServiceClosing,
             "No backend is available, try again later.");
    End(EndReason::kNoBackend, turn);
    return;
  }
  turn.Say(ReplyCode::kReady, options_.banner);
}

void Session::OnClientBytes(absl::string_view bytes, Turn& turn) {
  if (ended_) return;
  lines_.Append(bytes);
  Advance(turn);
}

void Session::OnClientDrained(Turn& turn) {
  if (!ended_) Advance(turn);
}

void Session::Advance(Turn& turn) {
  wants_turn_ = false;
  feats_ = 0;
  int urgent = 0;
  while (!ended_) {
    if (directory_.is_stale() &&
        (turn.snapshot.policies != nullptr || login_.wants_directory())) {
      AskDirectory(turn);
    }
    // A client that does not take its replies gets no more of them; and one
    // that asks much at once lets the others have their turn.
    if (turn.client_unsent_bytes + turn.out.client_bytes() >=
            limits::kMaxUnsentBytes ||
        (!IsFree() && urgent++ == limits::kMaxUrgentPerTurn) ||
        feats_ == limits::kMaxFeatPerTurn) {
      wants_turn_ = lines_.HasLine();
      break;
    }
    if (waiting_ != nullptr && IsFree() && !login_.is_detached()) {
      OnCommand(std::move(*std::exchange(waiting_, nullptr)), turn);
      continue;
    }
    std::optional<LineBuffer::Line> line = TakeLine();
    if (!line.has_value()) break;
    OnLine(*std::move(line), turn);
  }
  if (!ended_) EndIfDrained(turn);
  if (ended_) return;
  UpdateReading(turn);
  UpdateIdleDeadline(turn.now);
}

void Session::AskDirectory(Turn& turn) {
  if (!IsFree() || !login_.is_logged_in() || login_.is_detached()) return;
  if (!login_.wants_directory() && !policies_.WantsDirectory(turn)) return;
  transfer_.OnDirectoryAsked();
  directory_.Ask(turn);
  reply_deadline_ = turn.now + link_.timeouts().backend_reply;
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
    idle_deadline_ = now + link_.timeouts().idle;
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

void Session::OnLine(LineBuffer::Line&& line, Turn& turn) {
  turn.Count(Counter::kCommands);
  ++commands_;
  last_command_ = turn.now;
  replacements_ = 0;
  idle_deadline_ = turn.now + link_.timeouts().idle;
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
  OnCommand(Command::FromLine(std::move(line.text)), turn);
}

void Session::OnCommand(Command&& command, Turn& turn) {
  if (!command.HasWellFormedVerb()) {
    turn.Say(ReplyCode::kSyntaxError, "Command not understood.");
    return;
  }
  const CommandRule& rule = RuleFor(command.verb);
  // Whatever becomes of its backend.
  if (rule.effect == Effect::kStat &&
      transfer_.state() == Transfer::State::kRunning) {
    return transfer_.SayStatus(turn);
  }
  if (rule.when == When::kLoggedIn && !login_.is_logged_in()) {
    turn.Say(ReplyCode::kNotLoggedIn, "Please login with USER and PASS.");
    return;
  }
  if (rule.argument == ArgumentRule::kRequired && !command.has_argument()) {
    turn.Say(ReplyCode::kArgumentError,
             absl::StrCat(ftp::VerbName(command.verb), " needs an argument."));
    return;
  }
  // Whether it is allowed may be a matter of the directory on that backend.
  if (login_.is_detached() && NeedsBackend(rule.effect)) {
    return WaitForBackend(std::move(command), turn);
  }
  login_.RenewPin(turn);
  const Verb former_verb = std::exchange(last_verb_, command.verb);
  if (command.verb == Verb::kRnto && former_verb != Verb::kRnfr &&
      policies_.WantsDirectory(turn)) {
    // The server may read what RNFR said in another directory by now.
    turn.Say(ReplyCode::kBadSequence, "RNFR must come right before RNTO.");
    return;
  }
  if (const std::optional<policy::Refusal> refusal =
          policies_.Check(command, directory_.path(), turn)) {
    // First: who hears of a data connection that broke may look no further.
    turn.Say(refusal->code, refusal->text);
    if (rule.effect == Effect::kDownload || rule.effect == Effect::kUpload) {
      transfer_.OnDenied(turn);
    } else {
      transfer_.OnOtherCommand();
    }
    return;
  }
  if (!KeepsRest(rule.effect)) transfer_.OnOtherCommand();
  Serve(std::move(command), rule.effect, turn);
}

void Session::Serve(Command&& command, Effect effect, Turn& turn) {
  switch (effect) {
    case Effect::kPassOn:
      return PassOn(std::move(command), turn);
    case Effect::kUser:
      if (RefuseWithoutTls(turn)) return;
      return OnUser(command, turn);
    case Effect::kPass:
      if (RefuseWithoutTls(turn)) return;
      if (RefuseUser(login_.user(), turn)) return;
      return login_.OnPass(command, turn);
    case Effect::kAcct:
      if (RefuseWithoutTls(turn)) return;
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
      return transfer_.OnCommand(std::move(command), Direction::kDownload, 0,
                                 turn);
    case Effect::kUpload:
      return transfer_.OnCommand(std::move(command), Direction::kUpload,
                                 policies_.max_upload_bytes(turn), turn);
    case Effect::kRest:
      return PassOn(std::move(command), turn);
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
      return PassOn(std::move(command), turn);
    case Effect::kStru:
      // Record and page structure put codes of their own into the data.
      if (!absl::EqualsIgnoreCase(command.argument, "F")) {
        turn.Say(ReplyCode::kParameterNotImplemented,
                 "Only STRU F is offered.");
        return;
      }
      return PassOn(std::move(command), turn);
    case Effect::kStat:
      return PassOn(std::move(command), turn);
    case Effect::kFeat:
      return SayFeatures(turn);
    case Effect::kHost:
      return login_.OnHost(command, turn);
    case Effect::kAuth:
      return OnAuth(command, turn);
    case Effect::kAdat:
      turn.Say(ReplyCode::kBadSequence, "AUTH must come first.");
      return;
    case Effect::kPbsz:
      return protection_.OnPbsz(command, turn);
    case Effect::kProt:
      return protection_.OnProt(command, turn);
    case Effect::kCcc:
      // What came ahead of its turn, and in TLS, stays.
      return protection_.OnCcc(turn);
    case Effect::kNotOffered:
      turn.Say(ReplyCode::kNotImplemented,
               absl::StrCat(ftp::VerbName(command.verb), " is not offered."));
      return;
    case Effect::kBeforeLogin:
      if (login_.is_logged_in()) return PassOn(std::move(command), turn);
      return ServeBeforeLogin(command, turn);
  }
}

// A client that shows its password in clear has lost it: USER is refused too.
bool Session::RefuseWithoutTls(Turn& turn) {
  if (!protection_.needs_tls()) return false;
  turn.Count(Counter::kClearLoginsRefused);
  turn.Say(ReplyCode::kNotLoggedIn, "TLS is required: AUTH TLS comes first.");
  return true;
}

bool Session::RefuseUser(const std::string& user, Turn& turn) {
  const std::optional<Login::Verdict> refused = login_.Refuses(user, turn);
  if (refused.has_value()) OnVerdict(*refused, turn);
  return refused.has_value();
}

void Session::OnAuth(const Command& command, Turn& turn) {
  if (login_.is_logged_in() && protection_.is_offered()) {
    turn.Say(ReplyCode::kBadSequence, "AUTH must come before USER.");
    return;
  }
  if (!protection_.OnAuth(command, turn)) return;
  // Whoever stood between may have put it there.
  lines_.Clear();
  // RFC 4217 §4: who began to log in before begins anew.
  if (login_.state() != Login::State::kLoggedOut) ForgetBackend(turn);
}

void Session::OnClientSecured(const TlsFacts& facts, Turn& turn) {
  if (ended_) return;
  turn.Count(Counter::kTlsHandshakes);
  protection_.OnSecured(facts);
  login_.OnSecured();
  if (!greeted_) Greet(turn);
  if (!ended_) Advance(turn);
}

void Session::OnClientCleared(Turn& turn) {
  if (ended_) return;
  protection_.OnCleared();
  Advance(turn);
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
    case Verb::kClnt:
      return login_.OnOptsOrClnt(command, turn);
    default:  // The rules send nothing else here but NOOP.
      turn.Say(ReplyCode::kOk, "OK.");
      return;
  }
}

void Session::PassOn(Command&& command, Turn& turn) {
  turn.Send(command);
  passed_on_ = std::move(command);
  preliminary_said_ = false;
  reply_deadline_ = turn.now + link_.timeouts().backend_reply;
}

void Session::OnUser(const Command& command, Turn& turn) {
  if (RefuseUser(command.argument, turn)) return;
  const bool was_logged_in = login_.is_logged_in();
  transfer_.ForgetType();
  directory_.Forget();
  // A path of it leads nowhere any more.
  if (login_.is_detached()) transfer_.Cut(std::nullopt, "", turn);
  if (login_.LeadsElsewhere(command, turn)) {
    OnVerdict(login_.OnBackendAbandoned(turn), turn);
    if (ended_) return;
    ForgetBackend(turn);
  }
  if (!DenyUser(command, turn)) OnVerdict(login_.OnUser(command, turn), turn);
  // Anew: it ended when the former user was logged in.
  if (was_logged_in && !login_.is_logged_in()) {
    login_deadline_ = turn.now + options_.timeouts.login;
  }
}

bool Session::DenyUser(const Command& command, Turn& turn) {
  if (command.argument.size() > limits::kMaxUserBytes) return false;
  const std::optional<policy::Refusal> refusal =
      policies_.AdmitUser(command.argument, turn);
  if (!refusal.has_value()) return false;
  OnVerdict(login_.OnBackendAbandoned(turn), turn);
  if (ended_) return true;
  ForgetBackend(turn);
  turn.Say(refusal->code, refusal->text);
  return true;
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
  transfer_.ForgetType();
  OnVerdict(login_.OnBackendAbandoned(turn), turn);
  if (ended_) return;
  DropBackend(turn);
  login_.Reset();
  policies_.OnLoginChanged();
  // Not for who never logged in: REIN would keep the door open for ever.
  if (was_logged_in) login_deadline_ = turn.now + options_.timeouts.login;
  turn.Say(ReplyCode::kReady, options_.banner);
  protection_.OnRein(turn);
}

void Session::SayFeatures(Turn& turn) {
  ++feats_;
  ftp::FeatureList features = FarmFeatures(login_.PossibleFarms(turn));
  protection_.AddFeatures(features);
  turn.Say(Reply::ManyLines(ReplyCode::kSystemStatus,
                            "Features:", features.lines(), "End"));
}

void Session::OnClientEnd(Cleanness cleanness, Turn& turn) {
  if (ended_) return;
  // It said what it wants and that it wants no more (RFC 959 §4.1.1, QUIT):
  // what is queued is still served, up to the QUIT.
  if (cleanness == Cleanness::kFin && !protection_.is_busy() && HasQuit()) {
    return;
  }
  if (protection_.is_securing()) {
    turn.Count(Counter::kTlsHandshakesFailed);
    return End(EndReason::kTlsFailed, turn);
  }
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

}  // namespace pinnace::session
