// What the backend, the data connections and the time do to a session, and what
// can be seen of it. session.cc has what the client says.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/ingress/proxy_header.h"
#include "proxy/session/backend_trouble.h"
#include "proxy/session/session.h"

namespace pinnace::session {

using ftp::Command;
using ftp::Reply;
using ftp::ReplyCode;
using ftp::ReplyReader;
using ftp::Verb;
using metrics::Counter;

void Session::OnVerdict(Login::Verdict verdict, Turn& turn) {
  policies_.OnLoginChanged();
  switch (verdict) {
    case Login::Verdict::kGoOn:
      if (login_.is_logged_in()) login_deadline_ = absl::InfiniteFuture();
      return;
    case Login::Verdict::kRejoined:
      return transfer_.OnBackendReplaced(turn);
    case Login::Verdict::kNoReplacement:
      return OnNoReplacement(turn);
    case Login::Verdict::kNoBackend:
      return End(EndReason::kNoBackend, turn);
    case Login::Verdict::kTooManyFailures:
      return End(EndReason::kTooManyFailures, turn);
    case Login::Verdict::kBanned:
      return End(EndReason::kBanned, turn);
    case Login::Verdict::kDropBackend:
      return ForgetBackend(turn);
  }
}

void Session::ForgetReplies() {
  replies_ = ReplyReader({.max_line_bytes = limits::kMaxReplyLineBytes,
                          .max_reply_bytes = limits::kMaxReplyBytes});
}

void Session::OnBackendConnected(const Address& peer, Turn& turn) {
  if (ended_) return;
  ForgetReplies();
  if (link_.wants_proxy_header()) {
    ingress::ProxyFacts facts = {.unique_id = absl::StrCat(start_.id)};
    if (protection_.is_secured()) facts.tls = protection_.facts();
    turn.SendBytes(ingress::ProxyV2(start_.client, start_.local, facts));
  }
  OnVerdict(login_.OnBackendConnected(peer, turn), turn);
}

void Session::OnBackendSecured(const TlsFacts& facts, Turn& turn) {
  if (ended_ || !link_.is_connected()) return;
  backend_tls_ = facts;
  OnVerdict(login_.OnBackendSecured(turn), turn);
}

void Session::OnBackendConnectFailed(absl::string_view why, Turn& turn,
                                     Culprit culprit) {
  if (ended_) return;
  OnVerdict(login_.OnBackendConnectFailed(why, culprit, turn), turn);
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
        // What stands behind the answer to AUTH came in clear: whoever stood
        // between may have put it there.
        if (login_.state() == Login::State::kSecuring) ForgetReplies();
        break;
      case ReplyReader::Status::kMalformed:
        BackendFailed(EndReason::kBackendMalformed,
                      "the backend's answer is not FTP", turn);
        if (!ended_) Advance(turn);
        return;
      case ReplyReader::Status::kTooLong:
        BackendFailed(EndReason::kBackendMalformed,
                      "the backend's answer is too long", turn);
        if (!ended_) Advance(turn);
        return;
    }
  }
  if (!ended_) Advance(turn);
}

void Session::OnReply(const Reply& reply, Turn& turn) {
  if (login_.is_holding()) {
    // Nothing was asked; it may well close after a refused password.
    if (reply.Is(ReplyCode::kServiceClosing)) DropWhileHolding(turn);
    return;
  }
  if (login_.is_busy()) {
    const bool closing =
        reply.Is(ReplyCode::kServiceClosing) && !login_.MayRetry();
    if (!closing) {
      OnVerdict(login_.OnBackendReply(reply, turn), turn);
      return;
    }
  }
  if (reply.Is(ReplyCode::kServiceClosing)) {
    if (login_.is_busy() && !login_.reuses_connection()) {
      // To the password: what it says to an idle session is another matter.
      NoteLoginFailure(link_, absl::StrCat("421 ", reply.last_text()), turn);
    }
    if (login_.state() == Login::State::kLoggedOut) {
      // Between two tries to log in: the next USER gets another connection.
      ForgetBackend(turn);
      return;
    }
    if (OutlivesBackend(absl::StrCat("the backend closes: ", reply.last_text()),
                        Login::Return::kAllowed, turn)) {
      return;
    }
    transfer_.Cut(std::nullopt, "the backend closes", turn);
    SayLast(reply, turn);
    End(EndReason::kBackendClosing, turn);
    return;
  }
  if (directory_.is_asked()) return OnDirectoryReply(reply);
  if (passed_on_.has_value()) return OnPassedOnReply(reply, turn);
  if (transfer_.is_busy()) return transfer_.OnBackendReply(reply, turn);
  // Nobody asked: a late reply never answers the next command.
  turn.Count(Counter::kBackendFaults);
}

void Session::OnDirectoryReply(const Reply& reply) {
  directory_.OnReply(reply);
  if (directory_.is_asked()) return;
  reply_deadline_ = absl::InfiniteFuture();
  if (!directory_.path().empty() && login_.wants_directory()) {
    login_.OnDirectory(directory_.path());
  }
}

void Session::OnPassedOnReply(const Reply& reply, Turn& turn) {
  if (reply.IsPreliminary()) {
    const bool turned_transfer =
        passed_on_->verb == Verb::kOther || passed_on_->verb == Verb::kSite;
    if (turned_transfer && transfer_.state() == Transfer::State::kOpen) {
      Command command = *std::exchange(passed_on_, std::nullopt);
      reply_deadline_ = absl::InfiniteFuture();
      transfer_.OnCommandTurnedTransfer(std::move(command), turn);
      transfer_.OnBackendReply(reply, turn);
      return;
    }
    // RFC 959 §5.4: at most one.
    if (!std::exchange(preliminary_said_, true)) turn.Say(reply);
    // It is at work.
    reply_deadline_ = turn.now + link_.timeouts().backend_reply;
    return;
  }
  reply_deadline_ = absl::InfiniteFuture();
  turn.Say(reply);
  if (passed_on_->verb == Verb::kRest && reply.Is(ReplyCode::kPending)) {
    transfer_.OnRestAccepted(*passed_on_);
  }
  if (reply.IsCompletion()) OnAccepted(*passed_on_);
  passed_on_.reset();
}

void Session::OnBackendEnd(absl::string_view why, Turn& turn, Culprit culprit) {
  if (ended_ || !link_.is_connected()) return;
  link_.Lost();
  if (login_.is_busy() && login_.MayRetry()) {
    return TryNextBackend(why, turn, culprit);
  }
  if (login_.state() == Login::State::kLoggedOut) {
    // It may close after a refused password; the client may still try USER.
    return ForgetBackend(turn);
  }
  BackendFailed(EndReason::kBackendLost, "the backend closed the connection",
                turn);
  if (!ended_) Advance(turn);
}

void Session::BackendFailed(EndReason reason, absl::string_view why,
                            Turn& turn) {
  if (login_.is_holding()) return DropWhileHolding(turn);
  turn.Count(Counter::kBackendFaults);
  if (login_.is_busy() && login_.MayRetry()) return TryNextBackend(why, turn);
  if (OutlivesBackend(why,
                      reason == EndReason::kBackendLost
                          ? Login::Return::kAllowed
                          : Login::Return::kShunned,
                      turn)) {
    return;
  }
  turn.Do(ReportBackendTrouble{turn.Keep(link_.id()), turn.Keep(why)});
  transfer_.Cut(ReplyCode::kTransferAborted, why, turn);
  SayLast(absl::StrCat("Closing: ", why, ", please connect again."), turn);
  End(reason, turn);
}

void Session::BackendTimedOut(Turn& turn) {
  BackendFailed(EndReason::kBackendTimeout, "the backend does not answer",
                turn);
  if (!ended_) Advance(turn);
}

void Session::TryNextBackend(absl::string_view why, Turn& turn,
                             Culprit culprit) {
  // A path that is left over from an earlier login leads to the wrong backend.
  if (!login_.is_rejoining()) transfer_.Cut(std::nullopt, why, turn);
  OnVerdict(login_.OnBackendLost(why, culprit, turn), turn);
  Advance(turn);
}

void Session::ForgetBackend(Turn& turn) {
  transfer_.Cut(std::nullopt, "", turn);
  DropBackend(turn);
  login_.BackendGone();
  policies_.OnLoginChanged();
}

// The client still gets its answer, when the time has come.
void Session::DropWhileHolding(Turn& turn) {
  transfer_.Cut(std::nullopt, "", turn);
  DropBackend(turn);
}

void Session::DropBackend(Turn& turn) {
  if (link_.hears_us()) turn.SendLine("QUIT");
  if (link_.is_connected()) turn.Do(CloseBackend{});
  passed_on_.reset();
  directory_.Forget();
  reply_deadline_ = absl::InfiniteFuture();
  link_.Drop();
}

void Session::SayLast(const Reply& reply, Turn& turn) {
  if (!protection_.is_busy()) turn.Say(reply);
}

void Session::SayLast(absl::string_view why_closing, Turn& turn) {
  SayLast(Reply::OneLine(ReplyCode::kServiceClosing, why_closing), turn);
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
  login_.StampPin(turn);
  login_.GiveUpPlace();
  policies_.Leave();
  link_.Drop();
  ended_ = true;
  turn.Count(Counter::kSessionsEnded);
  turn.Do(EndSession{reason});
}

void Session::OnLease(DataPathId path, std::optional<uint16_t> port, Turn& turn,
                      LeaseRefusal why) {
  if (ended_) return;
  transfer_.OnLease(path, port, why, turn);
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
  if (leg == Leg::kBackend) link_.NoteSuccess(fleet::FailureKind::kData);
  transfer_.OnLegOpen(path, leg, from, turn);
}

void Session::NoteDataFailure(Turn& turn) {
  turn.Count(Counter::kBackendDataFailures);
  const std::optional<absl::Duration> left_out =
      link_.NoteFailure(fleet::FailureKind::kData, turn.snapshot, turn.now);
  if (!left_out.has_value()) return;
  turn.Do(ReportBackendTrouble{
      turn.Keep(link_.id()),
      turn.Keep(absl::StrCat("its data connections fail; left out for ",
                             absl::FormatDuration(*left_out))),
      true});
}

void Session::OnLegFailed(DataPathId path, Leg leg, absl::string_view why,
                          Turn& turn, Culprit culprit) {
  if (ended_) return;
  if (leg == Leg::kBackend && link_.is_chosen() &&
      culprit == Culprit::kBackend) {
    NoteDataFailure(turn);
  }
  transfer_.OnLegFailed(path, leg, why, turn);
  Advance(turn);
}

void Session::OnRelayDone(DataPathId path, int64_t bytes, Turn& turn) {
  if (ended_) return;
  transfer_.OnRelayDone(path, bytes, turn);
  Advance(turn);
}

void Session::OnSourceEnded(DataPathId path, int64_t bytes, Turn& turn) {
  if (ended_) return;
  transfer_.OnSourceEnded(path, bytes, turn);
}

void Session::OnRelayBroken(DataPathId path, Leg leg, LegFault fault,
                            absl::string_view why, int64_t bytes, Turn& turn) {
  if (ended_) return;
  transfer_.OnRelayBroken(path, leg, fault, why, bytes, turn);
  Advance(turn);
}

absl::Time Session::deadline() const {
  if (ended_) return absl::InfiniteFuture();
  absl::Time next = std::min(login_deadline_, login_.deadline());
  next = std::min(next, transfer_.deadline());
  next = std::min(next, reply_deadline_);
  next = std::min(next, login_.pin_renewal());
  const fleet::BackendStatus::Drain drain = link_.drain();
  next = std::min(next, drain.deadline);
  if (IsAtBoundary()) next = std::min(next, drain.idle_end);
  return std::min(next, idle_deadline_);
}

void Session::OnDeadline(Turn& turn) {
  if (ended_) return;
  login_.RenewPin(turn);
  if (turn.now >= login_deadline_) {
    SayLast("Login took too long.", turn);
    return End(EndReason::kLoginTimeout, turn);
  }
  if (turn.now >= link_.drain().deadline) {
    if (login_.is_rejoining()) {
      return TryNextBackend("it is going down", turn, Culprit::kGateway);
    }
    if (OutlivesBackend("the backend is going down and can wait no longer",
                        Login::Return::kAllowed, turn)) {
      return Advance(turn);
    }
    transfer_.Cut(ReplyCode::kTransferAborted,
                  "the backend is going down and can wait no longer", turn);
    SayLast("The backend is going down, please connect again.", turn);
    return End(EndReason::kBackendDrained, turn);
  }
  if (login_.is_holding() && turn.now >= login_.deadline()) {
    OnVerdict(login_.OnHoldOver(turn), turn);
    if (ended_) return;
  }
  if (turn.now >= login_.deadline()) {
    if (!login_.MayRetry()) {
      return BackendTimedOut(turn);
    }
    if (!login_.is_rejoining()) transfer_.Cut(std::nullopt, "", turn);
    OnVerdict(login_.OnDeadline(turn), turn);
    if (ended_) return;
  }
  if (turn.now >= reply_deadline_) return BackendTimedOut(turn);
  if (transfer_.OnDeadline(turn) == Transfer::Verdict::kGiveUp) {
    return BackendTimedOut(turn);
  }
  if (turn.now >= idle_deadline_) {
    turn.Count(Counter::kIdleTimeouts);
    SayLast(
        absl::StrCat("Idle for ", absl::FormatDuration(link_.timeouts().idle),
                     ", closing."),
        turn);
    return End(EndReason::kIdle, turn);
  }
  Advance(turn);
}

void Session::EndIfDrained(Turn& turn) {
  if (!IsAtBoundary()) return;
  if (draining_) {
    SayLast("The gateway is going down, please connect again.", turn);
    return End(EndReason::kDrained, turn);
  }
  if (turn.now >= link_.drain().idle_end) {
    // Between two tries to log in another backend does as well.
    if (login_.state() == Login::State::kLoggedOut) return ForgetBackend(turn);
    if (OutlivesBackend("the backend is going down", Login::Return::kAllowed,
                        turn)) {
      return;
    }
    SayLast("The backend is going down, please connect again.", turn);
    End(EndReason::kBackendDrained, turn);
  }
}

void Session::OnBackendDrainChanged(Turn& turn) {
  if (!ended_) Advance(turn);
}

void Session::OnDrain(Turn& turn) {
  if (ended_) return;
  draining_ = true;
  Advance(turn);
}

void Session::OnKill(Turn& turn) {
  if (ended_) return;
  transfer_.Cut(ReplyCode::kTransferAborted, "ended by the operator", turn);
  SayLast("Session ended by the operator.", turn);
  End(EndReason::kKilled, turn);
}

absl::string_view Session::PhaseName() const {
  if (ended_) return "ended";
  if (protection_.is_busy()) return "tls_handshake";
  if (login_.is_rejoining()) return "replacing_backend";
  if (login_.is_busy()) return "logging_in";
  if (!login_.is_logged_in()) return "logged_out";
  if (login_.is_detached() && !transfer_.is_busy()) return "detached";
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
  return passed_on_.has_value() || directory_.is_asked() ? "command" : "ready";
}

SessionFacts Session::facts() const {
  SessionFacts facts;
  facts.id = start_.id;
  facts.user = Printable(login_.user());
  facts.listener = start_.listener;
  const bool has_farm =
      link_.is_chosen() || login_.is_logged_in() || login_.is_rejoining();
  facts.farm = has_farm ? link_.farm() : start_.farm;
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
  if (protection_.is_secured()) facts.client_tls = protection_.facts();
  if (link_.is_secured()) facts.backend_tls = backend_tls_;
  return facts;
}

}  // namespace pinnace::session
