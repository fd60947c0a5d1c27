// The dialogue with the backend of a login. login_choice.cc has which one that
// is.
#include "proxy/session/login.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/printable.h"
#include "proxy/session/backend_trouble.h"

namespace pinnace::session {
namespace {

using ftp::Command;
using ftp::Reply;
using ftp::ReplyCode;
using metrics::Counter;

Command CommandOf(ftp::Verb verb, absl::string_view argument) {
  return {verb, std::string(ftp::VerbName(verb)), std::string(argument)};
}

}  // namespace

Login::Verdict Login::OnUser(const Command& command, Turn& turn) {
  if (command.argument.size() > limits::kMaxUserBytes) {
    turn.Say(ReplyCode::kArgumentError, "User name is too long.");
    return Verdict::kGoOn;
  }
  former_user_ = state_ == State::kLoggedIn ? user_ : "";
  rejoining_ = false;
  former_password_ = std::move(password_);
  replay_.ForgetUser(link_.is_connected() ? Replay::Connection::kUsed
                                          : Replay::Connection::kFresh);
  user_ = command.argument;
  farm_ = std::string(FarmFor(user_, turn));
  trouble_.clear();
  tried_.clear();
  attempts_ = 0;
  budget_end_ = absl::InfiniteFuture();
  reuses_connection_ = link_.is_connected();
  if (reuses_connection_) {
    turn.Send(CommandOf(ftp::Verb::kUser, user_));
    state_ = State::kAwaitUser;
    deadline_ = turn.now + link_.timeouts().backend_reply;
    return Verdict::kGoOn;
  }
  return TryNext(turn);
}

void Login::OnPass(const Command& command, Turn& turn) {
  if (state_ != State::kNeedPassword) {
    turn.Say(ReplyCode::kBadSequence, "Login with USER first.");
    return;
  }
  Keep(&Password::password, command);
  turn.Send(command);
  state_ = State::kAwaitPass;
  deadline_ = turn.now + link_.timeouts().backend_reply;
}

void Login::OnAcct(const Command& command, Turn& turn) {
  if (state_ != State::kNeedAccount) {
    turn.Say(ReplyCode::kBadSequence, "Login with USER first.");
    return;
  }
  Keep(&Password::account, command);
  turn.Send(command);
  state_ = State::kAwaitAcct;
  deadline_ = turn.now + link_.timeouts().backend_reply;
}

void Login::OnOptsOrClnt(const Command& command, Turn& turn) {
  if (replay_.NoteEarly(command)) {
    turn.Say(ReplyCode::kOk, "Noted.");
  } else {
    turn.Say(ReplyCode::kArgumentError, "Option not understood before login.");
  }
}

void Login::Keep(std::optional<Command> Password::*which,
                 const Command& command) {
  if (!link_.may_be_replaced()) return;
  if (password_ == nullptr) password_ = std::make_unique<Password>();
  (*password_).*which = command;
}

void Login::OnHost(const Command& command, Turn& turn) {
  // RFC 7151 §3.1: not after the user has been named.
  if (state_ != State::kLoggedOut || link_.is_chosen()) {
    turn.Say(ReplyCode::kBadSequence, "HOST must come before USER.");
    return;
  }
  // RFC 7151 §3.3: the client has been shown a certificate for another name.
  if (!door_.tls.server_name.empty() &&
      !absl::EqualsIgnoreCase(door_.tls.server_name, command.argument)) {
    turn.Say(
        ReplyCode::kParameterNotImplemented,
        absl::StrCat("TLS was made for the host ", door_.tls.server_name, "."));
    return;
  }
  host_ = command.argument;
  turn.Say(ReplyCode::kReady, options_.banner);
}

void Login::OnSecured() {
  // What was said in clear may be another's; the name in TLS is the client's.
  if (!door_.tls.server_name.empty() &&
      !absl::EqualsIgnoreCase(door_.tls.server_name, host_)) {
    host_.clear();
  }
}

void Login::Reset() {
  state_ = State::kLoggedOut;
  deadline_ = absl::InfiniteFuture();
  user_.clear();
  host_.clear();
  replay_.Clear();
  password_.reset();
  former_password_.reset();
  rejoining_ = false;
  tried_.clear();
  former_user_.clear();
  welcome_.reset();
  GiveUpPlace();
}

void Login::NoteFailure(absl::string_view why, Culprit culprit, Turn& turn) {
  switch (culprit) {
    case Culprit::kBackend:
      link_.status().SetTrouble(Printable(why));
      return NoteLoginFailure(link_, why, turn);
    case Culprit::kGateway:
      // It says nothing of the backend: all of them would be left out.
      turn.Do(ReportBackendTrouble{turn.Keep(link_.id()), turn.Keep(why)});
      return;
  }
}

Login::Verdict Login::CandidateFailed(absl::string_view why, Turn& turn,
                                      Culprit culprit) {
  // A server that hangs up after so many refused logins is well: nobody may
  // take it from the others by guessing passwords.
  if (!std::exchange(reuses_connection_, false)) {
    turn.Count(Counter::kBackendConnectFailures);
    NoteFailure(why, culprit, turn);
    if (!trouble_.empty()) trouble_ += "; ";
    absl::StrAppend(&trouble_, link_.id(), ": ", Printable(why, 80));
  }
  if (link_.is_connected()) turn.Do(CloseBackend{});
  link_.Drop();
  return TryNext(turn);
}

Login::Verdict Login::OnBackendConnected(const Address& peer, Turn& turn) {
  if (state_ != State::kConnecting) return Verdict::kGoOn;
  link_.Connected(peer);
  if (link_.tls().mode == fleet::BackendTlsMode::kImplicit) {
    StartTls(turn);
  } else {
    AwaitGreeting(turn);
  }
  return Verdict::kGoOn;
}

void Login::AwaitGreeting(Turn& turn) {
  state_ = State::kAwaitGreeting;
  deadline_ =
      std::min(turn.now + 2 * link_.timeouts().backend_connect, budget_end_);
}

void Login::StartTls(Turn& turn) {
  turn.Do(SecureBackend{});
  link_.Securing();
  state_ = State::kSecuring;
  deadline_ =
      std::min(turn.now + 2 * link_.timeouts().backend_connect, budget_end_);
}

Login::Verdict Login::OnBackendSecured(Turn& turn) {
  if (state_ != State::kSecuring) return Verdict::kGoOn;
  link_.Secured();
  if (link_.tls().mode == fleet::BackendTlsMode::kImplicit) {
    AwaitGreeting(turn);
  } else {
    SendHostOrUser(turn);
  }
  return Verdict::kGoOn;
}

Login::Verdict Login::OnBackendConnectFailed(absl::string_view why,
                                             Culprit culprit, Turn& turn) {
  if (state_ != State::kConnecting) return Verdict::kGoOn;
  return CandidateFailed(why, turn, culprit);
}

bool Login::MayRetry() const {
  // The client has nothing to do with it, nor to lose by it.
  if (is_rejoining()) return true;
  switch (state_) {
    case State::kConnecting:
    case State::kSecuring:
    case State::kAwaitGreeting:
    case State::kAwaitAuth:
    case State::kAwaitHost:
      return true;
    case State::kAwaitUser:
      return former_user_.empty();
    case State::kLoggedOut:
    case State::kNeedPassword:
    case State::kAwaitPass:
    case State::kNeedAccount:
    case State::kAwaitAcct:
    case State::kReplaying:
    case State::kHolding:
    case State::kLoggedIn:
    case State::kDetached:
      return false;
  }
  return false;
}

Login::Verdict Login::OnBackendLost(absl::string_view why, Culprit culprit,
                                    Turn& turn) {
  PINNACE_CHECK(MayRetry());
  return CandidateFailed(why, turn, culprit);
}

Login::Verdict Login::OnDeadline(Turn& turn) {
  if (turn.now < deadline_ || !MayRetry()) return Verdict::kGoOn;
  absl::string_view why = "no reply in time";
  if (state_ == State::kAwaitGreeting) {
    why = "connected, but sent no greeting in time";
  } else if (state_ == State::kSecuring) {
    why = "its TLS handshake took too long";
  }
  return CandidateFailed(why, turn);
}

Login::Verdict Login::OnBackendReply(const Reply& reply, Turn& turn) {
  // Also the greeting may be announced with a 120 first (RFC 959 §5.4).
  if (reply.IsPreliminary()) return Verdict::kGoOn;
  switch (state_) {
    case State::kAwaitGreeting:
      if (!reply.IsCompletion()) {
        return CandidateFailed(absl::StrCat("its greeting is ", reply.code(),
                                            " ", reply.last_text()),
                               turn);
      }
      if (link_.tls().mode == fleet::BackendTlsMode::kExplicit) {
        turn.SendLine("AUTH TLS");
        state_ = State::kAwaitAuth;
      } else {
        SendHostOrUser(turn);
      }
      return Verdict::kGoOn;
    case State::kAwaitAuth:
      if (!reply.Is(ReplyCode::kSecurityExchangeDone)) {
        return CandidateFailed(
            absl::StrCat("it refuses AUTH TLS: ", reply.code(), " ",
                         reply.last_text()),
            turn);
      }
      StartTls(turn);
      return Verdict::kGoOn;
    case State::kAwaitHost:
      // HOST names the gateway, as clients see it. A backend that has no HOST,
      // or does not know the name (RFC 7151 §3.2: 504), is asked all the same.
      if (reply.Is(ReplyCode::kServiceClosing)) {
        return CandidateFailed(absl::StrCat("421 ", reply.last_text()), turn);
      }
      turn.Send(CommandOf(ftp::Verb::kUser, user_));
      state_ = State::kAwaitUser;
      return Verdict::kGoOn;
    case State::kAwaitUser:
      return OnUserReply(reply, turn);
    case State::kAwaitPass:
    case State::kAwaitAcct:
      return OnPasswordReply(reply, turn);
    case State::kReplaying:
      return OnReplayReply(reply, turn);
    case State::kLoggedOut:
    case State::kConnecting:
    case State::kSecuring:
    case State::kNeedPassword:
    case State::kNeedAccount:
    case State::kHolding:
    case State::kLoggedIn:
    case State::kDetached:
      return Verdict::kGoOn;
  }
  return Verdict::kGoOn;
}

void Login::SendHostOrUser(Turn& turn) {
  deadline_ = std::min(turn.now + link_.timeouts().backend_reply, budget_end_);
  // What greets and then says nothing must not use up the time of the others.
  if (HasOther(turn)) {
    deadline_ =
        std::min(deadline_, turn.now + 2 * link_.timeouts().backend_connect);
  }
  if (!host_.empty()) {
    turn.Send(CommandOf(ftp::Verb::kHost, host_));
    state_ = State::kAwaitHost;
    return;
  }
  turn.Send(CommandOf(ftp::Verb::kUser, user_));
  state_ = State::kAwaitUser;
}

Login::Verdict Login::OnUserReply(const Reply& reply, Turn& turn) {
  deadline_ = absl::InfiniteFuture();
  if (reply.Is(ReplyCode::kServiceClosing)) {
    return CandidateFailed(absl::StrCat("421 ", reply.last_text()), turn);
  }
  link_.NoteSuccess(fleet::FailureKind::kConnect);
  return OnPasswordReply(reply, turn);
}

Login::Verdict Login::OnPasswordReply(const Reply& reply, Turn& turn) {
  if (rejoining_) return OnRejoinReply(reply, turn);
  deadline_ = absl::InfiniteFuture();
  if (reply.IsCompletion()) return LoggedIn(reply, turn);
  if (reply.IsNegative()) return OnRefused(reply, turn);
  turn.Say(reply);
  state_ = reply.Is(ReplyCode::kNeedAccount) ? State::kNeedAccount
                                             : State::kNeedPassword;
  return Verdict::kGoOn;
}

Login::Verdict Login::OnBackendAbandoned(Turn& turn) {
  switch (state_) {
    case State::kNeedPassword:
    case State::kNeedAccount:
      return CountFailure(turn);
    case State::kLoggedOut:  // counted when it was refused
    case State::kLoggedIn:
    case State::kDetached:
    case State::kConnecting:
    case State::kSecuring:
    case State::kAwaitGreeting:
    case State::kAwaitAuth:
    case State::kAwaitHost:
    case State::kAwaitUser:
    case State::kAwaitPass:
    case State::kAwaitAcct:
    case State::kReplaying:
    case State::kHolding:
      return Verdict::kGoOn;
  }
  return Verdict::kGoOn;
}

Login::Verdict Login::LoggedIn(const Reply& reply, Turn& turn) {
  if (!TakePlace(turn) || !PassGate(turn)) return Verdict::kDropBackend;
  turn.guard.OnLoginSucceeded(door_.client, user_, turn.now);
  turn.Count(Counter::kLogins);
  turn.Do(ReportLogin{.accepted = true, .code = reply.code()});
  failures_ = 0;
  former_password_.reset();
  welcome_ = reply;
  replayed_ = 0;
  state_ = State::kReplaying;
  StampPin(turn);
  return ReplayNext(turn);
}

Login::Verdict Login::OnReplayReply(const Reply& reply, Turn& turn) {
  const Replay::Entry& told = replay_[replayed_ - 1];
  if (rejoining_ && !reply.IsCompletion() &&
      (Replay::MustBeAccepted(told.slot) ||
       reply.Is(ReplyCode::kServiceClosing))) {
    return CandidateRefuses(told.command.ForLog(), reply, turn);
  }
  return ReplayNext(turn);
}

Login::Verdict Login::ReplayNext(Turn& turn) {
  if (replayed_ < replay_.size()) {
    turn.Send(replay_[replayed_++].command);
    AwaitReply(turn);
    return Verdict::kGoOn;
  }
  state_ = State::kLoggedIn;
  deadline_ = absl::InfiniteFuture();
  if (rejoining_) return Rejoined(turn);
  turn.Say(*welcome_);
  welcome_.reset();
  return Verdict::kGoOn;
}

void Login::AwaitReply(Turn& turn) {
  deadline_ = turn.now + link_.timeouts().backend_reply;
  if (rejoining_) deadline_ = std::min(deadline_, budget_end_);
}

}  // namespace pinnace::session
