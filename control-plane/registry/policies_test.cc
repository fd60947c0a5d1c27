// Policies in the desired state: checked, planned, stored, merged.
#include <set>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/change_check.h"
#include "control-plane/registry/change_plan.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/registry/merged_state.h"
#include "control-plane/registry/stored_record.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/snapshot/policy_check.h"

namespace pinnace::registry {
namespace {

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

// Farm "main" of the file with policy "f"; farm "dyn" with policy "p".
DesiredState State() {
  DesiredState state;
  state.PutFarm({.farm = Parse<v1::Farm>("name: 'main'"),
                 .source = v1::SOURCE_FILE,
                 .version = 1});
  state.PutPolicy({.policy = Parse<v1::Policy>("name: 'f' farm: 'main'"),
                   .source = v1::SOURCE_FILE,
                   .version = 1});
  state.PutFarm({.farm = Parse<v1::Farm>("name: 'dyn'"),
                 .version = 2,
                 .stored_version = 2});
  state.PutPolicy({.policy = Parse<v1::Policy>("name: 'p' farm: 'dyn'"),
                   .version = 3,
                   .stored_version = 3});
  return state;
}

void Commit(const Plan& plan, uint64_t version, DesiredState& state) {
  store::ChangeSet changes = {.version = version};
  for (const store::Write& write : plan.writes) {
    changes.changes.push_back({write.key, write.value, write.lease});
  }
  EXPECT_TRUE(ApplyChanges(changes, kNow, state).ok());
}

TEST(PoliciesTest, AreByNameInTheSnapshot) {
  DesiredState state = State();
  state.PutPolicy(
      {.policy = Parse<v1::Policy>("name: 'a' read_only: true"), .version = 4});
  const v1::Snapshot snapshot = state.ToSnapshot();
  ASSERT_EQ(snapshot.policies_size(), 3);
  EXPECT_EQ(snapshot.policies(0).name(), "a");
  EXPECT_TRUE(snapshot.policies(0).read_only());
  EXPECT_EQ(snapshot.policies(2).name(), "p");
  EXPECT_EQ(snapshot.version(), 4u);
}

TEST(PoliciesTest, HoldTheirFarm) {
  DesiredState state = State();
  EXPECT_EQ(state.FindFarm("dyn")->policies, std::set<std::string>{"p"});
  state.PutPolicy(
      {.policy = Parse<v1::Policy>("name: 'p' farm: 'main'"), .version = 4});
  EXPECT_TRUE(state.FindFarm("dyn")->policies.empty());
  EXPECT_EQ(state.FindFarm("main")->policies,
            (std::set<std::string>{"f", "p"}));
  state.PutPolicy({.policy = Parse<v1::Policy>("name: 'p'"), .version = 5});
  EXPECT_EQ(state.FindFarm("main")->policies, std::set<std::string>{"f"});
  state.RemovePolicy("p", 6);
  EXPECT_EQ(state.FindPolicy("p"), nullptr);
  EXPECT_EQ(state.version(), 6u);
}

TEST(PoliciesTest, Checks) {
  const DesiredState state = State();
  const auto set = [&](const std::string& request) {
    return CheckSetPolicy(state, Parse<v1::SetPolicyRequest>(request))
        .ToString();
  };
  EXPECT_EQ(set("policy { name: 'n' }"), "OK");
  EXPECT_EQ(set("policy { name: 'n' farm: 'dyn' }"), "OK");
  EXPECT_EQ(set("policy { name: 'p' } expected_version: 3"), "OK");
  EXPECT_EQ(set("policy { }"), "INVALID_ARGUMENT: policy.name: must be set");
  EXPECT_EQ(set("policy { name: 'n' farm: 'x' }"),
            "NOT_FOUND: policy.farm: policy \"n\" is for \"x\", which is no "
            "farm");
  EXPECT_EQ(set("policy { name: 'f' }"),
            "FAILED_PRECONDITION: policy.name: \"f\" is set by the "
            "configuration file; change it there");
  EXPECT_EQ(set("policy { name: 'p' } expected_version: 2"),
            "ABORTED: expected_version: policy \"p\" is at version 3, not 2");
  EXPECT_EQ(set("policy { name: 'n' } expected_version: 3"),
            "ABORTED: expected_version: policy \"n\" does not exist any more");
  const auto remove = [&](const std::string& request) {
    return CheckDeletePolicy(state, Parse<v1::DeletePolicyRequest>(request))
        .ToString();
  };
  EXPECT_EQ(remove("name: 'p'"), "OK");
  EXPECT_EQ(remove(""), "INVALID_ARGUMENT: name: must be set");
  EXPECT_EQ(remove("name: 'x'"), "NOT_FOUND: name: no policy \"x\"");
  EXPECT_EQ(remove("name: 'f'"),
            "FAILED_PRECONDITION: name: \"f\" is set by the configuration "
            "file; remove it there");
  EXPECT_EQ(remove("name: 'p' expected_version: 9"),
            "ABORTED: expected_version: policy \"p\" is at version 3, not 9");
  EXPECT_EQ(CheckDeleteFarm(state, Parse<v1::DeleteFarmRequest>("name: 'dyn'"))
                .ToString(),
            "FAILED_PRECONDITION: name: policy \"p\" is for farm \"dyn\"");
}

TEST(PoliciesTest, AreBoundedTogether) {
  DesiredState state;
  v1::SetPolicyRequest request;
  for (int i = 0; i < limits::kMaxPolicyNetworks; ++i) {
    request.mutable_policy()->add_deny_clients(
        absl::StrCat("2001:db8:1111:2222:3333:4444:5555:", i));
    request.mutable_policy()->add_allow_clients(
        absl::StrCat("2001:db8:1111:2222:3333:4444:5555:", i));
  }
  absl::Status status;
  for (int i = 0; i < limits::kMaxPolicies && status.ok(); ++i) {
    request.mutable_policy()->set_name(absl::StrCat("p", i));
    status = CheckSetPolicy(state, request);
    if (status.ok()) {
      state.PutPolicy({.policy = request.policy(), .version = 1});
    }
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LE(state.ToSnapshot().ByteSizeLong(),
            snapshot::kMaxPoliciesBytes + 64 * 1024);
  // One that is replaced counts once.
  request.mutable_policy()->set_name("p0");
  EXPECT_TRUE(CheckSetPolicy(state, request).ok());
}

TEST(PoliciesTest, Plans) {
  DesiredState state = State();
  auto request =
      Parse<v1::SetPolicyRequest>("policy { name: 'p' read_only: true }");
  request.mutable_policy()
      ->GetReflection()
      ->MutableUnknownFields(request.mutable_policy())
      ->AddVarint(1000, 1);
  const Plan plan = *PlanSetPolicy(state, request);
  ASSERT_EQ(plan.writes.size(), 1u);
  EXPECT_EQ(plan.writes[0].key, "policy/p");
  EXPECT_EQ(plan.writes[0].expected_version, 3u);
  EXPECT_EQ(plan.subject, "policy/p");
  EXPECT_EQ(plan.detail, "name: \"p\" read_only: true");
  Commit(plan, 4, state);
  EXPECT_TRUE(state.FindPolicy("p")->policy.read_only());
  // The same again, also of a newer program, is no change.
  EXPECT_TRUE(PlanSetPolicy(state, request)->writes.empty());
  const Plan deletion =
      *PlanDeletePolicy(state, Parse<v1::DeletePolicyRequest>("name: 'p'"));
  EXPECT_EQ(deletion.writes[0].expected_version, 4u);
  EXPECT_EQ(deletion.detail, "name: \"p\" read_only: true");
  Commit(deletion, 5, state);
  EXPECT_EQ(state.FindPolicy("p"), nullptr);
}

TEST(PoliciesTest, OfFileAndStore) {
  MergeInput input;
  input.file_policies = {Parse<v1::Policy>("name: 'f' farm: 'soon'"),
                         Parse<v1::Policy>("name: 'g'")};
  input.file_version = 2;
  input.stored.version = 4;
  input.stored.records = {
      {PolicyKey("f"), PolicyValue(input.file_policies[0]), 3},
      {PolicyKey("p"), PolicyValue(Parse<v1::Policy>("name: 'p' farm: 'was'")),
       4}};
  absl::StatusOr<DesiredState> state = MergedState(input, kNow);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->FindPolicy("f")->source, v1::SOURCE_FILE);
  EXPECT_EQ(state->FindPolicy("f")->stored_version, 3u);
  EXPECT_EQ(state->FindPolicy("p")->source, v1::SOURCE_REGISTERED);
  // Farms that only policies need are there for them.
  EXPECT_NE(state->FindFarm("soon"), nullptr);
  EXPECT_EQ(state->FindFarm("was")->policies, std::set<std::string>{"p"});
  EXPECT_TRUE(ApplyChanges({.version = 5,
                            .changes = {{.key = PolicyKey("p")},
                                        {.key = PolicyKey("f")}}},
                           kNow, *state)
                  .ok());
  EXPECT_EQ(state->FindFarm("was"), nullptr);
  // The file's stays.
  EXPECT_EQ(state->FindPolicy("f")->stored_version, 0u);
  EXPECT_EQ(state->FindPolicy("f")->source, v1::SOURCE_FILE);

  input.file_policies[0].set_read_only(true);
  EXPECT_EQ(MergedState(input, kNow).status().ToString(),
            "ALREADY_EXISTS: policies: policy \"f\" is set by the "
            "configuration file, but is registered with other values; change "
            "the file or delete the policy");
  input.stored.records = {{PolicyKey("f"), "\xff", 3}};
  EXPECT_EQ(MergedState(input, kNow).status().ToString(),
            "DATA_LOSS: store: policy/f cannot be read");
}

TEST(PoliciesTest, FileAndStoreTogetherAreBounded) {
  MergeInput input;
  for (int i = 0; i < limits::kMaxPolicies; ++i) {
    input.file_policies.push_back(
        Parse<v1::Policy>(absl::StrCat("name: 'f", i, "'")));
  }
  EXPECT_TRUE(MergedState(input, kNow).ok());
  input.stored.records = {
      {PolicyKey("p"), PolicyValue(Parse<v1::Policy>("name: 'p'")), 3}};
  EXPECT_EQ(MergedState(input, kNow).status().ToString(),
            "RESOURCE_EXHAUSTED: policies: the configuration file and the "
            "registry have 1001 together, more than 1000");
}

}  // namespace
}  // namespace pinnace::registry
