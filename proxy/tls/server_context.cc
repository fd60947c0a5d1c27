#include "proxy/tls/server_context.h"

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "openssl/err.h"
#include "openssl/x509.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/tls/tls_engine.h"

namespace pinnace::tls {
namespace {

// RFC 8446 §4.6.1: not longer. A ticket is good for the data connections of one
// session only, and a session may last as long as its client likes.
constexpr absl::Duration kTicketLifetime = absl::Hours(7 * 24);

constexpr absl::string_view kSessionIdContext = "pinnace";

void SetTickets(SSL_CTX* context, SessionReuse reuse) {
  // OpenSSL's own cache would resume anybody's session.
  SSL_CTX_set_session_cache_mode(
      context, reuse == SessionReuse::kOff
                   ? SSL_SESS_CACHE_OFF
                   : SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  // OpenSSL resumes nothing that is not bound to an application.
  SSL_CTX_set_session_id_context(
      context, reinterpret_cast<const unsigned char*>(kSessionIdContext.data()),
      static_cast<unsigned>(kSessionIdContext.size()));
  SSL_CTX_set_timeout(context,
                      static_cast<long>(absl::ToInt64Seconds(kTicketLifetime)));
  if (reuse == SessionReuse::kOff) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
  } else {
    SSL_CTX_set_num_tickets(context, limits::kTlsTickets);
  }
}

void CopyTicketKeys(SSL_CTX* from, SSL_CTX* to) {
  std::array<unsigned char, 128> keys;
  const long size = SSL_CTX_get_tlsext_ticket_keys(from, nullptr, 0);
  PINNACE_CHECK(size > 0 && static_cast<size_t>(size) <= keys.size());
  PINNACE_CHECK(SSL_CTX_get_tlsext_ticket_keys(from, keys.data(), size) == 1);
  PINNACE_CHECK(SSL_CTX_set_tlsext_ticket_keys(to, keys.data(), size) == 1);
  OPENSSL_cleanse(keys.data(), keys.size());
}

absl::Status LoadRevoked(SSL_CTX* context, const std::string& path) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (X509_load_crl_file(lookup, path.c_str(), X509_FILETYPE_PEM) < 1) {
    return WrongFile(path, "is no PEM list of revoked certificates");
  }
  ERR_clear_error();
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return absl::OkStatus();
}

absl::Status AskForCertificate(SSL_CTX* context, const ServerOptions& options) {
  if (options.client_ca.empty()) {
    if (!options.require_client_certificate && options.client_crl.empty()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        "certificates of clients cannot be checked without client_ca");
  }
  absl::Status trusted = TrustAuthorities(context, options.client_ca);
  if (!trusted.ok()) return trusted;
  SSL_CTX_set_client_CA_list(
      context, SSL_load_client_CA_file(options.client_ca.c_str()));
  SSL_CTX_set_verify(context,
                     options.require_client_certificate
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER,
                     nullptr);
  ERR_clear_error();
  if (options.client_crl.empty()) return absl::OkStatus();
  return LoadRevoked(context, options.client_crl);
}

absl::StatusOr<SslContext> LoadOne(const ServerOptions& options,
                                   const CertificateFiles& files) {
  SslContext context = NewSslContext(TLS_server_method(), options.min_version);
  // Ours begins with what authenticates as it encrypts.
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  SetTickets(context.get(), options.session_reuse);
  absl::Status good = UseKeyPair(context.get(), files);
  if (good.ok()) good = AskForCertificate(context.get(), options);
  if (!good.ok()) return good;
  return context;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServerContext>> ServerContext::Load(
    const ServerOptions& options, const ServerContext* former) {
  if (options.certificates.empty()) {
    return absl::InvalidArgumentError("no certificate to show to clients");
  }
  std::vector<SslContext> contexts;
  for (const CertificateFiles& files : options.certificates) {
    absl::StatusOr<SslContext> context = LoadOne(options, files);
    if (!context.ok()) return context.status();
    TlsEngine::SetServerCallbacks(context->get());
    contexts.push_back(*std::move(context));
  }
  SSL_CTX* const keys = former != nullptr ? former->contexts_.front().get()
                                          : contexts.front().get();
  for (const SslContext& context : contexts) {
    if (context.get() != keys) CopyTicketKeys(keys, context.get());
  }
  return std::shared_ptr<const ServerContext>(new ServerContext(
      options, std::move(contexts),
      former != nullptr ? former->store_ : std::make_shared<SessionStore>()));
}

}  // namespace pinnace::tls
