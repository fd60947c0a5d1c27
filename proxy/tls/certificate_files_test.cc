#include "proxy/tls/certificate_files.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/test_authority.h"

namespace pinnace::tls {
namespace {

using testing::TestAuthority;
using testing::WriteTestFile;

TEST(CertificateFilesTest, NamesTheFileThatIsWrong) {
  TestAuthority authority("authority");
  const TestAuthority::Files one = authority.Issue("one", {.common_name = "1"});
  const TestAuthority::Files two = authority.Issue("two", {.common_name = "2"});
  EXPECT_EQ(CheckKeyPair(one.cert, one.key).ToString(), "OK");
  EXPECT_EQ(CheckAuthorities(authority.ca_file()).ToString(), "OK");
  EXPECT_EQ(CheckKeyPair(one.cert, two.key).message(),
            absl::StrCat(two.key, ": is not the key of ", one.cert));
  EXPECT_EQ(CheckKeyPair(one.key, one.key).message(),
            absl::StrCat(one.key, ": has no PEM certificate"));
  EXPECT_EQ(CheckKeyPair(one.cert, one.cert).code(),
            absl::StatusCode::kFailedPrecondition);  // It is public.
  const std::string empty = WriteTestFile("empty", "");
  EXPECT_EQ(CheckKeyPair(one.cert, empty).message(),
            absl::StrCat(empty, ": has no PEM private key without a password"));
  EXPECT_EQ(CheckAuthorities(empty).message(),
            absl::StrCat(empty, ": has no PEM certificate"));
  EXPECT_EQ(CheckRevocationLists(one.cert).message(),
            absl::StrCat(one.cert, ": has no PEM revocation list"));
  EXPECT_EQ(CheckRevocationLists("/nowhere").message(),
            "/nowhere: cannot be read");
  EXPECT_EQ(CheckAuthorities("/nowhere").message(), "/nowhere: cannot be read");
  EXPECT_EQ(CheckKeyPair(one.cert, "/nowhere").message(),
            "/nowhere: No such file or directory");
}

// Of `openssl ca -gencrl`.
constexpr char kRevocationList[] =
    "-----BEGIN X509 CRL-----\n"
    "MIGQMDgwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYRcNMjYxMTI2MjM0MDM1WhcN\n"
    "MjYxMjI2MjM0MDM1WjAKBggqhkjOPQQDAgNIADBFAiBa56Z601sffL26xj0tgtNN\n"
    "ZBkrp3gkXvFTHGCIIK81xAIhAJ9K8FuVH/rvjeKV1I6E+7wkfmCHks0f3SE8ruZQ\n"
    "HTo+\n"
    "-----END X509 CRL-----\n";

TEST(CertificateFilesTest, FindsARevocationList) {
  EXPECT_EQ(CheckRevocationLists(WriteTestFile("crl.pem", kRevocationList))
                .ToString(),
            "OK");
}

TEST(CertificateFilesTest, DoesNotAskForAPassword) {
  TestAuthority authority("authority");
  const TestAuthority::Files files = authority.Issue("x", {.common_name = "x"});
  const std::string locked =
      WriteTestFile("locked",
                    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n"
                    "-----END ENCRYPTED PRIVATE KEY-----\n");
  EXPECT_TRUE(absl::EndsWith(CheckKeyPair(files.cert, locked).message(),
                             "without a password"));
}

}  // namespace
}  // namespace pinnace::tls
