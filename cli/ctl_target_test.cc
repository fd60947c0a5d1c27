#include "cli/ctl_target.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "cli/ctl_verbs.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/support/test_authority.h"

namespace pinnace::cli {
namespace {

using pinnace::testing::TestAuthority;
using pinnace::testing::WriteTestFile;

// "SERVER token ca cert key" of a command line and an environment.
std::string Target(const std::vector<std::string>& words,
                   const std::map<std::string, std::string>& environment) {
  absl::StatusOr<CtlInvocation> invocation = ParseCtl(CtlVerbs(), words);
  if (!invocation.ok()) return invocation.status().ToString();
  const CtlTarget target = TargetOf(*invocation, [&](const char* name) {
    auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
  return absl::StrCat(target.server, " ", target.access.token_file(), " ",
                      target.access.ca(), " ", target.access.cert(), " ",
                      target.access.key());
}

TEST(CtlTargetTest, FlagsWinOverTheEnvironment) {
  const std::map<std::string, std::string> environment = {
      {"PINNACE_SERVER", "e:1"}, {"PINNACE_TOKEN_FILE", "et"},
      {"PINNACE_CA", "eca"},     {"PINNACE_CERT", "ecert"},
      {"PINNACE_KEY", "ekey"},
  };
  EXPECT_EQ(Target({"farm", "list"}, {}), "127.0.0.1:9021    ");
  EXPECT_EQ(Target({"farm", "list"}, environment), "e:1 et eca ecert ekey");
  EXPECT_EQ(Target({"farm", "list"}, {{"PINNACE_SERVER", ""}}),
            "127.0.0.1:9021    ");
  EXPECT_EQ(Target({"farm", "list", "--server", "f:1", "--token-file", "ft",
                    "--ca=fca", "--cert", "fcert", "--key", "fkey"},
                   environment),
            "f:1 ft fca fcert fkey");
  // An empty flag takes a variable back.
  EXPECT_EQ(Target({"farm", "list", "--token-file", "", "--ca="}, environment),
            "e:1   ecert ekey");
}

TEST(CtlTargetTest, FlagsMayStandInFront) {
  EXPECT_EQ(Target({"--token-file", "t", "--ca", "a", "--cert", "c", "--key",
                    "k", "--server", "s:1", "farm", "list"},
                   {}),
            "s:1 t a c k");
}

std::string Problem(const v1::ControlPlaneAccess& access) {
  return std::string(ChannelTo({.server = "127.0.0.1:1", .access = access})
                         .status()
                         .message());
}

TEST(CtlTargetTest, NamesTheFlagAndTheFile) {
  TestAuthority authority("authority");
  const TestAuthority::Files files = authority.Issue("x", {.common_name = "x"});
  v1::ControlPlaneAccess access;
  EXPECT_EQ(Problem(access), "");
  access.set_token_file("/nowhere");
  EXPECT_EQ(Problem(access),
            "--token-file: /nowhere: No such file or directory");
  const std::string shown =
      WriteTestFile("shown", "Secret-of-the-test-x", 0644);
  access.set_token_file(shown);
  EXPECT_EQ(Problem(access),
            absl::StrCat("--token-file: ", shown,
                         ": mode 0644 lets everybody read or write it; chmod "
                         "o= ",
                         shown));
  access.set_token_file(WriteTestFile("token", "Secret-of-the-test-x"));
  EXPECT_EQ(Problem(access), "");
  access.set_cert(files.cert);
  EXPECT_EQ(Problem(access), "--cert and key: one needs the other");
  access.set_key(files.key);
  EXPECT_EQ(Problem(access), "--cert: needs ca");
  access.set_ca(authority.ca_file());
  EXPECT_EQ(Problem(access), "");
  access.set_ca(files.key);
  EXPECT_EQ(Problem(access),
            absl::StrCat("--ca: ", files.key, ": has no PEM certificate"));
}

}  // namespace
}  // namespace pinnace::cli
