// How the gateway verifies backends, and what it shows them. Immutable once
// loaded. Any thread.
#ifndef PINNACE_PROXY_TLS_CLIENT_CONTEXT_H_
#define PINNACE_PROXY_TLS_CLIENT_CONTEXT_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "openssl/ssl.h"
#include "proxy/tls/ssl_context.h"
#include "proxy/tls/tls_options.h"

namespace pinnace::tls {

class ClientContext {
 public:
  // Reads every file. Errors name the file and what is wrong with it.
  static absl::StatusOr<std::shared_ptr<const ClientContext>> Load(
      const ClientOptions& options);

 private:
  friend class TlsEngine;
  ClientContext(SslContext context, bool verify)
      : context_(std::move(context)), verify_(verify) {}

  const SslContext context_;
  const bool verify_;
};

// The newest TLS session of one backend control connection: its data
// connections resume it, and nobody else's (servers refuse other ones). One
// thread.
class SessionJar {
 public:
  void Put(SSL_SESSION* session) { newest_.reset(session); }
  SSL_SESSION* newest() const { return newest_.get(); }

 private:
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  std::unique_ptr<SSL_SESSION, Free> newest_;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_CLIENT_CONTEXT_H_
