#include "proxy/snapshot/ban_request.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/ban_message.h"
#include "proxy/snapshot/field_check.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::snapshot {
namespace {

constexpr absl::Duration kDefaultBan = absl::Hours(1);
constexpr absl::Duration kShortestBan = absl::Seconds(1);
constexpr absl::Duration kLongestBan = absl::Hours(365 * 24);

bool HasControlByte(const std::string& text) {
  return std::any_of(text.begin(), text.end(), absl::ascii_iscntrl);
}

absl::Status Check(const v1::AddBanRequest& request) {
  FieldProblems problems;
  const std::string root;
  const FieldCheck check(root, problems);
  if (request.client().empty()) {
    check.Complain("client", "must be set");
  } else if (!guard::ParseBanClient(request.client()).has_value()) {
    check.Complain("client",
                   absl::StrCat("must be an IP address, or a network like "
                                "10.0.0.0/8 without host bits, not ",
                                Quoted(request.client())));
  }
  if (request.user().size() > limits::kMaxUserBytes) {
    check.Complain("user", absl::StrCat("must have at most ",
                                        limits::kMaxUserBytes, " characters"));
  }
  if (request.has_duration()) {
    check.Duration("duration", request.duration(), kShortestBan, kLongestBan);
  }
  if (request.reason().size() > kMaxBanReasonBytes) {
    check.Complain("reason", absl::StrCat("must have at most ",
                                          kMaxBanReasonBytes, " characters"));
  } else if (HasControlByte(request.reason())) {
    check.Complain("reason", "must be one line of printable characters");
  }
  return StatusOf(problems);
}

}  // namespace

absl::StatusOr<guard::Ban> BanOf(const v1::AddBanRequest& request,
                                 absl::Time now) {
  absl::Status status = Check(request);
  if (!status.ok()) return status;
  return guard::Ban{
      .client = *guard::ParseBanClient(request.client()),
      .user = Printable(request.user()),
      .reason = Printable(request.reason()),
      .origin = guard::kOperator,
      .started = now,
      .expires = now + (request.has_duration() ? DurationOf(request.duration())
                                               : kDefaultBan)};
}

}  // namespace pinnace::snapshot
