// What the gateway shows its clients: certificates, versions, and the keys of
// its tickets. Immutable once loaded. Any thread.
#ifndef PINNACE_PROXY_TLS_SERVER_CONTEXT_H_
#define PINNACE_PROXY_TLS_SERVER_CONTEXT_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/tls/ssl_context.h"
#include "proxy/tls/tls_options.h"

namespace pinnace::tls {

class ServerContext {
 public:
  // Reads every file. Errors name the file and what is wrong with it. Tickets
  // of `former` stay good.
  static absl::StatusOr<std::shared_ptr<const ServerContext>> Load(
      const ServerOptions& options, const ServerContext* former = nullptr);

  const ServerOptions& options() const { return options_; }

 private:
  friend class TlsEngine;
  ServerContext(ServerOptions options, std::vector<SslContext> contexts)
      : options_(std::move(options)), contexts_(std::move(contexts)) {}

  const ServerOptions options_;
  // One per certificate, in order; all have the same ticket keys.
  const std::vector<SslContext> contexts_;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_SERVER_CONTEXT_H_
