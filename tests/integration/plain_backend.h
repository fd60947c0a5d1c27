// A small FTP server with files in memory: one blocking thread per session.
// What it says can be replaced per verb, so that a test can make it misbehave.
#ifndef PINNACE_TESTS_INTEGRATION_PLAIN_BACKEND_H_
#define PINNACE_TESTS_INTEGRATION_PLAIN_BACKEND_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "proxy/base/mutex.h"
#include "tests/integration/blocking_socket.h"

namespace pinnace::integration {

class PlainBackend {
 public:
  struct Behaviour {
    std::string greeting = "220 plain backend";
    // A verb's answer instead of the right one: "EPSV" -> "502 No EPSV".
    std::map<std::string, std::string> answers;
    // The first bytes of a download only, then everything is closed at once.
    bool dies_in_download = false;
    // An upload is cut after its first bytes, and answered so.
    std::string upload_reply;
    // So many bytes of each data connection are none of its data.
    size_t data_header_bytes = 0;
  };

  PlainBackend(const IpAddress& address, Behaviour behaviour);
  ~PlainBackend() { Stop(); }
  // Ends every session, and waits for it.
  void Stop();

  Address address() const { return address_; }
  void SetFile(const std::string& name, std::string content);
  std::string File(const std::string& name) const;
  bool HasFile(const std::string& name) const;
  int64_t logins() const { return logins_; }
  std::vector<std::string> verbs() const;  // in the order received
  std::string data_header() const;         // of the last data connection

 private:
  struct Conversation;

  void AcceptAll();
  void Serve(BlockingSocket* control);
  bool OnCommand(Conversation& conversation, const std::string& line);
  void Passive(Conversation& conversation, const std::string& verb);
  void Active(Conversation& conversation, const std::string& verb,
              const std::string& argument);
  BlockingSocket OpenData(Conversation& conversation);
  void Download(Conversation& conversation, const std::string& content);
  void Upload(Conversation& conversation, const std::string& name);

  const Behaviour behaviour_;
  BlockingSocket listener_;
  Address address_;
  std::atomic<int64_t> logins_{0};
  mutable Mutex mutex_;
  std::map<std::string, std::string> files_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> verbs_ ABSL_GUARDED_BY(mutex_);
  std::string data_header_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<BlockingSocket>> controls_
      ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread acceptor_;
};

}  // namespace pinnace::integration

#endif  // PINNACE_TESTS_INTEGRATION_PLAIN_BACKEND_H_
