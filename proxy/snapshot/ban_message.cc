#include "proxy/snapshot/ban_message.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/field_check.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::snapshot {
namespace {

// \\xNN for each byte of a user.
constexpr size_t kMaxPrintableUserBytes = 4 * limits::kMaxUserBytes;
// What a gateway says in its reason is shorter still.
constexpr size_t kMaxReasonBytes = 4 * kMaxBanReasonBytes;

void CheckText(const std::string& text, size_t most, const std::string& field,
               FieldProblems& problems) {
  if (text.size() > most) {
    problems.push_back(
        {field, absl::StrCat("must have at most ", most, " characters")});
  } else if (std::any_of(text.begin(), text.end(), absl::ascii_iscntrl)) {
    problems.push_back({field, "must be printable"});
  }
}

}  // namespace

v1::Ban BanMessage(const guard::Ban& ban) {
  v1::Ban message;
  message.set_key(ban.Key());
  message.set_client(ban.client.ToString());
  message.set_user(ban.user);
  message.set_reason(ban.reason);
  message.set_origin(ban.origin);
  *message.mutable_started() = TimestampMessage(ban.started);
  *message.mutable_expires() = TimestampMessage(ban.expires);
  return message;
}

v1::Ban ChangeMessage(const guard::BanTable::Change& change) {
  v1::Ban message = BanMessage(change.ban);
  if (change.is_lifted) *message.mutable_expires() = message.started();
  return message;
}

absl::StatusOr<guard::BanTable::Change> ChangeOf(const v1::Ban& message) {
  FieldProblems problems;
  const std::optional<Cidr> client = Cidr::Parse(message.client());
  if (!client.has_value()) {
    problems.push_back(
        {"ban.client", absl::StrCat("must be a network like 10.0.0.0/8, not ",
                                    Quoted(message.client()))});
  }
  CheckText(message.user(), kMaxPrintableUserBytes, "ban.user", problems);
  CheckText(message.reason(), kMaxReasonBytes, "ban.reason", problems);
  CheckText(message.origin(), kMaxNameBytes, "ban.origin", problems);
  if (!message.has_started()) {
    problems.push_back({"ban.started", "must be set"});
  }
  if (!message.has_expires()) {
    problems.push_back({"ban.expires", "must be set"});
  }
  if (!problems.empty()) return StatusOf(problems);
  guard::BanTable::Change change;
  change.ban = {.client = *client,
                .user = message.user(),
                .reason = message.reason(),
                .origin = message.origin(),
                .started = TimeOf(message.started()),
                .expires = TimeOf(message.expires())};
  change.is_lifted = change.ban.expires <= change.ban.started;
  if (change.is_lifted) {
    change.ban.expires = change.ban.started + limits::kLongestBan;
  }
  return change;
}

}  // namespace pinnace::snapshot
