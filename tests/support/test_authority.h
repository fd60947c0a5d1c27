// A certificate authority of a test: its certificates as PEM files in the
// test's temporary folder. One thread.
#ifndef PINNACE_TESTS_SUPPORT_TEST_AUTHORITY_H_
#define PINNACE_TESTS_SUPPORT_TEST_AUTHORITY_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "openssl/evp.h"
#include "openssl/x509.h"

namespace pinnace::testing {

class TestAuthority {
 public:
  struct Wish {
    std::string common_name;
    std::string names;  // "DNS:x,URI:spiffe://y,IP:127.0.0.1"
    absl::Duration valid = absl::Hours(1);  // below zero: it has expired
  };
  struct Files {
    std::string cert;
    std::string key;  // mode 0600
  };

  // `name` is its common name, and begins the names of its files.
  explicit TestAuthority(absl::string_view name);

  const std::string& ca_file() const { return ca_file_; }
  // Written over files of the same `stem`.
  Files Issue(absl::string_view stem, const Wish& wish);

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
  using Certificate = std::unique_ptr<X509, FreeCertificate>;

  // Signed by this authority, or by itself when there is none yet.
  Certificate Sign(EVP_PKEY* key, const Wish& wish);

  const std::string name_;
  std::string ca_file_;
  int64_t last_serial_ = 0;
  Key key_;
  Certificate certificate_;
};

// A file in the test's temporary folder; returns its path.
std::string WriteTestFile(absl::string_view name, absl::string_view content,
                          unsigned mode = 0600);

}  // namespace pinnace::testing

#endif  // PINNACE_TESTS_SUPPORT_TEST_AUTHORITY_H_
