#include "proxy/config/access_check.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/config/config_check.h"
#include "proxy/config/config_file.h"

namespace pinnace::config {
namespace {

std::string ProblemsOf(const std::string& yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse("p.yaml", yaml);
  if (!file.ok()) return std::string(file.status().message());
  return std::string(CheckConfig(*file).message());
}

TEST(AccessCheckTest, TakesTokensAndCertificates) {
  EXPECT_EQ(ProblemsOf(R"(
control_plane:
  listen: "0.0.0.0:9021"
  tokens:
  - {name: ops, role: operator, file: /t/ops}
  - {name: web, role: backend, file: /t/web, ids: ["web-*", x]}
  - {name: gw, role: gateway, file: /t/gw}
  - {name: grafana, role: viewer, file: /t/grafana}
  tls:
    cert: /t/cert.pem
    key: /t/key.pem
    client_ca: /t/ca.pem
    clients:
    - {subject: "gw-*.example", role: gateway}
    - {subject: "spiffe://example/ftp/*", role: backend, ids: ["*"]}
gateway:
  control_plane: "cp.example:9021"
  control_plane_access: {token_file: /t/gw, ca: /t/ca, cert: /t/c, key: /t/k}
)"),
            "");
}

TEST(AccessCheckTest, OnlyLoopbackIsOpen) {
  EXPECT_EQ(ProblemsOf("control_plane: {listen: '127.0.0.1:9021'}"), "");
  EXPECT_EQ(ProblemsOf("control_plane: {listen: '[::1]:9021'}"), "");
  for (const char* more : {"", ", tokens: []", ", tls: {cert: /c, key: /k}"}) {
    EXPECT_EQ(ProblemsOf(absl::StrCat("control_plane: {listen: '0.0.0.0:9021'",
                                      more, "}")),
              "p.yaml:1:25: control_plane.listen: 0.0.0.0:9021 is not a "
              "loopback address: it needs control_plane.tokens or "
              "control_plane.tls.client_ca");
  }
  EXPECT_EQ(ProblemsOf("control_plane: {listen: '[::]:9021', tokens: [{name: "
                       "a, role: viewer, file: /f}]}"),
            "");
}

TEST(AccessCheckTest, NamesTheTokenThatIsWrong) {
  EXPECT_EQ(
      ProblemsOf(R"(control_plane:
  tokens:
  - {name: a, role: viewer, file: /f}
  - {name: a, role: viewer, file: /g}
  - {name: b, role: viewer, file: /f}
  - {name: c, role: operator, file: /h, ids: ["x"]}
  - {name: d, role: backend, file: /i, ids: ["x", ""]}
  - {name: local, role: viewer, file: /j}
  - {name: "e e", role: viewer, file: /k}
)"),
      "p.yaml:4:12: control_plane.tokens[1].name: \"a\" is that of "
      "control_plane.tokens[0], too\n"
      "p.yaml:5:35: control_plane.tokens[2].file: \"/f\" is that of "
      "control_plane.tokens[0], too\n"
      "p.yaml:6:41: control_plane.tokens[3].ids: only roles backend and "
      "gateway have ids\n"
      "p.yaml:7:51: control_plane.tokens[4].ids[1]: must be 1 to 256 visible "
      "characters, not \"\"\n"
      "p.yaml:8:12: control_plane.tokens[5].name: \"local\" is what the audit "
      "calls callers without a token, or the end of a lease\n"
      "p.yaml:9:12: control_plane.tokens[6].name: must be 1 to 128 letters, "
      "digits, '.', '_' or '-' and begin with a letter or digit, not \"e e\"");
  EXPECT_EQ(ProblemsOf("control_plane: {tokens: [{name: a, role: unspecified, "
                       "file: /f}]}"),
            "p.yaml:1:42: control_plane.tokens[0].role: expected viewer | "
            "backend | gateway | operator, not \"unspecified\"");
  EXPECT_EQ(ProblemsOf("control_plane: {tokens: [{name: a, file: /f}]}"),
            "p.yaml:1:26: control_plane.tokens[0].role: must be set");
  EXPECT_EQ(ProblemsOf("control_plane: {tokens: [{name: a, role: viewer}]}"),
            "p.yaml:1:26: control_plane.tokens[0].file: must be set");
}

TEST(AccessCheckTest, NamesTheTlsFieldThatIsWrong) {
  EXPECT_EQ(ProblemsOf("control_plane: {tls: {cert: /c}}"),
            "p.yaml:1:17: control_plane.tls.key: must be set");
  EXPECT_EQ(ProblemsOf("control_plane: {tls: {cert: /c, key: /k, clients: "
                       "[{subject: x, role: viewer}]}}"),
            "p.yaml:1:42: control_plane.tls.clients: needs client_ca");
  EXPECT_EQ(
      ProblemsOf("control_plane: {tls: {cert: /c, key: /k, client_ca: /a}}"),
      "p.yaml:1:53: control_plane.tls.client_ca: needs an entry in clients: "
      "without one no certificate has a role");
  EXPECT_EQ(ProblemsOf(R"(control_plane:
  tls:
    cert: /c
    key: /k
    client_ca: /a
    clients:
    - {subject: "x*", role: viewer}
    - {subject: "x*", role: operator}
    - {subject: y, role: viewer, ids: [z]}
)"),
            "p.yaml:8:17: control_plane.tls.clients[1].subject: \"x*\" is that "
            "of control_plane.tls.clients[0], too\n"
            "p.yaml:9:34: control_plane.tls.clients[2].ids: only roles backend "
            "and gateway have ids");
}

TEST(AccessCheckTest, NamesWhatTheGatewayLacks) {
  EXPECT_EQ(ProblemsOf("gateway: {control_plane_access: {token_file: /t}}"),
            "p.yaml:1:11: gateway.control_plane_access: needs "
            "gateway.control_plane");
  EXPECT_EQ(ProblemsOf("gateway: {control_plane: 'h:1', control_plane_access: "
                       "{ca: /a, cert: /c}}"),
            "p.yaml:1:70: gateway.control_plane_access.cert: needs key");
  EXPECT_EQ(ProblemsOf("gateway: {control_plane: 'h:1', control_plane_access: "
                       "{cert: /c, key: /k}}"),
            "p.yaml:1:62: gateway.control_plane_access.cert: needs ca");
  EXPECT_EQ(ProblemsOf("gateway: {control_plane: 'h:1', control_plane_access: "
                       "{ca: /a, key: /k}}"),
            "p.yaml:1:69: gateway.control_plane_access.key: needs cert");
}

}  // namespace
}  // namespace pinnace::config
