// A session that is logged in and needs another backend. login.cc has the
// dialogue of every login.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/printable.h"
#include "proxy/session/login.h"

namespace pinnace::session {

using ftp::Reply;
using ftp::ReplyCode;
using metrics::Counter;

bool Login::MayRejoin() const {
  return state_ == State::kLoggedIn && link_.may_be_replaced() &&
         replay_.is_whole();
}

void Login::Detach(Return to_it) {
  PINNACE_CHECK(state_ == State::kLoggedIn);
  state_ = State::kDetached;
  former_backend_ = link_.id();
  tried_.clear();
  if (to_it == Return::kShunned) tried_.push_back(former_backend_);
}

Login::Verdict Login::Rejoin(Turn& turn) {
  PINNACE_CHECK(state_ == State::kDetached);
  rejoining_ = true;
  reuses_connection_ = false;
  trouble_.clear();
  attempts_ = 0;
  budget_end_ = absl::InfiniteFuture();
  return TryNext(turn);
}

Login::Verdict Login::OnRejoinReply(const Reply& reply, Turn& turn) {
  if (reply.IsCompletion()) {
    state_ = State::kReplaying;
    replayed_ = 0;
    return ReplayNext(turn);
  }
  const bool wants_account = reply.Is(ReplyCode::kNeedAccount);
  const bool wants_password = !wants_account && !reply.IsNegative();
  if (wants_password && state_ == State::kAwaitUser && password_ != nullptr &&
      password_->password.has_value()) {
    turn.Send(*password_->password);
    state_ = State::kAwaitPass;
  } else if (wants_account && state_ != State::kAwaitAcct &&
             password_ != nullptr && password_->account.has_value()) {
    turn.Send(*password_->account);
    state_ = State::kAwaitAcct;
  } else {
    return CandidateRefuses("the login", reply, turn);
  }
  AwaitReply(turn);
  return Verdict::kGoOn;
}

Login::Verdict Login::CandidateRefuses(absl::string_view what,
                                       const Reply& reply, Turn& turn) {
  const std::string why = absl::StrCat("it refuses ", what, ": ", reply.code(),
                                       " ", reply.last_text());
  if (reply.Is(ReplyCode::kServiceClosing)) return CandidateFailed(why, turn);
  // It may well serve others: an account, or a directory, that one server has
  // not got is no reason to leave that one out.
  turn.Do(ReportBackendTrouble{turn.Keep(link_.id()), turn.Keep(why)});
  absl::StrAppend(&trouble_, trouble_.empty() ? "" : "; ", link_.id(), ": ",
                  Printable(why, 80));
  if (link_.hears_us()) turn.SendLine("QUIT");
  turn.Do(CloseBackend{});
  link_.Drop();
  return TryNext(turn);
}

Login::Verdict Login::Rejoined(Turn& turn) {
  rejoining_ = false;
  turn.Count(Counter::kBackendsReplaced);
  turn.Do(ReportBackendReplaced{turn.Keep(former_backend_)});
  StampPin(turn);
  return Verdict::kRejoined;
}

}  // namespace pinnace::session
