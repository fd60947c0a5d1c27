#include "tests/bench/backend/data_ports.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tests/bench/net/tcp.h"

namespace pinnace::bench {

DataPorts::DataPorts(Poller& poller, const IpAddress& ip, uint16_t first,
                     uint16_t last) {
  for (int number = first; number <= last; ++number) {
    auto port = std::make_unique<Port>();
    port->ports = this;
    port->number = static_cast<uint16_t>(number);
    port->listener = ListenOrDie({ip, port->number});
    poller.Watch(port->listener, EPOLLIN, port.get());
    free_.push_back(port.get());
    ports_.push_back(std::move(port));
  }
}

DataPorts::~DataPorts() {
  for (const std::unique_ptr<Port>& port : ports_) close(port->listener);
}

void DataPorts::Want(Owner* owner) {
  if (free_.empty()) {
    waiting_.push_back(owner);
    return;
  }
  Port* port = free_.front();
  free_.pop_front();
  port->owner = owner;
  owner->OnPort(port->number);
}

void DataPorts::Forget(const Owner* owner) {
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), owner),
                 waiting_.end());
  for (const std::unique_ptr<Port>& port : ports_) {
    if (port->owner == owner) SetFree(port.get());
  }
}

void DataPorts::SetFree(Port* port) {
  port->owner = nullptr;
  free_.push_back(port);
  if (waiting_.empty()) return;
  Owner* next = waiting_.front();
  waiting_.pop_front();
  Want(next);
}

void DataPorts::Port::OnEvents(uint32_t) {
  const int fd = Accept(listener);
  if (fd < 0) return;
  if (owner == nullptr) {
    close(fd);
    return;
  }
  Owner* served = owner;
  ports->SetFree(this);
  served->OnDataConnection(fd);
}

}  // namespace pinnace::bench
