#include "proxy/gateway/event_ring.h"

#include <algorithm>
#include <utility>

namespace pinnace::gateway {

void EventRing::Add(Event event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  event.number = ++last_;
  if (events_.size() == max_events_) {
    events_.pop_front();
    ++evictions_;
  }
  events_.push_back(std::move(event));
  if (readers_ > 0) came_.notify_all();
}

std::vector<Event> EventRing::Read(uint64_t after, size_t most,
                                   absl::Duration patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  std::vector<Event> events;
  // Numbers of another process, which ran before this one.
  const bool is_foreign = after > last_;
  if (is_foreign) after = 0;
  ++readers_;
  came_.wait_for(
      lock, absl::ToChronoNanoseconds(patience),
      [&, wakes = wakes_] { return last_ > after || wakes_ != wakes; });
  --readers_;
  const uint64_t first = last_ - events_.size() + 1;
  if (is_foreign || (last_ > after && first > after + 1)) {
    events.push_back(
        {.kind = Event::Kind::kGap,
         .number = std::max(first - 1, after),
         .time = events_.empty() ? absl::UnixEpoch() : events_.front().time,
         .text = "events were lost"});
  }
  const uint64_t begin = std::max(after + 1, first);
  for (uint64_t number = begin; number <= last_ && events.size() < most;
       ++number) {
    events.push_back(events_[number - first]);
  }
  return events;
}

void EventRing::Wake() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++wakes_;
  came_.notify_all();
}

uint64_t EventRing::last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_;
}

int64_t EventRing::evictions() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return evictions_;
}

}  // namespace pinnace::gateway
