// Names of things that several floors speak of. Any thread.
#ifndef PINNACE_PROXY_BASE_IDS_H_
#define PINNACE_PROXY_BASE_IDS_H_

#include <cstdint>
#include <string>

namespace pinnace {

// Unique among the sessions of one gateway process. The worker that serves the
// session is its low byte, so that anyone who holds the id knows whom to ask.
using SessionId = uint64_t;
using WorkerId = uint8_t;

inline constexpr SessionId MakeSessionId(uint64_t sequence, WorkerId worker) {
  return (sequence << 8) | worker;
}
inline constexpr WorkerId WorkerOf(SessionId id) {
  return static_cast<WorkerId>(id & 0xff);
}

// Chosen by the operator; unique in its farm's control plane.
using BackendId = std::string;

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_IDS_H_
