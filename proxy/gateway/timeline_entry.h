// One thing that was said in a session, or that happened to it.
#ifndef PINNACE_PROXY_GATEWAY_TIMELINE_ENTRY_H_
#define PINNACE_PROXY_GATEWAY_TIMELINE_ENTRY_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace pinnace::gateway {

struct TimelineEntry {
  enum class Kind : uint8_t {
    kCommand,
    kReply,
    kBackendCommand,
    kBackendReply,
    kNote,  // what the gateway did
  };

  uint64_t number = 0;  // counts up within the session, from 1
  absl::Time time;
  Kind kind = Kind::kNote;
  std::string text;  // printable; at most limits::kTimelineTextBytes
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_TIMELINE_ENTRY_H_
