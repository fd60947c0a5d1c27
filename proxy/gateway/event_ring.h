// What has happened in a gateway lately, for those who watch: a bounded ring,
// in which a reader that is slow finds a gap. Any thread; who adds waits for no
// reader.
#ifndef PINNACE_PROXY_GATEWAY_EVENT_RING_H_
#define PINNACE_PROXY_GATEWAY_EVENT_RING_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/ids.h"
#include "proxy/session/session_facts.h"

namespace pinnace::gateway {

struct Event {
  enum class Kind : uint8_t {
    kSessionStart,
    kLogin,
    kSessionEnd,
    kTransferStart,
    kTransferEnd,
    kBackendHealth,
    kDrain,
    kBan,
    kGap,  // the ones before it, of the reader's, are lost
  };

  Kind kind = Kind::kGap;
  bool ok = false;
  uint64_t number = 0;  // counts up from 1; given by the ring
  absl::Time time;
  SessionId session = 0;
  Address client;
  std::string user;  // printable, as all texts here
  std::string farm;
  std::string backend;
  std::string text;
  std::shared_ptr<const session::TransferFacts> transfer;
};

class EventRing {
 public:
  explicit EventRing(size_t max_events) : max_events_(max_events) {}

  // Past the bound the oldest goes.
  void Add(Event event);

  // Those behind the number `after`, at most `most`, behind a gap where some of
  // them are gone. Waits up to `patience` for the first, or the next Wake().
  std::vector<Event> Read(uint64_t after, size_t most, absl::Duration patience);
  // Ends every wait.
  void Wake();

  uint64_t last() const;  // number of the latest; 0: none yet
  int64_t evictions() const;

 private:
  const size_t max_events_;
  mutable std::mutex mutex_;
  std::condition_variable came_;
  // The rest is guarded by the mutex.
  std::deque<Event> events_;
  uint64_t last_ = 0;
  uint64_t wakes_ = 0;
  int64_t evictions_ = 0;
  int readers_ = 0;  // that wait
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_EVENT_RING_H_
