#include "proxy/tls/certificate_files.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "openssl/x509.h"
#include "proxy/base/secret_file.h"

namespace pinnace::tls {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using Crl = std::unique_ptr<X509_CRL, Free<&X509_CRL_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;

// Else OpenSSL would ask on the terminal.
int NoPassword(char*, int, int, void*) { return 0; }

absl::Status Wrong(const std::string& path, absl::string_view what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<Certificate> FirstCertificate(const std::string& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return Wrong(path, "cannot be read");
  Certificate certificate(
      PEM_read_bio_X509(file.get(), nullptr, &NoPassword, nullptr));
  if (certificate == nullptr) return Wrong(path, "has no PEM certificate");
  return certificate;
}

}  // namespace

absl::Status CheckKeyPair(const std::string& cert, const std::string& key) {
  absl::StatusOr<Certificate> certificate = FirstCertificate(cert);
  if (!certificate.ok()) return certificate.status();
  absl::Status safe = CheckSecretFile(key);
  if (!safe.ok()) return safe;
  const Bio file(BIO_new_file(key.c_str(), "r"));
  if (file == nullptr) return Wrong(key, "cannot be read");
  const Key private_key(
      PEM_read_bio_PrivateKey(file.get(), nullptr, &NoPassword, nullptr));
  if (private_key == nullptr) {
    return Wrong(key, "has no PEM private key without a password");
  }
  if (X509_check_private_key(certificate->get(), private_key.get()) == 1) {
    return absl::OkStatus();
  }
  return Wrong(key, absl::StrCat("is not the key of ", cert));
}

absl::Status CheckAuthorities(const std::string& path) {
  return FirstCertificate(path).status();
}

absl::Status CheckRevocationLists(const std::string& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return Wrong(path, "cannot be read");
  const Crl list(
      PEM_read_bio_X509_CRL(file.get(), nullptr, &NoPassword, nullptr));
  if (list == nullptr) return Wrong(path, "has no PEM revocation list");
  return absl::OkStatus();
}

}  // namespace pinnace::tls
