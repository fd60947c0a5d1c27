#include "proxy/tls/ssl_context.h"

#include "absl/strings/str_cat.h"
#include "openssl/err.h"
#include "proxy/base/check.h"
#include "proxy/tls/certificate_files.h"
#include "proxy/tls/openssl_error.h"

namespace pinnace::tls {

absl::Status WrongFile(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": ", what, ": ", TakeOpensslError()));
}

SslContext NewSslContext(const SSL_METHOD* method, Version min) {
  SslContext context(SSL_CTX_new(method), &SSL_CTX_free);
  PINNACE_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(
      context.get(), min == Version::kTls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // The chain is what the file has, and not what the authorities of the other
  // side would add to it.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  // Bytes behind a close_notify are not ours to take.
  SSL_CTX_set_read_ahead(context.get(), 0);
  // Else OpenSSL would ask on the terminal.
  SSL_CTX_set_default_passwd_cb(context.get(),
                                [](char*, int, int, void*) { return 0; });
  return context;
}

absl::Status UseKeyPair(SSL_CTX* context, const CertificateFiles& files) {
  absl::Status good = CheckKeyPair(files.cert, files.key);
  if (!good.ok()) return good;
  if (SSL_CTX_use_certificate_chain_file(context, files.cert.c_str()) != 1) {
    return WrongFile(files.cert, "cannot be used");
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return WrongFile(files.key, "cannot be used");
  }
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status TrustAuthorities(SSL_CTX* context, const std::string& path) {
  absl::Status good = CheckAuthorities(path);
  if (!good.ok()) return good;
  if (SSL_CTX_load_verify_file(context, path.c_str()) != 1) {
    return WrongFile(path, "cannot be used");
  }
  ERR_clear_error();
  return absl::OkStatus();
}

}  // namespace pinnace::tls
