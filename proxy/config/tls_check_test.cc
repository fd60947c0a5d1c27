#include "proxy/config/tls_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/config/config_check.h"
#include "proxy/config/config_file.h"
#include "proxy/config/settings.h"
#include "tests/support/test_authority.h"

namespace pinnace::config {
namespace {

using testing::TestAuthority;
using testing::WriteTestFile;

std::string ProblemsOf(const std::string& yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse("p.yaml", yaml);
  if (!file.ok()) return std::string(file.status().message());
  return std::string(CheckConfig(*file).message());
}

std::string FileProblemsOf(const std::string& yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse("p.yaml", yaml);
  if (!file.ok()) return std::string(file.status().message());
  EXPECT_EQ(CheckConfig(*file).ToString(), "OK");
  return std::string(CheckGatewayFiles(*file).message());
}

constexpr char kFull[] = R"(gateway:
  listeners:
  - {address: "0.0.0.0:21", tls: explicit}
  - {address: "0.0.0.0:2121", tls: explicit}
  - {address: "0.0.0.0:2122", tls: require}
  - {address: "0.0.0.0:990", tls: implicit}
  data_source: tls_session
  tls:
    certificates:
    - {cert: a.pem, key: a.key}
    - {cert: b.pem, key: b.key}
    min_version: "1.3"
    session_reuse: require
    client_ca: ca.pem
    client_crl: crl.pem
    require_client_certificate: true
    allow_ccc: true
    require_private_data: true
)";

TEST(TlsCheckTest, SetsTheGatewayUp) {
  EXPECT_EQ(ProblemsOf(kFull), "");
  const gateway::GatewayOptions options =
      GatewayOptionsOf(ConfigFile::Parse("p.yaml", kFull)->config());
  ASSERT_EQ(options.listeners.size(), 4u);
  EXPECT_EQ(options.listeners[0].tls, session::ClientTls::kExplicit);
  EXPECT_EQ(options.listeners[1].tls, session::ClientTls::kExplicit);
  EXPECT_EQ(options.listeners[2].tls, session::ClientTls::kRequire);
  EXPECT_EQ(options.listeners[3].tls, session::ClientTls::kImplicit);
  EXPECT_EQ(options.data_source, ports::SourceMatch::kTlsSession);
  EXPECT_TRUE(options.session.allow_ccc);
  EXPECT_TRUE(options.session.require_private_data);
  ASSERT_TRUE(options.tls.has_value());
  ASSERT_EQ(options.tls->certificates.size(), 2u);
  EXPECT_EQ(options.tls->certificates[1].cert, "b.pem");
  EXPECT_EQ(options.tls->certificates[1].key, "b.key");
  EXPECT_EQ(options.tls->min_version, tls::Version::kTls13);
  EXPECT_EQ(options.tls->session_reuse, tls::SessionReuse::kRequire);
  EXPECT_EQ(options.tls->client_ca, "ca.pem");
  EXPECT_EQ(options.tls->client_crl, "crl.pem");
  EXPECT_TRUE(options.tls->require_client_certificate);
}

TEST(TlsCheckTest, Defaults) {
  const auto options_of = [](const std::string& yaml) {
    EXPECT_EQ(ProblemsOf(yaml), "");
    return GatewayOptionsOf(ConfigFile::Parse("p.yaml", yaml)->config());
  };
  EXPECT_FALSE(options_of("").tls.has_value());
  // No listener has to use it.
  const gateway::GatewayOptions options =
      options_of("gateway: {tls: {certificates: [{cert: c, key: k}]}}");
  EXPECT_EQ(options.listeners[0].tls, session::ClientTls::kNone);
  EXPECT_EQ(options.data_source, ports::SourceMatch::kSameAddress);
  EXPECT_FALSE(options.session.allow_ccc);
  EXPECT_FALSE(options.session.require_private_data);
  ASSERT_TRUE(options.tls.has_value());
  EXPECT_EQ(options.tls->min_version, tls::Version::kTls12);
  EXPECT_EQ(options.tls->session_reuse, tls::SessionReuse::kPrefer);
  EXPECT_EQ(options.tls->client_ca, "");
  EXPECT_FALSE(options.tls->require_client_certificate);
  EXPECT_EQ(options_of("gateway: {tls: {certificates: [{cert: c, key: k}], "
                       "min_version: '1.2', session_reuse: off}}")
                .tls->session_reuse,
            tls::SessionReuse::kOff);
}

TEST(TlsCheckTest, NamesTheFieldThatIsWrong) {
  const struct {
    const char* yaml;
    const char* problem;
  } kCases[] = {
      {"gateway: {listeners: [{address: '0.0.0.0:21', tls: explicit}]}",
       "p.yaml:1:52: gateway.listeners[0].tls: needs gateway.tls.certificates: "
       "[{cert: FILE, key: FILE}]"},
      {"gateway:\n  listeners:\n  - {address: '0.0.0.0:21', tls: none}\n"
       "  - {address: '0.0.0.0:990', tls: implicit}\n",
       "p.yaml:4:35: gateway.listeners[1].tls: needs gateway.tls.certificates: "
       "[{cert: FILE, key: FILE}]"},
      {"gateway: {tls: {min_version: '1.2'}}",
       "p.yaml:1:11: gateway.tls.certificates: must be 1 to 100, not 0"},
      {"gateway: {tls: {certificates: [{cert: c}]}}",
       "p.yaml:1:32: gateway.tls.certificates[0].key: must be set"},
      {"gateway: {tls: {certificates: [{cert: c, key: ''}]}}",
       "p.yaml:1:47: gateway.tls.certificates[0].key: must be set"},
      {"gateway: {tls: {certificates: [{cert: c, key: k}], min_version: 1.1}}",
       "p.yaml:1:65: gateway.tls.min_version: must be \"1.2\" or \"1.3\", not "
       "\"1.1\""},
      {"gateway: {tls: {certificates: [{cert: c, key: k}], session_reuse: no}}",
       "p.yaml:1:67: gateway.tls.session_reuse: expected require | prefer | "
       "off, not \"no\""},
      {"gateway: {tls: {certificates: [{cert: c, key: k}], client_crl: r}}",
       "p.yaml:1:64: gateway.tls.client_crl: needs client_ca"},
      {"gateway: {tls: {certificates: [{cert: c, key: k}], "
       "require_client_certificate: true}}",
       "p.yaml:1:80: gateway.tls.require_client_certificate: needs client_ca"},
      {"gateway: {data_source: tls_session}",
       "p.yaml:1:24: gateway.data_source: tls_session needs gateway.tls, and "
       "listeners with TLS"},
      {"gateway:\n  data_source: tls_session\n"
       "  listeners: [{address: '0.0.0.0:21', tls: explicit}]\n"
       "  tls: {certificates: [{cert: c, key: k}], session_reuse: off, "
       "require_private_data: true}\n",
       "p.yaml:2:16: gateway.data_source: tls_session needs "
       "gateway.tls.session_reuse to be prefer or require, not off"},
      {"gateway:\n  data_source: tls_session\n"
       "  listeners: [{address: '0.0.0.0:21', tls: explicit},\n"
       "              {address: '0.0.0.0:22'}]\n"
       "  tls: {certificates: [{cert: c, key: k}]}\n",
       "p.yaml:2:16: gateway.data_source: tls_session needs "
       "gateway.tls.require_private_data: true\n"
       "p.yaml:4:15: gateway.listeners[1].tls: data_source tls_session needs "
       "TLS on every listener"},
  };
  for (const auto& [yaml, problem] : kCases) {
    EXPECT_EQ(ProblemsOf(yaml), problem) << yaml;
  }
}

TEST(TlsCheckTest, TakesAHundredCertificates) {
  std::string yaml = "gateway:\n  tls:\n    certificates:\n";
  for (int i = 0; i < 100; ++i) yaml += "    - {cert: c, key: k}\n";
  EXPECT_EQ(ProblemsOf(yaml), "");
  yaml += "    - {cert: c, key: k}\n";
  EXPECT_EQ(ProblemsOf(yaml),
            "p.yaml:3:5: gateway.tls.certificates: must be 1 to 100, not 101");
}

TEST(TlsCheckTest, NamesTheFileThatIsWrong) {
  TestAuthority authority("clients");
  const TestAuthority::Files one = authority.Issue("one", {.common_name = "1"});
  const TestAuthority::Files two = authority.Issue("two", {.common_name = "2"});
  const auto yaml = [&](const std::string& cert, const std::string& key,
                        const std::string& more = "") {
    return absl::StrCat(
        "gateway:\n  tls:\n    certificates:\n    - cert: ", one.cert,
        "\n      key: ", one.key, "\n    - cert: ", cert, "\n      key: ", key,
        "\n    client_ca: ", authority.ca_file(), "\n", more);
  };
  EXPECT_EQ(FileProblemsOf(""), "");
  EXPECT_EQ(FileProblemsOf(yaml(two.cert, two.key)), "");
  EXPECT_EQ(FileProblemsOf(yaml(two.cert, one.key)),
            absl::StrCat("p.yaml:7:12: gateway.tls.certificates[1].key: ",
                         one.key, ": is not the key of ", two.cert));
  EXPECT_EQ(FileProblemsOf(yaml("/nowhere", two.key)),
            "p.yaml:6:13: gateway.tls.certificates[1].cert: /nowhere: cannot "
            "be read");
  EXPECT_EQ(FileProblemsOf(yaml(two.cert, "/nowhere")),
            "p.yaml:7:12: gateway.tls.certificates[1].key: /nowhere: No such "
            "file or directory");
  const std::string empty = WriteTestFile("empty", "");
  EXPECT_EQ(FileProblemsOf(yaml(two.cert, two.key,
                                absl::StrCat("    client_crl: ", empty))),
            absl::StrCat("p.yaml:9:17: gateway.tls.client_crl: ", empty,
                         ": has no PEM revocation list"));
  EXPECT_EQ(FileProblemsOf(absl::StrCat(
                "gateway: {tls: {certificates: [{cert: '", one.cert,
                "', key: '", one.key, "'}],\n  client_ca: ", empty, "}}")),
            absl::StrCat("p.yaml:2:14: gateway.tls.client_ca: ", empty,
                         ": has no PEM certificate"));
}

}  // namespace
}  // namespace pinnace::config
