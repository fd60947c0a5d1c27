// The values of `pinnace ctl` flags. Errors name the flag. Any thread.
#ifndef PINNACE_CLI_CTL_FLAGS_H_
#define PINNACE_CLI_CTL_FLAGS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/ctl_invocation.h"
#include "google/protobuf/duration.pb.h"

namespace pinnace::cli {

// Of a flag that is there.
template <typename Number>
absl::StatusOr<Number> NumberFlag(const CtlInvocation& invocation,
                                  absl::string_view flag) {
  Number number = 0;
  if (absl::SimpleAtoi(invocation.Flag(flag), &number)) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, " must be a number of 0 or more, not \"",
                   invocation.Flag(flag), "\""));
}

inline absl::StatusOr<google::protobuf::Duration> DurationFlag(
    const CtlInvocation& invocation, absl::string_view flag) {
  absl::Duration duration;
  if (!absl::ParseDuration(invocation.Flag(flag), &duration) ||
      duration < absl::ZeroDuration() || duration > absl::Hours(24 * 3650)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, " must be a duration like 15s or 5m, not \"",
                     invocation.Flag(flag), "\""));
  }
  google::protobuf::Duration message;
  message.set_seconds(absl::ToInt64Seconds(duration));
  message.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
  return message;
}

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_CTL_FLAGS_H_
