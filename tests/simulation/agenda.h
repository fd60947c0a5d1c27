// Virtual time: what is to happen, in order; what falls on one moment happens
// in the order it was entered. For tests only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_AGENDA_H_
#define PINNACE_TESTS_SIMULATION_AGENDA_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace pinnace::simulation {

class Agenda {
 public:
  using Event = std::function<void()>;

  absl::Time now() const { return now_; }
  bool empty() const { return entries_.empty(); }

  void After(absl::Duration delay, Event event) {
    At(now_ + delay, std::move(event));
  }
  void At(absl::Time time, Event event) {
    entries_.push_back({std::max(time, now_), next_++, std::move(event)});
    std::push_heap(entries_.begin(), entries_.end(), Later);
  }
  void HappenNext() {
    std::pop_heap(entries_.begin(), entries_.end(), Later);
    Entry entry = std::move(entries_.back());
    entries_.pop_back();
    now_ = entry.time;
    entry.event();
  }

 private:
  struct Entry {
    absl::Time time;
    uint64_t order;
    Event event;
  };
  static bool Later(const Entry& a, const Entry& b) {
    return std::pair(a.time, a.order) > std::pair(b.time, b.order);
  }

  absl::Time now_ = absl::FromUnixSeconds(1'000'000'000);
  uint64_t next_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_AGENDA_H_
