// Durations and times of messages from and to Abseil's. Any thread.
#ifndef PINNACE_PROXY_SNAPSHOT_PROTO_TIME_H_
#define PINNACE_PROXY_SNAPSHOT_PROTO_TIME_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace pinnace::snapshot {

inline absl::Duration DurationOf(const google::protobuf::Duration& message) {
  return absl::Seconds(message.seconds()) + absl::Nanoseconds(message.nanos());
}

inline google::protobuf::Duration DurationMessage(absl::Duration duration) {
  google::protobuf::Duration message;
  message.set_seconds(absl::ToInt64Seconds(duration));
  message.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
  return message;
}

// Nanoseconds count upward also before 1970.
inline google::protobuf::Timestamp TimestampMessage(absl::Time time) {
  const absl::Duration since = time - absl::UnixEpoch();
  const absl::Duration whole = absl::Floor(since, absl::Seconds(1));
  google::protobuf::Timestamp message;
  message.set_seconds(absl::ToInt64Seconds(whole));
  message.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(since - whole)));
  return message;
}

inline absl::Time TimeOf(const google::protobuf::Timestamp& message) {
  return absl::FromUnixSeconds(message.seconds()) +
         absl::Nanoseconds(message.nanos());
}

}  // namespace pinnace::snapshot

#endif  // PINNACE_PROXY_SNAPSHOT_PROTO_TIME_H_
