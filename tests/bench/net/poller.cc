#include "tests/bench/net/poller.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "proxy/base/check.h"

namespace pinnace::bench {
namespace {

constexpr int kEventsPerTurn = 256;

void Control(int epoll_fd, int operation, int fd, uint32_t events,
             Poller::Waiter* waiter) {
  epoll_event event = {};
  event.events = events;
  event.data.ptr = waiter;
  PINNACE_CHECK(epoll_ctl(epoll_fd, operation, fd, &event) == 0);
}

}  // namespace

Poller::Poller() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  PINNACE_CHECK(epoll_fd_ >= 0);
}

Poller::~Poller() { close(epoll_fd_); }

void Poller::Watch(int fd, uint32_t events, Waiter* waiter) {
  Control(epoll_fd_, EPOLL_CTL_ADD, fd, events, waiter);
}

void Poller::Rewatch(int fd, uint32_t events, Waiter* waiter) {
  Control(epoll_fd_, EPOLL_CTL_MOD, fd, events, waiter);
}

void Poller::Retire(std::unique_ptr<Waiter> waiter) {
  retired_.push_back(std::move(waiter));
}

void Poller::Run(int tick_ms) {
  std::array<epoll_event, kEventsPerTurn> events;
  while (!stopping_) {
    const int count =
        epoll_wait(epoll_fd_, events.data(), kEventsPerTurn, tick_ms);
    PINNACE_CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      static_cast<Waiter*>(events[i].data.ptr)->OnEvents(events[i].events);
    }
    retired_.clear();
  }
  stopping_ = false;
}

}  // namespace pinnace::bench
