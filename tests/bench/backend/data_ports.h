// The passive ports of the benchmark's server: all are listened on from the
// start, each is promised to one session at a time. One thread.
#ifndef PINNACE_TESTS_BENCH_BACKEND_DATA_PORTS_H_
#define PINNACE_TESTS_BENCH_BACKEND_DATA_PORTS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "proxy/base/address.h"
#include "tests/bench/net/poller.h"

namespace pinnace::bench {

class DataPorts {
 public:
  class Owner {
   public:
    virtual void OnPort(uint16_t port) = 0;
    virtual void OnDataConnection(int fd) = 0;

   protected:
    ~Owner() = default;
  };

  DataPorts(Poller& poller, const IpAddress& ip, uint16_t first, uint16_t last);
  ~DataPorts();

  // OnPort comes when one is free, perhaps at once; its promise ends with
  // OnDataConnection.
  void Want(Owner* owner);
  void Forget(const Owner* owner);

 private:
  struct Port final : public Poller::Waiter {
    void OnEvents(uint32_t events) override;

    DataPorts* ports = nullptr;
    uint16_t number = 0;
    int listener = -1;
    Owner* owner = nullptr;
  };

  void SetFree(Port* port);

  std::vector<std::unique_ptr<Port>> ports_;
  std::deque<Port*> free_;  // the one used longest ago first
  std::deque<Owner*> waiting_;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_BACKEND_DATA_PORTS_H_
