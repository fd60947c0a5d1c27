#include "control-plane/access/access_policy.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "control-plane/access/access_files.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace pinnace::access {
namespace {

constexpr char kFirst[] = "first-token-of-the-test";
constexpr char kSecond[] = "second-token-of-the-test";

v1::ControlPlaneConfig Config(const std::string& text) {
  v1::ControlPlaneConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

AccessPolicy Policy(const std::string& text,
                    const std::vector<std::string>& secrets = {}) {
  auto policy = AccessPolicy::Make(Config(text), secrets);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *policy;
}

// "NAME role globs", or "nobody".
std::string Show(const std::optional<Identity>& identity) {
  if (!identity.has_value()) return "nobody";
  std::string text =
      absl::StrCat(identity->name, " ", v1::Role_Name(identity->role));
  for (const std::string& glob : identity->ids)
    absl::StrAppend(&text, " ", glob);
  return text;
}

constexpr char kTokens[] = R"(
  tokens { name: "ci" role: ROLE_VIEWER file: "f1" }
  tokens { name: "web" role: ROLE_BACKEND file: "f2" ids: "w*" ids: "x" })";

TEST(AccessPolicyTest, SaysWhatHasChanged) {
  const AccessPolicy former = Policy(kTokens, {kFirst, kSecond});
  EXPECT_EQ(former.ChangesSince(former), "");
  EXPECT_EQ(former.ChangesSince(AccessPolicy()), "+ci viewer, +web backend");
  EXPECT_EQ(AccessPolicy().ChangesSince(former), "-ci, -web");
  EXPECT_EQ(
      Policy(kTokens, {kFirst, "CANARY-of-the-test"}).ChangesSince(former),
      "web: another token");
  EXPECT_EQ(Policy(R"(
    tokens { name: "ci" role: ROLE_OPERATOR file: "f1" }
    tokens { name: "web" role: ROLE_BACKEND file: "f2" ids: "w*" })",
                   {kFirst, kSecond})
                .ChangesSince(former),
            "ci: now operator, web: now backend with other ids");
  const AccessPolicy rules = Policy(
      "tls { client_ca: 'a' clients { subject: 'x' role: ROLE_VIEWER } }");
  EXPECT_EQ(rules.ChangesSince(AccessPolicy()), "+certificates");
  EXPECT_EQ(Policy("tls { client_ca: 'a' clients { subject: 'x' role: "
                   "ROLE_OPERATOR } }")
                .ChangesSince(rules),
            "other certificate rules");
}

TEST(AccessPolicyTest, IsOpenOnlyWithoutTokensAndCertificates) {
  EXPECT_TRUE(AccessPolicy().is_open());
  EXPECT_TRUE(Policy("tls { cert: 'c' key: 'k' }").is_open());
  EXPECT_FALSE(Policy(kTokens, {kFirst, kSecond}).is_open());
  EXPECT_FALSE(Policy("tls { client_ca: 'a' }").is_open());
}

TEST(AccessPolicyTest, KnowsTokens) {
  const AccessPolicy policy = Policy(kTokens, {kFirst, kSecond});
  EXPECT_EQ(Show(policy.IdentityOfToken(kFirst)), "ci ROLE_VIEWER");
  EXPECT_EQ(Show(policy.IdentityOfToken(kSecond)), "web ROLE_BACKEND w* x");
  EXPECT_EQ(Show(policy.IdentityOfToken("")), "nobody");
  EXPECT_EQ(Show(policy.IdentityOfToken("first-token-of-the-tesT")), "nobody");
  EXPECT_EQ(Show(policy.IdentityOfToken(absl::StrCat(kFirst, " "))), "nobody");
  EXPECT_EQ(Show(AccessPolicy().IdentityOfToken("")), "nobody");
}

TEST(AccessPolicyTest, RefusesATokenTwiceWithoutShowingIt) {
  const auto policy = AccessPolicy::Make(Config(kTokens), {kFirst, kFirst});
  EXPECT_EQ(policy.status().ToString(),
            "INVALID_ARGUMENT: control_plane.tokens[1].file: f2 has the token "
            "of \"ci\"");
}

using Kind = Subject::Kind;

TEST(AccessPolicyTest, FirstRuleThatMatchesASubjectCounts) {
  const AccessPolicy policy = Policy(R"(tls {
    client_ca: "ca"
    clients { subject: "gw-*" role: ROLE_GATEWAY }
    clients { subject: "spiffe://x/*" role: ROLE_BACKEND ids: "a*" }
    clients { subject: "*.ops.example" role: ROLE_OPERATOR }
    clients { subject: "*" role: ROLE_VIEWER } })");
  const auto of = [&](std::vector<Subject> subjects) {
    return Show(policy.IdentityOfCertificate(subjects));
  };
  EXPECT_EQ(of({{Kind::kCommonName, "gw-1"}}), "CN=gw-1 ROLE_GATEWAY");
  // By rule, then by subject.
  EXPECT_EQ(of({{Kind::kCommonName, "n"}, {Kind::kUri, "spiffe://x/y/z"}}),
            "URI:spiffe://x/y/z ROLE_BACKEND a*");
  EXPECT_EQ(of({{Kind::kUri, "spiffe://x/y"}, {Kind::kDns, "gw-2"}}),
            "DNS:gw-2 ROLE_GATEWAY");
  EXPECT_EQ(of({{Kind::kDns, "a.b.ops.example"}}),
            "DNS:a.b.ops.example ROLE_OPERATOR");
  EXPECT_EQ(of({{Kind::kCommonName, "agw-1"}}), "CN=agw-1 ROLE_VIEWER");
  EXPECT_EQ(of({}), "nobody");
}

TEST(AccessPolicyTest, OverlooksSubjectsThatCannotBeShown) {
  const AccessPolicy policy = Policy(R"(tls {
    client_ca: "ca"
    clients { subject: "gw*" role: ROLE_GATEWAY } })");
  for (const std::string& text :
       {std::string(), std::string("gw\0.evil", 8), std::string("gw\n"),
        std::string("gw\xff"), "gw" + std::string(511, 'x')}) {
    EXPECT_EQ(Show(policy.IdentityOfCertificate(
                  std::vector<Subject>{{Kind::kCommonName, text}})),
              "nobody");
  }
}

TEST(AccessPolicyTest, WithoutAnAuthorityNoCertificateCounts) {
  const AccessPolicy policy =
      Policy("tls { clients { subject: '*' role: ROLE_OPERATOR } }");
  EXPECT_EQ(Show(policy.IdentityOfCertificate(
                std::vector<Subject>{{Kind::kCommonName, "x"}})),
            "nobody");
}

std::string WriteFile(const std::string& name, const std::string& content,
                      mode_t mode) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << content;
  EXPECT_EQ(chmod(path.c_str(), mode), 0);
  return path;
}

TEST(AccessFilesTest, ReadsTokens) {
  v1::ControlPlaneConfig config = Config(kTokens);
  config.mutable_tokens(0)->set_file(
      WriteFile("one", absl::StrCat(kFirst, "\n"), 0600));
  config.mutable_tokens(1)->set_file(WriteFile("two", kSecond, 0640));
  const auto policy = ReadAccessPolicy(config);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(Show(policy->IdentityOfToken(kSecond)), "web ROLE_BACKEND w* x");
}

TEST(AccessFilesTest, NamesFieldAndFileButNotTheToken) {
  v1::ControlPlaneConfig config = Config(kTokens);
  config.mutable_tokens(0)->set_file(WriteFile("one", kFirst, 0600));
  for (const std::string& path :
       {WriteFile("open", kSecond, 0644), WriteFile("short", "Secret", 0600),
        WriteFile("same", kFirst, 0600), std::string("/nowhere")}) {
    config.mutable_tokens(1)->set_file(path);
    const auto policy = ReadAccessPolicy(config);
    const absl::string_view message = policy.status().message();
    EXPECT_TRUE(absl::StartsWith(
        message, absl::StrCat("control_plane.tokens[1].file: ", path)))
        << message;
    for (const char* secret : {kFirst, kSecond, "Secret"}) {
      EXPECT_FALSE(absl::StrContains(message, secret)) << message;
    }
  }
}

}  // namespace
}  // namespace pinnace::access
