// The benchmark's FTP server: any login is good, files have the size that their
// name ends with, what is stored is counted and dropped. One thread, and one
// for each bulk transfer.
#include <signal.h>

#include <cstdio>

#include "tests/bench/backend/data_ports.h"
#include "tests/bench/backend/server_session.h"
#include "tests/bench/net/arguments.h"
#include "tests/bench/net/poller.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {
namespace {

class ControlListener final : public Poller::Waiter {
 public:
  ControlListener(const ServerSession::Shared& shared, const Address& address)
      : shared_(shared), fd_(ListenOrDie(address)) {
    shared_.poller.Watch(fd_, EPOLLIN, this);
  }
  void OnEvents(uint32_t) override {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      const int fd = Accept(fd_);
      if (fd < 0) return;
      ServerSession::Start(shared_, fd);
    }
  }

 private:
  static constexpr int kAcceptsPerTurn = 16;
  const ServerSession::Shared& shared_;
  const int fd_;
};

int Main(int argc, char** argv) {
  const Arguments arguments(
      argc, argv, {"listen", "data-ports", "announce", "realtime", "copy"},
      "bench_backend --listen IP:PORT --data-ports A-B --announce IP "
      "[--realtime 1] [--copy 1]");
  const Address listen = arguments.SocketAddress("listen");
  const PortRange range = arguments.Ports("data-ports");
  signal(SIGPIPE, SIG_IGN);
  WantManyDescriptors();
  if (arguments.Number("realtime", 0) != 0) WantRealtime();
  Poller poller;
  DataPorts ports(poller, listen.ip, range.first, range.last);
  const Content content(arguments.Number("copy", 0) != 0
                            ? Content::How::kSend
                            : Content::How::kSendfile);
  const ServerSession::Shared shared = {.poller = poller,
                                        .ports = ports,
                                        .announced = arguments.Ip("announce"),
                                        .content = content};
  ControlListener control(shared, listen);
  std::printf("ready\n");
  std::fflush(stdout);
  poller.Run();
  return 0;
}

}  // namespace
}  // namespace pinnace::bench

int main(int argc, char** argv) { return pinnace::bench::Main(argc, argv); }
