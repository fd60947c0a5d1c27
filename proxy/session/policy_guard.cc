#include "proxy/session/policy_guard.h"

namespace pinnace::session {

using ftp::ReplyCode;
using metrics::Counter;
using policy::Refusal;
using policy::Restrictions;
using policy::SessionCounts;

bool PolicyGuard::AdmitsClient(const Turn& turn) const {
  return turn.snapshot.policies == nullptr ||
         turn.snapshot.policies->Admits(RequestOf("", ""));
}

std::optional<Refusal> PolicyGuard::AdmitUser(absl::string_view user,
                                              Turn& turn) {
  if (turn.snapshot.policies == nullptr) {
    places_.Leave();
    return std::nullopt;
  }
  const absl::string_view farm = login_.FarmFor(user, turn);
  // Also those of the greeting: they may be younger than the connection.
  if (!turn.snapshot.policies->Admits(RequestOf(user, farm))) {
    turn.Count(Counter::kClientsDenied);
    places_.Leave();
    return Refusal{ReplyCode::kNotLoggedIn,
                   "Login from your address is not allowed."};
  }
  return TakePlaces(SessionCounts::When::kAtUser, user, farm, turn);
}

std::optional<ftp::Reply> PolicyGuard::OnUserAccepted(absl::string_view user,
                                                      Turn& turn) {
  if (turn.snapshot.policies == nullptr) return std::nullopt;
  const std::optional<Refusal> refusal =
      TakePlaces(SessionCounts::When::kLoggedIn, user, link_.farm(), turn);
  if (!refusal.has_value()) return std::nullopt;
  return ftp::Reply::OneLine(refusal->code, refusal->text);
}

std::optional<Refusal> PolicyGuard::TakePlaces(SessionCounts::When when,
                                               absl::string_view user,
                                               absl::string_view farm,
                                               Turn& turn) {
  const Restrictions restrictions(turn.snapshot.policies,
                                  RequestOf(user, farm));
  const SessionCounts::Outcome outcome = turn.session_counts.Take(
      when, restrictions.policies(), user, client_, places_);
  if (outcome == SessionCounts::Outcome::kTaken) return std::nullopt;
  turn.Count(Counter::kSessionLimits);
  switch (outcome) {
    case SessionCounts::Outcome::kTaken:
      break;
    case SessionCounts::Outcome::kUserFull:
      return Refusal{ReplyCode::kNotLoggedIn,
                     "This user has as many sessions as allowed, try again "
                     "later."};
    case SessionCounts::Outcome::kAddressFull:
      return Refusal{ReplyCode::kNotLoggedIn,
                     "Your address has as many sessions as allowed, try again "
                     "later."};
    case SessionCounts::Outcome::kTableFull:
      turn.Count(Counter::kSessionCountsFull);
      return Refusal{ReplyCode::kNotLoggedIn,
                     "Too many sessions are counted, try again later."};
  }
  return std::nullopt;
}

void PolicyGuard::OnLoginChanged() {
  is_stale_ = true;
  if (login_.state() == Login::State::kLoggedOut) places_.Leave();
}

void PolicyGuard::LookUpAnew(Turn& turn) {
  is_stale_ = false;
  set_ = turn.snapshot.policies;
  const bool is_nobodys = login_.state() == Login::State::kLoggedOut;
  const absl::string_view user =
      is_nobodys ? absl::string_view() : absl::string_view(login_.user());
  // Also while its backend is replaced.
  const bool has_farm =
      link_.is_chosen() || login_.is_logged_in() || login_.is_rejoining();
  const absl::string_view farm = is_nobodys || !has_farm
                                     ? absl::string_view()
                                     : absl::string_view(link_.farm());
  restrictions_ = Restrictions(set_, RequestOf(user, farm));
  if (is_nobodys) return places_.Leave();
  // It runs already, and stays, should a bound be new.
  const bool has_entered = login_.is_logged_in() || login_.is_rejoining() ||
                           login_.state() == Login::State::kReplaying;
  turn.session_counts.Hold(has_entered ? SessionCounts::When::kLoggedIn
                                       : SessionCounts::When::kAtUser,
                           restrictions_.policies(), user, client_, places_);
}

std::optional<Refusal> PolicyGuard::Refused(const ftp::Command& command,
                                            absl::string_view directory,
                                            Turn& turn) const {
  std::optional<Refusal> refusal = restrictions_.Check(command, directory);
  if (refusal.has_value()) turn.Count(Counter::kCommandsDenied);
  return refusal;
}

}  // namespace pinnace::session
