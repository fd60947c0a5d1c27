#include "cli/running_control_plane.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/configuration.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_target.h"
#include "gtest/gtest.h"
#include "tests/support/test_authority.h"

namespace pinnace::cli {
namespace {

using pinnace::testing::TestAuthority;
using pinnace::testing::WriteTestFile;

constexpr char kToken[] = "CANARY-token-of-the-test";

std::string ConfigFile(absl::string_view control_plane) {
  return WriteTestFile(
      "pinnace.yaml", absl::StrCat("control_plane: {store: 'sqlite::memory:', ",
                                   control_plane, "}\n"));
}

std::string Loopback(absl::string_view more) {
  return absl::StrCat("listen: '127.0.0.1:0', ", more);
}

std::string Tokens(const std::string& file, absl::string_view role) {
  return absl::StrCat("tokens: [{name: ci, role: ", role, ", file: '", file,
                      "'}]");
}

// Of a start: "", or why not.
std::string Refusal(const std::string& control_plane) {
  absl::StatusOr<v1::Config> config =
      ReadConfiguration(ConfigFile(control_plane));
  if (!config.ok()) return std::string(config.status().message());
  auto started = StartControlPlane(*config, Pool::kUnknown);
  return std::string(started.status().message());
}

TEST(RunningControlPlaneTest, StartsOnlyWithFilesThatAreGood) {
  const std::string token = WriteTestFile("token", kToken);
  EXPECT_EQ(Refusal(Loopback(Tokens(token, "viewer"))), "");
  const std::string shown = WriteTestFile("shown", kToken, 0644);
  EXPECT_EQ(Refusal(Loopback(Tokens(shown, "viewer"))),
            absl::StrCat("control_plane.tokens[0].file: ", shown,
                         ": mode 0644 lets everybody read or write it; chmod "
                         "o= ",
                         shown));
  TestAuthority authority("authority");
  const auto files = authority.Issue("x", {.common_name = "x"});
  const auto tls = [](const std::string& cert, const std::string& key) {
    return Loopback(
        absl::StrCat("tls: {cert: '", cert, "', key: '", key, "'}"));
  };
  EXPECT_EQ(Refusal(tls(files.cert, files.key)), "");
  EXPECT_EQ(Refusal(tls(files.cert, shown)),
            absl::StrCat("control_plane.tls.cert and key: ", shown,
                         ": mode 0644 lets everybody read or write it; chmod "
                         "o= ",
                         shown));
  EXPECT_EQ(Refusal(tls(files.cert, token)),
            absl::StrCat("control_plane.tls.cert and key: ", token,
                         ": has no PEM private key without a password"));
}

TEST(RunningControlPlaneTest, OpenOnlyOnLoopback) {
  EXPECT_TRUE(absl::EndsWith(
      Refusal("listen: '0.0.0.0:0'"),
      "control_plane.listen: 0.0.0.0:0 is not a loopback address: it needs "
      "control_plane.tokens or control_plane.tls.client_ca"));
}

TEST(RunningControlPlaneTest, WarnsOfTokensInTheClear) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(
      Refusal(absl::StrCat("listen: '0.0.0.0:0', ",
                           Tokens(WriteTestFile("token", kToken), "viewer"))),
      "");
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(log,
                                "WARNING control_plane.listen is not a "
                                "loopback address"))
      << log;
  EXPECT_FALSE(absl::StrContains(log, "CANARY")) << log;
}

// `pinnace ctl farm set` with a token's file, or "": none.
std::string SetFarm(const service::ControlPlane& control_plane,
                    const std::string& token_file) {
  CtlTarget target;
  target.server = control_plane.address().ToString();
  target.access.set_token_file(token_file);
  auto channel = ChannelTo(target);
  EXPECT_TRUE(channel.ok()) << channel.status();
  CtlConnection connection(*channel, target.server);
  v1::SetFarmRequest request;
  request.mutable_farm()->set_name("main");
  v1::FarmRecord record;
  return connection
      .Call(connection.registry(), &v1::Registry::Stub::SetFarm, request,
            &record)
      .ToString();
}

TEST(RunningControlPlaneTest, ReloadTakesOverTokensAndRoles) {
  const std::string token = WriteTestFile("token", kToken);
  const std::string path = ConfigFile(Loopback(Tokens(token, "viewer")));
  absl::StatusOr<v1::Config> config = ReadConfiguration(path);
  ASSERT_TRUE(config.ok()) << config.status();
  auto control_plane = StartControlPlane(*config, Pool::kUnknown);
  ASSERT_TRUE(control_plane.ok()) << control_plane.status();
  EXPECT_EQ(SetFarm(**control_plane, ""),
            "UNAUTHENTICATED: needs a token; pinnace ctl --token-file FILE, or "
            "--ca, --cert and --key, says who you are");
  EXPECT_EQ(SetFarm(**control_plane, token),
            "PERMISSION_DENIED: \"ci\" of role viewer may not call SetFarm for "
            "\"main\": it needs role operator");
  ConfigFile(Loopback(Tokens(token, "operator")));
  ReloadFarms(path, *config, **control_plane);
  EXPECT_EQ(SetFarm(**control_plane, token), "OK");
  EXPECT_EQ(config->control_plane().tokens(0).role(), v1::ROLE_OPERATOR);
  // What is wrong changes nothing.
  ConfigFile(Loopback(Tokens("/nowhere", "viewer")));
  ReloadFarms(path, *config, **control_plane);
  EXPECT_EQ(SetFarm(**control_plane, token), "OK");
}

}  // namespace
}  // namespace pinnace::cli
