#include "tests/integration/gateway_fixture.h"

#include <sys/socket.h>
#include <unistd.h>

#include <random>

namespace pinnace::integration {
namespace {

bool IsFree(const Address& address) {
  const int fd = socket(address.ip.is_ipv4() ? AF_INET : AF_INET6,
                        SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(&storage);
  const bool is_free =
      bind(fd, reinterpret_cast<sockaddr*>(&storage), length) == 0 &&
      listen(fd, 1) == 0;
  close(fd);
  return is_free;
}

}  // namespace

PortRange FreePorts(int count) {
  std::random_device random;
  while (true) {
    const auto first = static_cast<uint16_t>(10'000 + random() % 20'000);
    bool all_free = true;
    for (int i = 0; i < count; ++i) {
      const auto port = static_cast<uint16_t>(first + i);
      all_free &= IsFree({kLoopback, port}) && IsFree({kLoopback6, port});
    }
    if (all_free) {
      return {first, static_cast<uint16_t>(first + count - 1)};
    }
  }
}

}  // namespace pinnace::integration
