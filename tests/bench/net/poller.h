// A plain epoll loop for the programs of the benchmark. They share no code with
// the gateway's own loop: a change there must not move what it is measured
// with. One thread.
#ifndef PINNACE_TESTS_BENCH_NET_POLLER_H_
#define PINNACE_TESTS_BENCH_NET_POLLER_H_

#include <sys/epoll.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace pinnace::bench {

class Poller {
 public:
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // Bits of epoll_event.
    virtual void OnEvents(uint32_t events) = 0;
  };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `events` says level or edge (EPOLLET). Closing `fd` ends the watch; an
  // event of the same turn may still come after that, so a waiter that goes is
  // handed to Retire().
  void Watch(int fd, uint32_t events, Waiter* waiter);
  void Rewatch(int fd, uint32_t events, Waiter* waiter);
  // Destroyed at the end of the turn.
  void Retire(std::unique_ptr<Waiter> waiter);

  // Until Stop(); `tick_ms` bounds a wait, -1: none.
  void Run(int tick_ms = -1);
  void Stop() { stopping_ = true; }

 private:
  int epoll_fd_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Waiter>> retired_;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_NET_POLLER_H_
