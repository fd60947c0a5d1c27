// One control connection of the benchmark's server, and its transfer. Knows
// what the load generator says, and no more. One thread.
#ifndef PINNACE_TESTS_BENCH_BACKEND_SERVER_SESSION_H_
#define PINNACE_TESTS_BENCH_BACKEND_SERVER_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "tests/bench/backend/data_ports.h"
#include "tests/bench/net/poller.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {

class ServerSession final : public Poller::Waiter, private DataPorts::Owner {
 public:
  struct Shared {
    Poller& poller;
    DataPorts& ports;
    IpAddress announced;  // in a 227
    const Content& content;
  };

  // Says the greeting. Retires itself when the client has gone.
  static void Start(const Shared& shared, int fd);
  ~ServerSession() override;

 private:
  enum class Task : uint8_t { kNone, kSend, kReceive };
  struct DataWaiter final : public Poller::Waiter {
    explicit DataWaiter(ServerSession& session) : session(session) {}
    void OnEvents(uint32_t) override { session.Move(); }
    ServerSession& session;
  };

  ServerSession(const Shared& shared, int fd) : shared_(shared), fd_(fd) {}

  void OnEvents(uint32_t events) override;
  void OnPort(uint16_t port) override;
  void OnDataConnection(int fd) override;

  void OnLine(absl::string_view line);
  void StartTransfer(Task task, int64_t bytes);
  void BeginToMove();
  // Sends or receives for one turn.
  void Move();
  void FinishTransfer(absl::string_view reply);
  void CloseData();
  void End();

  const Shared& shared_;
  const int fd_;
  std::string input_;
  bool extended_ = false;
  int data_ = -1;
  bool data_watched_ = false;
  std::unique_ptr<DataWaiter> data_waiter_;
  Task task_ = Task::kNone;
  int64_t left_ = 0;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_BACKEND_SERVER_SESSION_H_
