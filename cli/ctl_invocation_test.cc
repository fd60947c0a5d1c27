#include "cli/ctl_invocation.h"

#include "cli/ctl_backend.h"
#include "cli/ctl_farm.h"
#include "cli/ctl_verbs.h"
#include "gtest/gtest.h"

namespace pinnace::cli {
namespace {

absl::StatusOr<CtlInvocation> Parse(const std::vector<std::string>& words) {
  return ParseCtl(CtlVerbs(), words);
}

std::string Problem(const std::vector<std::string>& words) {
  return std::string(Parse(words).status().message());
}

TEST(CtlInvocationTest, TakesFlagsAndArgumentsInAnyOrder) {
  auto invocation = Parse({"session", "kill", "--gateway", "gw", "257",
                           "--json", "--server=10.0.0.1:9"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_STREQ(invocation->verb->verb, "kill");
  EXPECT_EQ(invocation->arguments, std::vector<std::string>{"257"});
  EXPECT_EQ(invocation->Flag("gateway"), "gw");
  EXPECT_TRUE(invocation->json);
  EXPECT_EQ(invocation->server, "10.0.0.1:9");
}

TEST(CtlInvocationTest, HasDefaults) {
  auto invocation = Parse({"snapshot"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_EQ(invocation->server, "127.0.0.1:9021");
  EXPECT_FALSE(invocation->json);
}

TEST(CtlInvocationTest, HelpNeedsNoArguments) {
  auto invocation = Parse({"backend", "show", "--help"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_TRUE(invocation->help);
}

TEST(CtlInvocationTest, SaysWhatIsWrong) {
  EXPECT_EQ(Problem({"nothing"}),
            "no \"nothing\"; one of: backend, farm, gateway, pin, port, "
            "session, snapshot");
  EXPECT_EQ(Problem({"farm"}), "farm what? one of: list, set, delete");
  EXPECT_EQ(Problem({"farm", "sett"}), "farm what? one of: list, set, delete");
  EXPECT_EQ(Problem({"backend", "show"}),
            "backend show: needs ID; see pinnace ctl backend show --help");
  EXPECT_EQ(Problem({"backend", "show", "a", "b"}),
            "backend show: unexpected argument \"b\"; see pinnace ctl backend "
            "show --help");
  EXPECT_EQ(Problem({"backend", "list", "--frm", "x"}),
            "backend list: no flag --frm; see pinnace ctl backend list --help");
  EXPECT_EQ(Problem({"backend", "list", "--farm"}),
            "backend list: --farm needs a value; see pinnace ctl backend list "
            "--help");
}

TEST(CtlBackendTest, MakesARegistration) {
  auto invocation = Parse({"backend",
                           "register",
                           "--farm",
                           "main",
                           "--id",
                           "a",
                           "--address",
                           "h:21",
                           "--weight",
                           "5",
                           "--zone",
                           "z",
                           "--capacity",
                           "9",
                           "--passive-ports",
                           "1-2",
                           "--public-ports",
                           "3-4",
                           "--label",
                           "k=v=w",
                           "--label",
                           "l=",
                           "--ttl",
                           "1m30s",
                           "--expected-version",
                           "7"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  auto request = RegisterRequestOf(*invocation);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->farm(), "main");
  EXPECT_EQ(request->backend().id(), "a");
  EXPECT_EQ(request->backend().address(), "h:21");
  EXPECT_EQ(request->backend().weight(), 5u);
  EXPECT_EQ(request->backend().zone(), "z");
  EXPECT_EQ(request->backend().capacity(), 9u);
  EXPECT_EQ(request->backend().passive_ports(), "1-2");
  EXPECT_EQ(request->backend().public_ports(), "3-4");
  EXPECT_EQ(request->backend().labels().at("k"), "v=w");
  EXPECT_EQ(request->backend().labels().at("l"), "");
  EXPECT_EQ(request->ttl().seconds(), 90);
  EXPECT_EQ(request->expected_version(), 7u);
}

TEST(CtlBackendTest, HoldHasATtlOfItsOwn) {
  auto invocation = Parse({"backend", "register", "--farm", "main", "--id", "a",
                           "--address", "h:21", "--hold"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  auto request = RegisterRequestOf(*invocation);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->ttl().seconds(), 15);
  EXPECT_FALSE(request->backend().has_weight());
}

TEST(CtlBackendTest, NamesTheFlagThatIsWrong) {
  const std::vector<std::string> good = {"backend",   "register", "--farm",
                                         "main",      "--id",     "a",
                                         "--address", "h:21"};
  const struct {
    std::vector<std::string> more;
    std::string problem;
  } kCases[] = {
      {{"--weight", "x"}, "--weight must be a number of 0 or more, not \"x\""},
      {{"--capacity", "-1"},
       "--capacity must be a number of 0 or more, not \"-1\""},
      {{"--ttl", "15"}, "--ttl must be a duration like 15s or 5m, not \"15\""},
      {{"--label", "k"}, "--label must be KEY=VALUE, not \"k\""},
  };
  for (const auto& [more, problem] : kCases) {
    std::vector<std::string> words = good;
    words.insert(words.end(), more.begin(), more.end());
    auto invocation = Parse(words);
    ASSERT_TRUE(invocation.ok()) << invocation.status();
    EXPECT_EQ(RegisterRequestOf(*invocation).status().message(), problem);
  }
  auto invocation = Parse({"backend", "register", "--id", "a"});
  ASSERT_TRUE(invocation.ok());
  EXPECT_EQ(RegisterRequestOf(*invocation).status().message(),
            "--farm is missing");
}

TEST(CtlFarmTest, LaysFlagsOverTheFarmAsItIs) {
  auto invocation = Parse(
      {"farm", "set", "main", "--balance", "round_robin", "--pin-ttl", "0"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  v1::Farm before;
  before.set_data_mode(v1::Farm::DATA_MODE_ACTIVE);
  auto farm = FarmOf(*invocation, before);
  ASSERT_TRUE(farm.ok()) << farm.status();
  EXPECT_EQ(farm->name(), "main");
  EXPECT_EQ(farm->balance(), v1::Farm::BALANCE_ROUND_ROBIN);
  EXPECT_EQ(farm->data_mode(), v1::Farm::DATA_MODE_ACTIVE);
  EXPECT_TRUE(farm->has_pin_ttl());
  invocation = Parse({"farm", "set", "main", "--data-mode", "both"});
  EXPECT_EQ(FarmOf(*invocation, before).status().message(),
            "--data-mode must be passive or active, not \"both\"");
}

}  // namespace
}  // namespace pinnace::cli
