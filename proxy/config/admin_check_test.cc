#include "proxy/config/admin_check.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

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

std::string TokenFile(const std::string& name, const std::string& text,
                      mode_t mode = 0600) {
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name);
  std::ofstream(path) << text;
  chmod(path.c_str(), mode);
  return path;
}

TEST(AdminCheckTest, TakesTokensOfTwoRoles) {
  EXPECT_EQ(ProblemsOf(R"(
admin:
  listen: "0.0.0.0:8021"
  token_file: /t/admin
  tokens:
  - {name: ops, role: operator, file: /t/ops}
  - {name: grafana, role: viewer, file: /t/grafana}
)"),
            "");
  EXPECT_EQ(ProblemsOf("admin: {listen: '0.0.0.0:8021', tokens: [{name: a, "
                       "role: viewer, file: /f}]}"),
            "");
}

TEST(AdminCheckTest, NamesTheFieldThatIsWrong) {
  const auto problem = [](const std::string& tokens) {
    const std::string all = ProblemsOf(
        absl::StrCat("admin:\n  token_file: /t/admin\n  tokens:\n", tokens));
    return all.substr(all.find("admin."));
  };
  EXPECT_EQ(problem("  - {name: a, role: gateway, file: /f}\n"),
            "admin.tokens[0].role: must be viewer or operator: others have no "
            "admin pages");
  EXPECT_EQ(problem("  - {name: a, role: backend, file: /f}\n"),
            "admin.tokens[0].role: must be viewer or operator: others have no "
            "admin pages");
  EXPECT_EQ(problem("  - {name: a, role: viewer, file: /f, ids: [x]}\n"),
            "admin.tokens[0].ids: is not for the tokens of the admin pages");
  EXPECT_EQ(problem("  - {name: admin, role: viewer, file: /f}\n"),
            "admin.tokens[0].name: its name is that of admin.token_file, too");
  EXPECT_EQ(problem("  - {name: a, role: viewer, file: /f}\n"
                    "  - {name: a, role: viewer, file: /g}\n"),
            "admin.tokens[1].name: its name is that of admin.tokens[0].name, "
            "too");
  EXPECT_EQ(problem("  - {name: a, role: viewer, file: /t/admin}\n"),
            "admin.tokens[0].file: its file is that of admin.token_file, too");
  EXPECT_NE(problem("  - {name: a, role: viewer}\n").find("file"),
            std::string::npos);
  EXPECT_NE(problem("  - {name: a, file: /f}\n").find("role"),
            std::string::npos);
  EXPECT_NE(problem("  - {role: viewer, file: /f}\n").find("name"),
            std::string::npos);
}

TEST(AdminCheckTest, ReadsTheTokens) {
  v1::AdminConfig admin;
  admin.set_token_file(TokenFile("admin", "admin-token-0123456789\nmore\n"));
  v1::TokenConfig& viewer = *admin.add_tokens();
  viewer.set_name("grafana");
  viewer.set_role(v1::ROLE_VIEWER);
  viewer.set_file(TokenFile("viewer", "viewer-token-0123456789\n"));
  const absl::StatusOr<std::vector<AdminToken>> tokens = ReadAdminTokens(admin);
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  ASSERT_EQ(tokens->size(), 2u);
  EXPECT_EQ((*tokens)[0].name, "admin");
  EXPECT_EQ((*tokens)[0].role, v1::ROLE_OPERATOR);
  EXPECT_EQ((*tokens)[0].secret, "admin-token-0123456789");
  EXPECT_EQ((*tokens)[1].name, "grafana");
  EXPECT_EQ((*tokens)[1].role, v1::ROLE_VIEWER);
  EXPECT_EQ((*tokens)[1].secret, "viewer-token-0123456789");
}

TEST(AdminCheckTest, FilesMustHoldATokenOfTheirOwn) {
  const auto problem = [](const v1::AdminConfig& admin) {
    return std::string(ReadAdminTokens(admin).status().message());
  };
  v1::AdminConfig admin;
  admin.set_token_file("/nowhere/token");
  EXPECT_EQ(problem(admin).find("admin.token_file: "), 0u) << problem(admin);
  admin.set_token_file(TokenFile("short", "short\n"));
  EXPECT_EQ(problem(admin).find("admin.token_file: "), 0u) << problem(admin);
  admin.set_token_file(TokenFile("open", "open-token-0123456789\n", 0644));
  EXPECT_EQ(problem(admin).find("admin.token_file: "), 0u) << problem(admin);
  admin.set_token_file(TokenFile("one", "same-token-0123456789\n"));
  v1::TokenConfig& other = *admin.add_tokens();
  other.set_name("other");
  other.set_role(v1::ROLE_VIEWER);
  other.set_file(TokenFile("two", "same-token-0123456789\n"));
  EXPECT_EQ(problem(admin),
            "admin.tokens[0].file: its token is that of admin.token_file, "
            "too");
}

}  // namespace
}  // namespace pinnace::config
