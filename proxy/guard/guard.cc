#include "proxy/guard/guard.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"

namespace pinnace::guard {

Guard::Entry Guard::Enter(const IpAddress& client, absl::Time now) {
  if (const std::optional<Ban> ban = bans_.Find(client, now)) {
    return {.refusal = Refusal::kBanned, .why = BannedText(*ban), .place = {}};
  }
  ClientCounter::Taken taken = counter_.Connect(client, now);
  switch (taken.outcome) {
    case ClientCounter::Outcome::kTaken:
      break;
    case ClientCounter::Outcome::kTooManySessions:
      return {.refusal = Refusal::kTooManySessions,
              .why = "Too many sessions from your address, try again later.",
              .place = {}};
    case ClientCounter::Outcome::kTooFast:
      return {.refusal = Refusal::kTooFast,
              .why = "Too many connections from your address, slow down.",
              .place = {}};
  }
  return {
      .refusal = Refusal::kNone, .why = "", .place = std::move(taken.place)};
}

std::optional<Ban> Guard::FindBan(const IpAddress& client,
                                  absl::string_view user,
                                  absl::Time now) const {
  std::optional<Ban> ban = bans_.Find(client, now);
  if (ban.has_value() || user.empty()) return ban;
  return bans_.Find(client, user, now);
}

std::optional<Ban> Guard::OnLoginFailed(const IpAddress& client,
                                        absl::string_view user,
                                        absl::Time now) {
  const std::optional<FailedLogins::Sentence> sentence =
      failed_logins_.Fail(client, user, now);
  if (!sentence.has_value()) return std::nullopt;
  Ban ban = {.client = NetworkOf(client),
             .user = "",
             .reason = absl::StrCat(sentence->failures, " failed logins"),
             .origin = gateway_,
             .started = now,
             .expires = now + sentence->duration};
  switch (sentence->whom) {
    case FailedLogins::Whom::kAddress:
      break;
    case FailedLogins::Whom::kUserAtAddress:
      ban.user = Printable(user);
      break;
  }
  // An operator's that is longer stays.
  std::optional<Ban> present = FindBan(client, user, now);
  if (present.has_value() && present->expires >= ban.expires) return present;
  return bans_.Add(std::move(ban));
}

}  // namespace pinnace::guard
