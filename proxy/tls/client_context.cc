#include "proxy/tls/client_context.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "openssl/err.h"
#include "proxy/tls/openssl_error.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {
namespace {

absl::Status TrustSystem(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the system's certificate authorities: ", TakeOpensslError()));
  }
  ERR_clear_error();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ClientContext>> ClientContext::Load(
    const ClientOptions& options) {
  SslContext context = NewSslContext(TLS_client_method(), Version::kTls12);
  // A SessionJar keeps the sessions, apart for each backend connection.
  SSL_CTX_set_session_cache_mode(
      context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  absl::Status good = options.ca.empty()
                          ? TrustSystem(context.get())
                          : TrustAuthorities(context.get(), options.ca);
  if (good.ok() && !(options.own.cert.empty() && options.own.key.empty())) {
    good = UseKeyPair(context.get(), options.own);
  }
  if (!good.ok()) return good;
  SSL_CTX_set_verify(context.get(),
                     options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     nullptr);
  TlsEngine::SetClientCallbacks(context.get());
  return std::shared_ptr<const ClientContext>(
      new ClientContext(std::move(context), options.verify));
}

}  // namespace pinnace::tls
