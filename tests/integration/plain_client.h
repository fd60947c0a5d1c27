// An FTP client that does one thing at a time and hides nothing. One thread.
#ifndef PINNACE_TESTS_INTEGRATION_PLAIN_CLIENT_H_
#define PINNACE_TESTS_INTEGRATION_PLAIN_CLIENT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/integration/blocking_socket.h"

namespace pinnace::integration {

class PlainClient {
 public:
  enum class Mode { kPasv, kEpsv, kPort, kEprt };

  // Connects (from `from`, if given) and reads the greeting.
  explicit PlainClient(const Address& gateway,
                       std::optional<IpAddress> from = std::nullopt);

  // A client as a balancer passes it on: what each of its connections begins
  // with. Passive ones reach the gateway, whatever a 227 says.
  struct Balanced {
    IpAddress from;  // the balancer's address
    std::string header;
    std::string data_header;
    IpAddress listens_on;  // the client's own, where an active one waits
  };
  PlainClient(const Address& gateway, Balanced balanced);

  // The whole last line of the reply: "226 Done". Empty when the connection
  // ended.
  std::string Reply();
  std::string Command(absl::string_view line);
  const std::string& greeting() const { return greeting_; }
  // USER and PASS; the reply to the last.
  std::string Login();

  // PASV, EPSV, PORT or EPRT; false when refused (last_reply tells).
  bool OpenData(Mode mode);
  BlockingSocket TakeData();  // the data connection, connected or accepted
  uint16_t data_port() const { return data_target_.port; }
  const Address& data_target() const { return data_target_; }

  // Whole transfers: the final reply; 150 is checked on the way.
  std::string Download(Mode mode, absl::string_view command,
                       std::string* content);
  std::string Upload(Mode mode, absl::string_view command,
                     absl::string_view content);

  BlockingSocket& control() { return control_; }
  const std::string& last_reply() const { return last_reply_; }

 private:
  const std::optional<IpAddress> from_;
  const std::optional<Balanced> balanced_;
  BlockingSocket control_;
  std::string greeting_;
  std::string last_reply_;
  Mode mode_ = Mode::kPasv;
  Address data_target_;
  BlockingSocket data_listener_;
};

}  // namespace pinnace::integration

#endif  // PINNACE_TESTS_INTEGRATION_PLAIN_CLIENT_H_
