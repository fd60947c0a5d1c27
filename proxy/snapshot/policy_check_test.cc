#include "proxy/snapshot/policy_check.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/snapshot.pb.h"
#include "proxy/base/limits.h"

namespace pinnace::snapshot {
namespace {

v1::Policy Parse(const std::string& text) {
  v1::Policy policy;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &policy))
      << text;
  return policy;
}

std::string Problem(const v1::Policy& policy) {
  FieldProblems problems;
  CheckPolicy(policy, "policy", problems);
  return problems.empty()
             ? ""
             : absl::StrCat(problems[0].field, ": ", problems[0].problem);
}

TEST(PolicyCheckTest, WhatIsRight) {
  for (const char* text : {
           "name: 'p'",
           "name: 'p' listener: '0.0.0.0:21' farm: 'main' user: 'web-*' "
           "client_cidr: '10.0.0.0/8'",
           "name: 'p' allow_clients: '10.0.0.0/8' deny_clients: '::1'",
           "name: 'p' read_only: true",
           "name: 'p' allow_commands: 'retr' allow_commands: 'QUIT' "
           "deny_commands: 'XSHA256'",
           "name: 'p' allow_site: 'help' deny_site: 'CHMOD'",
           "name: 'p' allow_paths: '/pub/**' deny_paths: '**/.ssh/**'",
           "name: 'p' allow_upload_names: '*.txt' deny_upload_names: '.*'",
           "name: 'p' max_sessions_per_user: 1000000 "
           "max_sessions_per_address: 1",
       }) {
    EXPECT_EQ(Problem(Parse(text)), "") << text;
  }
}

TEST(PolicyCheckTest, WhatIsWrong) {
  const std::string kNetwork =
      "must be a network like 10.0.0.0/8 without host bits, not ";
  const std::string kVerb = "must be a verb of 1 to 8 letters and digits, not ";
  const std::string kPath =
      "must begin with '/' or \"**\" and have at most 256 characters, and no "
      "NUL, not ";
  const std::string kName =
      "must have 1 to 256 characters, and no '/' and no NUL, not ";
  const struct {
    std::string text;
    std::string problem;
  } kCases[] = {
      {"", "policy.name: must be set"},
      {"name: '-'",
       "policy.name: must be 1 to 128 letters, digits, '.', '_' or '-' and "
       "begin with a letter or digit, not \"-\""},
      {"name: 'p' listener: 'x'",
       "policy.listener: must be IP:PORT, not \"x\""},
      {"name: 'p' farm: ' '",
       "policy.farm: must be 1 to 128 letters, digits, '.', '_' or '-' and "
       "begin with a letter or digit, not \" \""},
      {"name: 'p' user: '" + std::string(257, 'x') + "'",
       "policy.user: must have at most 256 characters, and no NUL"},
      {"name: 'p' client_cidr: '10.0.0.1/8'",
       "policy.client_cidr: " + kNetwork + "\"10.0.0.1/8\""},
      {"name: 'p' allow_clients: '::1' allow_clients: 'x'",
       "policy.allow_clients[1]: " + kNetwork + "\"x\""},
      {"name: 'p' deny_clients: ''",
       "policy.deny_clients[0]: " + kNetwork + "\"\""},
      {"name: 'p' allow_commands: 'RETR a'",
       "policy.allow_commands[0]: " + kVerb + "\"RETR a\""},
      {"name: 'p' deny_commands: 'ABCDEFGHI'",
       "policy.deny_commands[0]: " + kVerb + "\"ABCDEFGHI\""},
      {"name: 'p' deny_commands: 'quit'",
       "policy.deny_commands[0]: \"quit\" cannot be refused"},
      {"name: 'p' allow_site: ''",
       "policy.allow_site[0]: must be a word of 1 to 32 letters and digits, "
       "not \"\""},
      {"name: 'p' deny_site: 'A B'",
       "policy.deny_site[0]: must be a word of 1 to 32 letters and digits, not "
       "\"A B\""},
      {"name: 'p' allow_paths: 'pub/*'",
       "policy.allow_paths[0]: " + kPath + "\"pub/*\""},
      {"name: 'p' deny_paths: '*'", "policy.deny_paths[0]: " + kPath + "\"*\""},
      {"name: 'p' allow_upload_names: ''",
       "policy.allow_upload_names[0]: " + kName + "\"\""},
      {"name: 'p' deny_upload_names: 'a/b'",
       "policy.deny_upload_names[0]: " + kName + "\"a/b\""},
      {"name: 'p' max_sessions_per_user: 1000001",
       "policy.max_sessions_per_user: must be 0 to 1000000, not 1000001"},
      {"name: 'p' max_sessions_per_address: 1000001",
       "policy.max_sessions_per_address: must be 0 to 1000000, not 1000001"},
      {"name: 'p' session_rate { upload: 1023 }",
       "policy.session_rate.upload: must be 1 KiB to 1 TiB a second in bytes, "
       "or 0, not 1023"},
      {"name: 'p' user_rate { download: 1024 burst: 1024 }",
       "policy.user_rate.burst: must be 64 KiB to 1 GiB in bytes, or 0, not "
       "1024"},
      {"name: 'p' user_rate {}", ""},
  };
  for (const auto& [text, problem] : kCases) {
    EXPECT_EQ(Problem(Parse(text)), problem) << text;
  }
}

TEST(PolicyCheckTest, EveryListIsBounded) {
  v1::Policy policy = Parse("name: 'p'");
  const auto add = [&policy](auto add, const char* entry, int most,
                             absl::string_view field) {
    for (int i = 0; i < most; ++i) (policy.*add)(std::string(entry));
    EXPECT_EQ(Problem(policy), "") << field;
    v1::Policy over = policy;
    (over.*add)(std::string(entry));
    EXPECT_EQ(Problem(over),
              absl::StrCat("policy.", field, ": must be at most ", most,
                           ", not ", most + 1));
  };
  using Add = void (v1::Policy::*)(std::string &&);
  add(Add(&v1::Policy::add_allow_clients), "::1", limits::kMaxPolicyNetworks,
      "allow_clients");
  add(Add(&v1::Policy::add_deny_clients), "::1", limits::kMaxPolicyNetworks,
      "deny_clients");
  add(Add(&v1::Policy::add_allow_commands), "RETR", limits::kMaxPolicyEntries,
      "allow_commands");
  add(Add(&v1::Policy::add_deny_commands), "RETR", limits::kMaxPolicyEntries,
      "deny_commands");
  add(Add(&v1::Policy::add_allow_site), "HELP", limits::kMaxPolicyEntries,
      "allow_site");
  add(Add(&v1::Policy::add_deny_site), "HELP", limits::kMaxPolicyEntries,
      "deny_site");
  add(Add(&v1::Policy::add_allow_paths), "/", limits::kMaxPolicyEntries,
      "allow_paths");
  add(Add(&v1::Policy::add_deny_paths), "/", limits::kMaxPolicyEntries,
      "deny_paths");
  add(Add(&v1::Policy::add_allow_upload_names), "a", limits::kMaxPolicyEntries,
      "allow_upload_names");
  add(Add(&v1::Policy::add_deny_upload_names), "a", limits::kMaxPolicyEntries,
      "deny_upload_names");
}

TEST(PolicyCheckTest, NamesAndFarmsOfAll) {
  v1::Snapshot snapshot;
  snapshot.add_farms()->set_name("main");
  *snapshot.add_policies() = Parse("name: 'a' farm: 'main'");
  *snapshot.add_policies() = Parse("name: 'b'");
  FieldProblems problems = CheckPolicies(snapshot.policies());
  CheckPolicyFarms(snapshot.policies(), snapshot.farms(), problems);
  EXPECT_TRUE(problems.empty());
  *snapshot.add_policies() = Parse("name: 'a' farm: 'none'");
  problems = CheckPolicies(snapshot.policies());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].field, "policies[2].name");
  EXPECT_EQ(problems[0].problem, "\"a\" is the name of policies[0] too");
  problems.clear();
  CheckPolicyFarms(snapshot.policies(), snapshot.farms(), problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].field, "policies[2].farm");
  EXPECT_EQ(problems[0].problem,
            "policy \"a\" is for \"none\", which is no farm");
}

TEST(PolicyCheckTest, AsManyAsThereMayBe) {
  v1::Snapshot snapshot;
  for (int i = 0; i < limits::kMaxPolicies; ++i) {
    snapshot.add_policies()->set_name(absl::StrCat("p", i));
  }
  EXPECT_TRUE(CheckPolicies(snapshot.policies()).empty());
  snapshot.add_policies()->set_name("one-more");
  const FieldProblems problems = CheckPolicies(snapshot.policies());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].problem, "must be at most 1000, not 1001");
}

}  // namespace
}  // namespace pinnace::snapshot
