// Who may not log in, what failed logins lead to, and how long their answer
// waits. login.cc has the dialogue with the backend.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/session/login.h"

namespace pinnace::session {
namespace {

using ftp::Reply;
using ftp::ReplyCode;
using metrics::Counter;

constexpr char kTooManySessions[] =
    "Too many sessions of this user, try again later.";

// Twice as long for each further failure.
absl::Duration Tarpit(absl::Duration first, int failures) {
  absl::Duration wait = first;
  for (int i = 1; i < failures; ++i) {
    wait = std::min(wait * 2, first * limits::kMaxTarpitSteps);
  }
  return wait;
}

}  // namespace

std::optional<Login::Verdict> Login::Refuses(const std::string& user,
                                             Turn& turn) {
  const std::optional<guard::Ban> ban =
      turn.guard.FindBan(door_.client, user, turn.now);
  if (ban.has_value() && ban->user.empty()) {
    turn.Count(Counter::kBannedLoginsRefused);
    turn.Say(ReplyCode::kServiceClosing, guard::BannedText(*ban));
    return Verdict::kBanned;
  }
  if (ban.has_value()) {
    turn.Count(Counter::kBannedLoginsRefused);
    turn.Say(ReplyCode::kNotLoggedIn, guard::BannedText(*ban));
  } else if (!place_.IsOf(user) && !turn.guard.counter().HasPlaceFor(user)) {
    turn.Count(Counter::kUserSessionsRefused);
    turn.Say(ReplyCode::kNotLoggedIn, kTooManySessions);
  } else {
    return std::nullopt;
  }
  // A password that follows is not for the user before.
  if (state_ == State::kNeedPassword || state_ == State::kNeedAccount) {
    state_ = State::kLoggedOut;
    GiveUpPlace();
  }
  return Verdict::kGoOn;
}

bool Login::TakePlace(Turn& turn) {
  if (place_.IsOf(user_)) return true;
  std::optional<guard::ClientCounter::Place> place =
      turn.guard.counter().LogIn(user_);
  if (!place.has_value()) {
    turn.Count(Counter::kUserSessionsRefused);
    turn.Say(ReplyCode::kNotLoggedIn, kTooManySessions);
    return false;
  }
  place_ = *std::move(place);
  return true;
}

// A session that goes on with another backend is in already.
bool Login::PassGate(Turn& turn) {
  if (gate_ == nullptr || rejoining_) return true;
  const std::optional<Reply> refusal = gate_->OnUserAccepted(user_, turn);
  if (!refusal.has_value()) return true;
  turn.Say(*refusal);
  return false;
}

Login::Verdict Login::OnRefused(const Reply& reply, Turn& turn) {
  const bool still_logged_in =
      state_ == State::kAwaitUser && !former_user_.empty();
  turn.Count(Counter::kLoginFailures);
  turn.Do(ReportLogin{.accepted = false, .code = reply.code()});
  refused_ = {.reply = reply,
              .next = still_logged_in ? State::kLoggedIn : State::kLoggedOut,
              .banned = ""};
  // What a busy server says is no word on the password.
  if (reply.severity() == ftp::Severity::kPermanent) {
    const std::optional<guard::Ban> ban =
        turn.guard.OnLoginFailed(door_.client, user_, turn.now);
    if (ban.has_value()) {
      turn.Count(Counter::kBans);
      refused_->banned = guard::BannedText(*ban);
    }
  }
  if (still_logged_in) {
    user_ = former_user_;
    password_ = std::move(former_password_);
  }
  ++failures_;
  const absl::Duration wait = Tarpit(options_.tarpit, failures_);
  if (wait <= absl::ZeroDuration() || still_logged_in) return SayRefused(turn);
  turn.Count(Counter::kTarpits);
  state_ = State::kHolding;
  deadline_ = turn.now + wait;
  return Verdict::kGoOn;
}

Login::Verdict Login::OnHoldOver(Turn& turn) {
  deadline_ = absl::InfiniteFuture();
  return SayRefused(turn);
}

Login::Verdict Login::SayRefused(Turn& turn) {
  const Refused refused = *std::exchange(refused_, std::nullopt);
  state_ = refused.next;
  turn.Say(refused.reply);
  if (!refused.banned.empty()) {
    turn.Say(ReplyCode::kServiceClosing, refused.banned);
    return Verdict::kBanned;
  }
  return EndAfterTooMany(turn);
}

Login::Verdict Login::CountFailure(Turn& turn) {
  ++failures_;
  return EndAfterTooMany(turn);
}

Login::Verdict Login::EndAfterTooMany(Turn& turn) {
  if (failures_ < limits::kMaxFailedLogins) return Verdict::kGoOn;
  turn.Say(ReplyCode::kServiceClosing, "Too many failed logins.");
  return Verdict::kTooManyFailures;
}

}  // namespace pinnace::session
