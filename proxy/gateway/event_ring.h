// What has happened in a gateway lately, for those who watch: a bounded ring,
// in which a reader that is slow finds a gap. Its memory is taken once. Any
// thread; who adds waits for no reader.
#ifndef PINNACE_PROXY_GATEWAY_EVENT_RING_H_
#define PINNACE_PROXY_GATEWAY_EVENT_RING_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
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
  std::optional<session::TransferFacts> transfer;
};

class EventRing {
 public:
  // Room for so many, and for the bytes of as many of the usual length.
  explicit EventRing(size_t max_events);

  // Where there is no room the oldest go.
  void Add(const Event& event);

  // Those behind the number `after`, at most `most`, behind a gap where some of
  // them are gone. Waits up to `patience` for the first, or the next Wake().
  std::vector<Event> Read(uint64_t after, size_t most, absl::Duration patience);
  // Ends every wait.
  void Wake();

  uint64_t last() const;  // number of the latest; 0: none yet
  int64_t evictions() const;

 private:
  // Of an event as bytes, which lie in one piece.
  struct Place {
    size_t begin = 0;
    size_t size = 0;
  };

  Place& PlaceOf(uint64_t number) { return places_[number % places_.size()]; }
  Place MakeRoom(size_t size);
  void DropOldest();

  const size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable came_;
  // The rest is guarded by the mutex.
  std::unique_ptr<char[]> bytes_;
  std::vector<Place> places_;
  size_t write_ = 0;    // where the next one goes, if it fits there
  uint64_t first_ = 1;  // number of the oldest
  uint64_t last_ = 0;
  uint64_t wakes_ = 0;
  int64_t evictions_ = 0;
  int readers_ = 0;  // that wait
};

}  // namespace pinnace::gateway

#endif  // PINNACE_PROXY_GATEWAY_EVENT_RING_H_
