// A client's end of FTPS over blocking sockets. One thread.
#ifndef PINNACE_TESTS_INTEGRATION_TLS_CLIENT_H_
#define PINNACE_TESTS_INTEGRATION_TLS_CLIENT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "proxy/tls/client_context.h"
#include "proxy/tls/tls_engine.h"
#include "tests/integration/blocking_socket.h"

namespace pinnace::integration {

using ClientContextPtr = std::shared_ptr<const tls::ClientContext>;

class SecureSocket {
 public:
  SecureSocket(BlockingSocket socket, std::unique_ptr<tls::TlsEngine> engine)
      : socket_(std::move(socket)), engine_(std::move(engine)) {}

  bool Handshake();
  bool Send(absl::string_view bytes);
  // Some bytes; empty at the end.
  std::string Receive();
  std::string ReceiveToEnd();
  // Says close_notify and FIN, and waits for the peer's.
  void Close();

  BlockingSocket& socket() { return socket_; }
  const tls::TlsEngine& engine() const { return *engine_; }

 private:
  bool Flush();
  // False at the end.
  bool Hear();

  BlockingSocket socket_;
  std::unique_ptr<tls::TlsEngine> engine_;
  std::string fed_;
};

class TlsClient {
 public:
  // Connects, and reads the greeting. `name` must be in the certificate.
  TlsClient(const Address& gateway, ClientContextPtr context, std::string name);

  // What each data connection begins with, before TLS.
  void set_data_header(std::string header) { data_header_ = std::move(header); }
  // AUTH TLS and the handshake; USER and PASS; PBSZ and PROT P.
  bool Secure();
  std::string Login();
  bool Protect();

  std::string Command(absl::string_view line);
  std::string Reply();
  // Passive, and private. The final reply; empty when TLS did not come about.
  std::string Download(absl::string_view command, std::string* content);
  std::string Upload(absl::string_view command, absl::string_view content);

  BlockingSocket& plain() { return plain_; }

 private:
  BlockingSocket OpenData();
  SecureSocket SecureData(BlockingSocket data);

  const ClientContextPtr context_;
  const std::string name_;
  const std::shared_ptr<tls::SessionJar> sessions_ =
      std::make_shared<tls::SessionJar>();
  std::string data_header_;
  BlockingSocket plain_;
  std::unique_ptr<SecureSocket> secure_;
  std::string lines_;
};

}  // namespace pinnace::integration

#endif  // PINNACE_TESTS_INTEGRATION_TLS_CLIENT_H_
