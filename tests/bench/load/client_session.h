// One FTP client of the load: logs in, then does one task at a time, as told by
// its owner. One thread.
#ifndef PINNACE_TESTS_BENCH_LOAD_CLIENT_SESSION_H_
#define PINNACE_TESTS_BENCH_LOAD_CLIENT_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/base/address.h"
#include "tests/bench/net/poller.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {

enum class DataSetup : uint8_t { kPasv, kEpsv };
enum class Task : uint8_t { kRetr, kStor, kList, kNoop, kQuit };

class ClientSession final : public Poller::Waiter {
 public:
  class Owner {
   public:
    // Told in a turn of its own stack: may Start() the next task at once. After
    // kQuit the connection is closed on both sides.
    virtual void OnLoggedIn(ClientSession& session) = 0;
    virtual void OnDone(ClientSession& session, Task task) = 0;
    virtual void OnError(ClientSession& session, const std::string& why) = 0;

   protected:
    ~Owner() = default;
  };
  struct Shared {
    Poller& poller;
    Address target;
    DataSetup setup;
    int64_t size;  // of a file or a listing
    const Content& content;
    Owner* owner;
  };

  explicit ClientSession(const Shared& shared);
  ~ClientSession() override;

  void Connect();
  void Start(Task task);
  // Received or sent over data connections.
  int64_t bytes() const { return bytes_; }
  // When the present or last task was started, on the monotonic clock.
  int64_t started_ns() const { return started_ns_; }

 private:
  enum class Stage : uint8_t {
    kGreeting,
    kUser,
    kPass,
    kIdle,
    kSetup,
    kTransfer,
    kNoop,
    kQuit,
    kBroken,
  };
  struct DataWaiter final : public Poller::Waiter {
    explicit DataWaiter(ClientSession& session) : session(session) {}
    void OnEvents(uint32_t events) override { session.OnData(events); }
    ClientSession& session;
  };

  void OnEvents(uint32_t events) override;
  void OnData(uint32_t events);
  void OnReply(int code, absl::string_view line);
  void OpenData(absl::string_view reply);
  void Receive();
  void Send();
  void DataDone();
  void FinishWhenDone();
  void Done();
  void Say(absl::string_view line);
  void Fail(const std::string& why);

  const Shared& shared_;
  int fd_ = -1;
  int data_ = -1;
  std::string input_;
  Stage stage_ = Stage::kGreeting;
  Task task_ = Task::kNoop;
  bool replied_ = false;  // The final reply has come.
  int64_t left_ = 0;      // to be sent, or still expected
  int64_t bytes_ = 0;
  int64_t started_ns_ = 0;
  DataWaiter data_waiter_{*this};
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_LOAD_CLIENT_SESSION_H_
