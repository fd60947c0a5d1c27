#include "proxy/io/timer_queue.h"

namespace pinnace::io {

void TimerQueue::Put(Node* node, absl::Time at) {
  const bool later = node->is_queued() && at > node->at_;
  node->at_ = at;
  if (!node->is_queued()) {
    heap_.push_back(node);
    node->place_ = heap_.size() - 1;
  }
  if (later) {
    SiftDown(node->place_);
  } else {
    SiftUp(node->place_);
  }
}

void TimerQueue::Remove(Node* node) {
  if (!node->is_queued()) return;
  const size_t place = node->place_;
  node->place_ = Node::kNowhere;
  Node* last = heap_.back();
  heap_.pop_back();
  if (last == node) return;
  SetPlace(place, last);
  SiftDown(place);
  SiftUp(last->place_);
}

void TimerQueue::SiftUp(size_t place) {
  Node* node = heap_[place];
  while (place > 0) {
    const size_t parent = (place - 1) / 2;
    if (heap_[parent]->at_ <= node->at_) break;
    SetPlace(place, heap_[parent]);
    place = parent;
  }
  SetPlace(place, node);
}

void TimerQueue::SiftDown(size_t place) {
  Node* node = heap_[place];
  for (;;) {
    size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->at_ < heap_[child]->at_) {
      ++child;
    }
    if (node->at_ <= heap_[child]->at_) break;
    SetPlace(place, heap_[child]);
    place = child;
  }
  SetPlace(place, node);
}

void TimerQueue::SetPlace(size_t place, Node* node) {
  heap_[place] = node;
  node->place_ = place;
}

}  // namespace pinnace::io
