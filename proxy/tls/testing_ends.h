// What the tests of this folder share: the two ends of a TLS connection made to
// talk to each other without a socket, and a peer of OpenSSL's own that can do
// what the gateway's engines never do.
#ifndef PINNACE_PROXY_TLS_TESTING_ENDS_H_
#define PINNACE_PROXY_TLS_TESTING_ENDS_H_

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/ssl.h"
#include "proxy/base/check.h"
#include "proxy/tls/ssl_context.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {

// Talks as TlsEngine does.
class RawPeer {
 public:
  // A context of its own, with any old version allowed.
  static SslContext NewContext(int version) {
    SslContext context(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    return context;
  }

  static std::unique_ptr<RawPeer> Client(SSL_CTX* context,
                                         SSL_SESSION* session = nullptr) {
    std::unique_ptr<RawPeer> peer(new RawPeer(context));
    SSL_set_connect_state(peer->ssl());
    if (session != nullptr) SSL_set_session(peer->ssl(), session);
    return peer;
  }
  static std::unique_ptr<RawPeer> Server(SSL_CTX* context) {
    std::unique_ptr<RawPeer> peer(new RawPeer(context));
    SSL_set_accept_state(peer->ssl());
    return peer;
  }
  // As after close_notify: else OpenSSL would forget the session.
  ~RawPeer() {
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
  }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  SSL* ssl() { return ssl_; }
  std::string& output() {
    char bytes[4096];
    int size;
    while ((size = BIO_read(SSL_get_wbio(ssl_), bytes, sizeof(bytes))) > 0) {
      output_.append(bytes, static_cast<size_t>(size));
    }
    return output_;
  }
  void Feed(absl::string_view bytes) {
    BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  }
  absl::StatusOr<size_t> Read(absl::Span<char> buffer) {
    ERR_clear_error();
    size_t size = 0;
    const int result = SSL_read_ex(ssl_, buffer.data(), buffer.size(), &size);
    if (result == 1) return size;
    const int error = SSL_get_error(ssl_, result);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) {
      return 0;
    }
    return absl::UnknownError("raw");
  }
  absl::Status Write(absl::string_view bytes) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    return absl::OkStatus();
  }

 private:
  explicit RawPeer(SSL_CTX* context) : ssl_(SSL_new(context)) {
    PINNACE_CHECK(ssl_ != nullptr);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }

  SSL* ssl_;
  std::string output_;
};

// A client and a server that hear each other. Every `chunk` bytes are fed by
// themselves.
template <typename ServerEnd, typename ClientEnd>
class Link {
 public:
  Link(std::unique_ptr<ServerEnd> server, std::unique_ptr<ClientEnd> client,
       size_t chunk = std::numeric_limits<size_t>::max())
      : server(std::move(server)), client(std::move(client)), chunk_(chunk) {
    server_status = Drain(*this->server, &at_server);
    client_status = Drain(*this->client, &at_client);
  }

  // Until neither has anything to say.
  void Run() {
    while (!client->output().empty() || !server->output().empty()) {
      Move(*client, *server, &at_server, &server_status);
      Move(*server, *client, &at_client, &client_status);
    }
  }

  std::unique_ptr<ServerEnd> server;
  std::unique_ptr<ClientEnd> client;
  std::string at_server, at_client;  // plaintext that has arrived
  absl::Status server_status, client_status;

 private:
  template <typename End>
  static absl::Status Drain(End& end, std::string* arrived) {
    char buffer[5000];
    while (true) {
      const absl::StatusOr<size_t> size = end.Read(absl::MakeSpan(buffer));
      // OpenSSL's errors of one connection must not be another's.
      PINNACE_CHECK(ERR_peek_error() == 0);
      if (!size.ok()) return size.status();
      if (*size == 0) return absl::OkStatus();
      arrived->append(buffer, *size);
    }
  }

  template <typename From, typename To>
  void Move(From& from, To& to, std::string* arrived, absl::Status* status) {
    const std::string bytes = std::exchange(from.output(), {});
    for (size_t at = 0; at < bytes.size() && status->ok(); at += chunk_) {
      // A copy on the heap: reading past its end shows under asan.
      const std::string piece = bytes.substr(at, chunk_);
      to.Feed(piece);
      *status = Drain(to, arrived);
      if (bytes.size() - at <= chunk_) break;
    }
  }

  const size_t chunk_;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TESTING_ENDS_H_
