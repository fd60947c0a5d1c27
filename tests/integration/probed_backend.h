// An FTP server for health probes: it logs in and lists, and how it does that,
// or fails to, can be changed while it runs. One blocking thread per session.
#ifndef PINNACE_TESTS_INTEGRATION_PROBED_BACKEND_H_
#define PINNACE_TESTS_INTEGRATION_PROBED_BACKEND_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "proxy/base/mutex.h"
#include "tests/integration/blocking_socket.h"

namespace pinnace::integration {

class ProbedBackend {
 public:
  struct Behaviour {
    std::string greeting = "220 ready";  // empty: it says nothing, ever
    std::string password;                // empty: any will do
    // A verb's answer instead of the right one; empty: none comes.
    std::map<std::string, std::string> answers;
    // A PROXY header of so many bytes is read before the greeting.
    size_t proxy_header_bytes = 0;
    size_t data_header_bytes = 0;  // and so many of a data connection
  };

  explicit ProbedBackend(const IpAddress& address);
  ~ProbedBackend();

  // For sessions that begin, and commands that come, from now on.
  void Set(Behaviour behaviour);
  const Address& address() const { return address_; }
  int64_t sessions() const { return sessions_; }
  std::vector<std::string> verbs() const;  // in the order received
  std::string proxy_header() const;        // of the last session
  std::string data_header() const;         // of the last data connection

 private:
  struct Conversation;

  void AcceptAll();
  void Serve(BlockingSocket* control);
  bool OnCommand(Conversation& conversation, const std::string& line);
  void List(Conversation& conversation);
  Behaviour behaviour() const;

  BlockingSocket listener_;
  const Address address_;
  std::atomic<int64_t> sessions_{0};
  mutable Mutex mutex_;
  Behaviour behaviour_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> verbs_ ABSL_GUARDED_BY(mutex_);
  std::string proxy_header_ ABSL_GUARDED_BY(mutex_);
  std::string data_header_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<BlockingSocket>> controls_
      ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread acceptor_;
};

}  // namespace pinnace::integration

#endif  // PINNACE_TESTS_INTEGRATION_PROBED_BACKEND_H_
