// The armed timers of one loop, soonest first: a binary heap whose nodes know
// their place in it, so that arming allocates nothing once the heap has grown.
// Owns no node. One thread.
#ifndef PINNACE_PROXY_IO_TIMER_QUEUE_H_
#define PINNACE_PROXY_IO_TIMER_QUEUE_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"

namespace pinnace::io {

class TimerQueue {
 public:
  class Node {
   public:
    bool is_queued() const { return place_ != kNowhere; }
    // When it will be reached; meaningful while queued.
    absl::Time at() const { return at_; }

   protected:
    Node() = default;
    ~Node() = default;

   private:
    friend class TimerQueue;
    friend class Loop;
    static constexpr size_t kNowhere = static_cast<size_t>(-1);
    // Off the queue already. May destroy the node.
    virtual void OnReached(absl::Time now) = 0;

    absl::Time at_;
    size_t place_ = kNowhere;
  };

  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  // The soonest; the queue must not be empty.
  Node* top() const { return heap_.front(); }

  // Adds `node`, or moves it to another time.
  void Put(Node* node, absl::Time at);
  // Nothing happens when it is not queued.
  void Remove(Node* node);

 private:
  void SiftUp(size_t place);
  void SiftDown(size_t place);
  void SetPlace(size_t place, Node* node);

  std::vector<Node*> heap_;
};

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_TIMER_QUEUE_H_
