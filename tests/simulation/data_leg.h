// One data connection between the gateway and a model client or backend: what
// its peer sends, and what has reached the peer. For tests only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_DATA_LEG_H_
#define PINNACE_TESTS_SIMULATION_DATA_LEG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "tests/simulation/random.h"

namespace pinnace::simulation {

struct DataLeg {
  // What the peer sends, once it begins.
  struct Source {
    uint64_t tag = 0;  // of the content
    int64_t size = 0;
    int64_t begin = 0;       // of what is sent (REST)
    bool breaks = false;     // RST in place of the FIN
    bool stalls = false;     // no FIN ever
    bool truncates = false;  // FIN without close_notify, where there is TLS

    int64_t bytes() const { return size - begin; }
  };
  std::optional<Source> source;
  int64_t sent = 0;

  // What has reached the peer.
  int64_t received = 0;
  uint64_t checksum = 0;
  std::optional<int64_t> breaks_at;  // the peer resets after so many bytes
  bool got_end = false;              // FIN behind the source's last byte
  bool got_early_end = false;        // FIN although there was more to come
  bool got_reset = false;
  bool peer_gone = false;  // the peer's process died, or it closed with RST

  uint64_t session = 0;           // whose client made it
  std::function<void()> changed;  // the peer looks again

  bool is_closed() const { return got_end || got_early_end || got_reset; }
  static uint64_t ByteAt(uint64_t tag, int64_t offset) {
    return Mix(tag + static_cast<uint64_t>(offset));
  }
  // Of the content from `begin` on.
  static uint64_t Checksum(const Source& source, int64_t begin) {
    uint64_t sum = 0;
    for (int64_t i = begin; i < source.size; ++i) sum += ByteAt(source.tag, i);
    return sum;
  }
};

using DataLegPtr = std::shared_ptr<DataLeg>;

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_DATA_LEG_H_
