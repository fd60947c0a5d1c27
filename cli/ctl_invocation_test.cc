#include "cli/ctl_invocation.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/ctl_backend.h"
#include "cli/ctl_farm.h"
#include "cli/ctl_help.h"
#include "cli/ctl_verbs.h"
#include "cli/message_fields.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/sessions.pb.h"

namespace pinnace::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

absl::StatusOr<CtlInvocation> Parse(const std::vector<std::string>& words) {
  return ParseCtl(CtlVerbs(), words);
}

std::string Problem(const std::vector<std::string>& words) {
  return std::string(Parse(words).status().message());
}

const CtlVerb& Verb(absl::string_view name) {
  for (const CtlVerb& verb : CtlVerbs()) {
    if (verb.name() == name) return verb;
  }
  ADD_FAILURE() << name;
  return CtlVerbs()[0];
}

// Paths of all that can be set in a message.
void AddPaths(const Descriptor& type, const std::string& before,
              std::set<std::string>& paths) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string path = absl::StrCat(before, field.name());
    const bool is_message =
        field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated() && is_message) continue;
    if (is_message && FieldPlaceholder(field) != "DURATION") {
      AddPaths(*field.message_type(), path + ".", paths);
    } else {
      paths.insert(path);
    }
  }
}

TEST(CtlInvocationTest, TakesFlagsAndArgumentInAnyOrder) {
  auto invocation = Parse({"session", "kill", "--gateway", "gw", "257",
                           "--json", "--server=10.0.0.1:9"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_STREQ(invocation->verb->verb, "kill");
  EXPECT_EQ(invocation->argument, "257");
  EXPECT_EQ(invocation->As<v1::KillSessionRequest>().id(), 257u);
  EXPECT_EQ(invocation->As<v1::KillSessionRequest>().gateway(), "gw");
  EXPECT_TRUE(invocation->json);
  EXPECT_EQ(invocation->server, "10.0.0.1:9");
}

TEST(CtlInvocationTest, TakesEveryVerbsFlagsInFront) {
  auto invocation = Parse({"--json", "--server", "h:1", "farm", "list"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_EQ(invocation->verb->name(), "farm list");
  EXPECT_TRUE(invocation->json);
  EXPECT_EQ(invocation->server, "h:1");
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
            "no \"nothing\"; one of: backend, farm, route, policy, session, "
            "pin, ban, port, gateway, snapshot, audit");
  EXPECT_EQ(Problem({"farm"}), "farm what? one of: list, show, set, delete");
  EXPECT_EQ(Problem({"farm", "sett"}),
            "farm what? one of: list, show, set, delete");
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
  EXPECT_EQ(Problem({"backend", "register", "--id", "a"}),
            "backend register: --farm is missing; see pinnace ctl backend "
            "register --help");
}

TEST(CtlVerbsTest, FlagsAreFieldsOfTheirMessages) {
  for (const CtlVerb& verb : CtlVerbs()) {
    for (const CtlFlag& flag : verb.flags) {
      if (flag.type != FlagType::kField) continue;
      ASSERT_NE(verb.message, nullptr) << verb.name();
      FieldAt(*verb.message->GetDescriptor(), flag.field);  // or it aborts
    }
    if (verb.argument.field[0] == '\0') continue;
    FieldAt(*verb.message->GetDescriptor(), verb.argument.field);
  }
}

TEST(CtlVerbsTest, HaveHelpAndExamples) {
  for (const CtlVerb& verb : CtlVerbs()) {
    if (verb.hidden()) continue;
    ASSERT_FALSE(verb.examples.empty()) << verb.name();
    for (const char* example : verb.examples) {
      EXPECT_TRUE(
          absl::StartsWith(example, absl::StrCat("pinnace ctl ", verb.name())))
          << example;
      EXPECT_TRUE(absl::StrContains(CtlUsageOf(verb), example));
    }
  }
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
                           "--max-sessions",
                           "11",
                           "--proxy-protocol",
                           "v2",
                           "--data-proxy-protocol",
                           "v2",
                           "--expected-version",
                           "7"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  const v1::RegisterBackendRequest request = RegisterRequestOf(*invocation);
  EXPECT_EQ(request.farm(), "main");
  EXPECT_EQ(request.backend().id(), "a");
  EXPECT_EQ(request.backend().address(), "h:21");
  EXPECT_EQ(request.backend().weight(), 5u);
  EXPECT_EQ(request.backend().zone(), "z");
  EXPECT_EQ(request.backend().capacity(), 9u);
  EXPECT_EQ(request.backend().passive_ports(), "1-2");
  EXPECT_EQ(request.backend().public_ports(), "3-4");
  EXPECT_EQ(request.backend().max_sessions(), 11u);
  EXPECT_EQ(request.backend().proxy_protocol(), v1::Backend::PROXY_PROTOCOL_V2);
  EXPECT_EQ(request.backend().data_proxy_protocol(),
            v1::Backend::PROXY_PROTOCOL_V2);
  EXPECT_EQ(request.backend().labels().at("k"), "v=w");
  EXPECT_EQ(request.backend().labels().at("l"), "");
  EXPECT_EQ(request.ttl().seconds(), 90);
  EXPECT_EQ(request.expected_version(), 7u);
}

TEST(CtlBackendTest, RegistersEveryFieldOfABackend) {
  std::set<std::string> paths;
  AddPaths(*v1::Backend::descriptor(), "backend.", paths);
  paths.insert("backend.labels");
  paths.erase("backend.state");  // by drain and resume
  for (const CtlFlag& flag : Verb("backend register").flags) {
    paths.erase(flag.field);
  }
  EXPECT_EQ(paths, std::set<std::string>());
}

TEST(CtlBackendTest, HoldHasATtlOfItsOwn) {
  auto invocation = Parse({"backend", "register", "--farm", "main", "--id", "a",
                           "--address", "h:21", "--hold"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_EQ(RegisterRequestOf(*invocation).ttl().seconds(), 15);
}

TEST(CtlFarmTest, HasAFlagForEverySetting) {
  std::set<std::string> paths;
  AddPaths(*v1::Farm::descriptor(), "", paths);
  paths.erase("name");
  for (const CtlFlag& flag : Verb("farm set").flags) {
    EXPECT_EQ(paths.erase(flag.field), 1u) << flag.name;
  }
  EXPECT_EQ(paths, std::set<std::string>());
}

TEST(CtlFarmTest, LaysFlagsOverTheFarmAsItIs) {
  auto invocation = Parse({"farm", "set", "main", "--balance", "maglev",
                           "--pin-ttl", "0", "--health-kind", "list"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  v1::Farm before;
  before.set_data_mode(v1::Farm::DATA_MODE_ACTIVE);
  before.mutable_health_check()->set_rise(3);
  const v1::Farm farm = FarmOf(*invocation, before);
  EXPECT_EQ(farm.name(), "main");
  EXPECT_EQ(farm.balance(), v1::Farm::BALANCE_MAGLEV);
  EXPECT_EQ(farm.data_mode(), v1::Farm::DATA_MODE_ACTIVE);
  EXPECT_TRUE(farm.has_pin_ttl());
  EXPECT_EQ(farm.health_check().kind(), v1::HealthCheck::KIND_LIST);
  EXPECT_EQ(farm.health_check().rise(), 3u);
}

TEST(CtlFarmTest, TheWordDefaultTakesAnySettingBack) {
  v1::Farm full;
  std::vector<std::string> words = {"farm", "set", "main"};
  for (const CtlFlag& flag : Verb("farm set").flags) {
    const FieldDescriptor& field = FieldAt(*v1::Farm::descriptor(), flag.field);
    const std::vector<std::string> values = FieldWords(field);
    const std::string value = !values.empty() ? values[0]
                              : FieldPlaceholder(field) == "DURATION" ? "5s"
                                                                      : "7";
    ASSERT_TRUE(SetField(full, flag.field, value).ok()) << flag.name;
    words.insert(words.end(), {absl::StrCat("--", flag.name), "default"});
  }
  auto invocation = Parse(words);
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  v1::Farm nothing_set;
  nothing_set.set_name("main");
  EXPECT_EQ(FarmOf(*invocation, full).DebugString(), nothing_set.DebugString());
}

TEST(CtlRouteTest, AnEmptyConditionAlwaysHolds) {
  auto invocation = Parse({"route", "set", "r", "--user", "", "--order", "3"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  v1::Route route;
  route.set_user("u*");
  route.set_host("h");
  ASSERT_TRUE(invocation->LayOver(route).ok());
  EXPECT_EQ(route.user(), "");
  EXPECT_EQ(route.host(), "h");
  EXPECT_EQ(route.order(), 3u);
  EXPECT_EQ(route.name(), "r");
}

TEST(CtlPolicyTest, HasAFlagForEverySetting) {
  std::set<std::string> paths;
  AddPaths(*v1::Policy::descriptor(), "", paths);
  paths.erase("name");
  for (int i = 0; i < v1::Policy::descriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *v1::Policy::descriptor()->field(i);
    if (field.is_repeated()) paths.insert(field.name());
  }
  for (const CtlFlag& flag : Verb("policy set").flags) {
    EXPECT_EQ(paths.erase(flag.field), 1u) << flag.name;
  }
  EXPECT_EQ(paths, std::set<std::string>());
}

TEST(CtlPolicyTest, AListThatIsNamedStandsInThePlaceOfTheFormer) {
  auto invocation =
      Parse({"policy", "set", "p", "--deny-command", "DELE", "--deny-command",
             "RMD", "--allow-site", "", "--read-only", "true"});
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  v1::Policy policy;
  policy.add_deny_commands("STOR");
  policy.add_allow_site("HELP");
  policy.add_deny_paths("/x");
  policy.set_user("u*");
  ASSERT_TRUE(invocation->LayOver(policy).ok());
  EXPECT_EQ(policy.ShortDebugString(),
            "name: \"p\" user: \"u*\" read_only: true deny_commands: \"DELE\" "
            "deny_commands: \"RMD\" deny_paths: \"/x\"");
}

}  // namespace
}  // namespace pinnace::cli
