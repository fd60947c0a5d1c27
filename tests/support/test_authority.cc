#include "tests/support/test_authority.h"

#include <sys/stat.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "openssl/bio.h"
#include "openssl/ec.h"
#include "openssl/pem.h"
#include "openssl/x509v3.h"
#include "proxy/base/check.h"

namespace pinnace::testing {
namespace {

void AddExtension(X509* certificate, X509* issuer, int nid,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  PINNACE_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

template <typename Write>
std::string Pem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  PINNACE_CHECK(write(memory) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

std::string PemOf(X509* certificate) {
  return Pem([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

}  // namespace

std::string WriteTestFile(absl::string_view name, absl::string_view content,
                          unsigned mode) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  // Whole or not at all: somebody may be reading it.
  const std::string part = path + ".part";
  std::FILE* file = std::fopen(part.c_str(), "w");
  PINNACE_CHECK(file != nullptr);
  std::fwrite(content.data(), 1, content.size(), file);
  std::fclose(file);
  PINNACE_CHECK(chmod(part.c_str(), mode) == 0);
  PINNACE_CHECK(std::rename(part.c_str(), path.c_str()) == 0);
  return path;
}

TestAuthority::TestAuthority(absl::string_view name)
    : name_(name), key_(EVP_EC_gen("P-256")) {
  certificate_ = Sign(key_.get(), {.common_name = name_, .names = ""});
  ca_file_ = WriteTestFile(name_ + "-ca.pem", PemOf(certificate_.get()), 0644);
}

TestAuthority::Certificate TestAuthority::Sign(EVP_PKEY* key,
                                               const Wish& wish) {
  Certificate certificate(X509_new());
  X509* x509 = certificate.get();
  X509* issuer = certificate_ == nullptr ? x509 : certificate_.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), ++last_serial_);
  const bool expired = wish.valid < absl::ZeroDuration();
  const long until = static_cast<long>(absl::ToInt64Seconds(wish.valid));
  X509_gmtime_adj(X509_getm_notBefore(x509), expired ? until - 3600 : -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), until);
  X509_set_pubkey(x509, key);
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(wish.common_name.data()),
      static_cast<int>(wish.common_name.size()), -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer));
  AddExtension(x509, issuer, NID_basic_constraints,
               issuer == x509 ? "critical,CA:TRUE" : "CA:FALSE");
  if (!wish.names.empty()) {
    AddExtension(x509, issuer, NID_subject_alt_name, wish.names);
  }
  PINNACE_CHECK(X509_sign(x509, key_.get(), EVP_sha256()) > 0);
  return certificate;
}

TestAuthority::Files TestAuthority::Issue(absl::string_view stem,
                                          const Wish& wish) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = Sign(key.get(), wish);
  const std::string path = absl::StrCat(name_, "-", stem);
  return {.cert = WriteTestFile(path + ".pem", PemOf(certificate.get()), 0644),
          .key = WriteTestFile(path + ".key", Pem([&](BIO* to) {
                                 return PEM_write_bio_PrivateKey(
                                     to, key.get(), nullptr, nullptr, 0,
                                     nullptr, nullptr);
                               }))};
}

}  // namespace pinnace::testing
