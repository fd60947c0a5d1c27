// What the gateway shows its clients: certificates, versions, and the keys of
// its tickets. Immutable once loaded. Any thread.
#ifndef PINNACE_PROXY_TLS_SERVER_CONTEXT_H_
#define PINNACE_PROXY_TLS_SERVER_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proxy/tls/session_store.h"
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
  // The control session has ended: nothing of it is resumed any more.
  void Forget(uint64_t session) const { store_->Forget(session); }

 private:
  friend class TlsEngine;
  ServerContext(ServerOptions options, std::vector<SslContext> contexts,
                std::shared_ptr<SessionStore> store)
      : options_(std::move(options)),
        contexts_(std::move(contexts)),
        store_(std::move(store)) {}

  const ServerOptions options_;
  // One per certificate, in order; all have the same ticket keys.
  const std::vector<SslContext> contexts_;
  const std::shared_ptr<SessionStore> store_;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_SERVER_CONTEXT_H_
