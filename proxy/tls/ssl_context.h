// What both sides' contexts have in common. Any thread.
#ifndef PINNACE_PROXY_TLS_SSL_CONTEXT_H_
#define PINNACE_PROXY_TLS_SSL_CONTEXT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "openssl/ssl.h"
#include "proxy/tls/tls_options.h"

namespace pinnace::tls {

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// From `min` to TLS 1.3; no renegotiation, no compression, no buffers while
// idle.
SslContext NewSslContext(const SSL_METHOD* method, Version min);

// Errors of these name the file.
absl::Status UseKeyPair(SSL_CTX* context, const CertificateFiles& files);
absl::Status TrustAuthorities(SSL_CTX* context, const std::string& path);

// "path: what", with what OpenSSL has to say; empties its queue of errors.
absl::Status WrongFile(const std::string& path, absl::string_view what);

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_SSL_CONTEXT_H_
