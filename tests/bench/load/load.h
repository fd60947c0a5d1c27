// A number of sessions that do the same task over and over until a count or a
// time is reached. One thread.
#ifndef PINNACE_TESTS_BENCH_LOAD_LOAD_H_
#define PINNACE_TESTS_BENCH_LOAD_LOAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "tests/bench/load/client_session.h"
#include "tests/bench/load/measurement.h"
#include "tests/bench/net/poller.h"

namespace pinnace::bench {

class Load final : private ClientSession::Owner {
 public:
  struct Options {
    Address target;
    DataSetup setup = DataSetup::kPasv;
    int64_t size = 0;
    int64_t sessions = 1;
    int64_t count = 0;    // of tasks altogether; 0: no limit
    int64_t seconds = 0;  // 0: no limit
    Content::How content = Content::How::kSendfile;
  };

  explicit Load(const Options& options);

  // False when a session could not log in: error().
  bool LogIn();
  // Every session, again and again; all are logged in.
  Measurement Repeat(Task task);
  // Each task is a session: connect, log in, QUIT.
  Measurement RepeatLogins();

  int64_t bytes() const;
  const std::string& error() const { return error_; }

 private:
  enum class Stage : uint8_t { kLoggingIn, kRepeating, kRepeatingLogins };
  static constexpr int64_t kLoginsAtOnce = 64;

  void OnLoggedIn(ClientSession& session) override;
  void OnDone(ClientSession& session, Task task) override;
  void OnError(ClientSession& session, const std::string& why) override;

  void Connect();
  bool MayStart();
  void StartNext(ClientSession& session);
  void Drop(ClientSession& session);
  void StopWhenIdle();

  const Options options_;
  Poller poller_;
  const Content content_;
  const ClientSession::Shared shared_;
  std::unordered_map<ClientSession*, std::unique_ptr<ClientSession>> sessions_;
  Stage stage_ = Stage::kLoggingIn;
  Task task_ = Task::kNoop;
  Measurement measurement_;
  std::string error_;
  int64_t connected_ = 0;
  int64_t logged_in_ = 0;
  int64_t started_ = 0;
  int64_t running_ = 0;
  int64_t dropped_bytes_ = 0;
};

}  // namespace pinnace::bench

#endif  // PINNACE_TESTS_BENCH_LOAD_LOAD_H_
