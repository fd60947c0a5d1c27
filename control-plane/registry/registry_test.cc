#include <optional>

#include "control-plane/registry/change_check.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/registry/merged_state.h"
#include "control-plane/registry/port_slices.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

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

TEST(PortSlicesTest, FindsOverlapsOfOthersOnly) {
  PortSlices slices;
  slices.Add({10, 19}, "a");
  slices.Add({30, 39}, "b");
  EXPECT_EQ(slices.FindOverlap({20, 29}, "c"), nullptr);
  EXPECT_EQ(slices.FindOverlap({19, 19}, "c")->owner, "a");
  EXPECT_EQ(slices.FindOverlap({1, 100}, "c")->owner, "b");
  EXPECT_EQ(slices.FindOverlap({1, 100}, "b")->owner, "a");
  EXPECT_EQ(slices.FindOverlap({5, 25}, "a"), nullptr);
  EXPECT_EQ(slices.FindOverlap({35, 36}, "c")->owner, "b");
  EXPECT_EQ(slices.FindOverlap({40, 50}, "c"), nullptr);
}

TEST(PortSlicesTest, RemovesOnlyTheOwnersOwn) {
  PortSlices slices;
  slices.Add({10, 19}, "a");
  slices.Remove({10, 19}, "b");
  slices.Remove({10, 18}, "a");
  EXPECT_NE(slices.FindOverlap({10, 10}, "c"), nullptr);
  slices.Remove({10, 19}, "a");
  EXPECT_EQ(slices.FindOverlap({10, 10}, "c"), nullptr);
}

// Farm "main" of the file with backend "s"; farm "dyn" with backend "a".
DesiredState State() {
  DesiredState state({{50000, 50099}});
  state.PutFarm({.farm = Parse<v1::Farm>("name: 'main'"),
                 .source = v1::SOURCE_FILE,
                 .version = 1});
  state.PutBackend({.farm = "main",
                    .backend = Parse<v1::Backend>("id: 's' address: 's:21'"),
                    .source = v1::SOURCE_FILE,
                    .version = 1});
  state.PutFarm({.farm = Parse<v1::Farm>("name: 'dyn'"),
                 .version = 2,
                 .stored_version = 2});
  state.PutBackend({.farm = "dyn",
                    .backend = Parse<v1::Backend>(
                        "id: 'a' address: 'a:21' public_ports: '50000-50009'"),
                    .ttl = absl::Seconds(10),
                    .expires = kNow + absl::Seconds(10),
                    .version = 3,
                    .stored_version = 3});
  return state;
}

TEST(DesiredStateTest, KeepsVersionSlicesAndCounts) {
  DesiredState state = State();
  EXPECT_EQ(state.version(), 3u);
  EXPECT_EQ(state.FindFarm("dyn")->backends, 1u);
  BackendEntry moved = *state.FindBackend("a");
  moved.farm = "main";
  moved.backend.set_public_ports("50020");
  moved.version = 4;
  state.PutBackend(moved);
  EXPECT_EQ(state.FindFarm("dyn")->backends, 0u);
  EXPECT_EQ(state.FindFarm("main")->backends, 2u);
  EXPECT_EQ(state.slices().FindOverlap({50000, 50009}, "x"), nullptr);
  EXPECT_EQ(state.slices().FindOverlap({50020, 50020}, "x")->owner, "a");
  state.RemoveBackend("a", 5);
  EXPECT_EQ(state.slices().FindOverlap({50020, 50020}, "x"), nullptr);
  state.RemoveFarm("dyn", 6);
  EXPECT_EQ(state.version(), 6u);
  EXPECT_EQ(state.ToSnapshot().ShortDebugString(),
            Parse<v1::Snapshot>("version: 6 farms { name: 'main' backends { "
                                "id: 's' address: 's:21' } }")
                .ShortDebugString());
}

TEST(DesiredStateTest, LeasesRunOutUnlessRenewed) {
  DesiredState state = State();
  EXPECT_EQ(state.NextExpiry(), kNow + absl::Seconds(10));
  EXPECT_TRUE(state.Expired(kNow + absl::Seconds(9)).empty());
  EXPECT_EQ(state.Expired(kNow + absl::Seconds(10)),
            std::vector<std::string>{"a"});
  state.Renew("a", kNow + absl::Seconds(5));
  EXPECT_EQ(state.NextExpiry(), kNow + absl::Seconds(15));
  state.Renew("s", kNow);  // Has no TTL.
  EXPECT_EQ(state.NextExpiry(), kNow + absl::Seconds(15));
}

TEST(ChangeCheckTest, RegisterBackend) {
  const struct {
    std::string request;
    std::string status;
  } kCases[] = {
      {"farm: 'dyn' backend { id: 'b' address: 'b:21' }", "OK"},
      {"farm: 'new' backend { id: 'b' address: 'b:21' }", "OK"},
      {"farm: 'dyn' backend { id: 'a' address: 'a:21' weight: 3 }", "OK"},
      {"farm: 'main' backend { id: 's' address: 's:21' }", "OK"},
      {"farm: 'dyn' backend { id: 'a' address: 'a:21' public_ports: "
       "'50005-50020' }",
       "OK"},
      {"farm: 'dyn' backend { id: 'a' address: 'z:21' } expected_version: 3",
       "OK"},
      {"backend { id: 'b' address: 'b:21' }",
       "INVALID_ARGUMENT: farm: must be set"},
      {"farm: 'dyn' backend { address: 'b:21' }",
       "INVALID_ARGUMENT: backend.id: must be set"},
      {"farm: 'dyn' backend { id: 'b' }",
       "INVALID_ARGUMENT: backend.address: must be set"},
      {"farm: 'dyn' backend { id: 'b' address: 'b:21' weight: 1001 }",
       "INVALID_ARGUMENT: backend.weight: must be 1 to 1000, not 1001"},
      {"farm: 'dyn' backend { id: 'b' address: 'b:21' } ttl { nanos: 5 }",
       "INVALID_ARGUMENT: ttl: must be 0 (until deregistered) or 1s to 24h, "
       "not 5ns"},
      {"farm: 'dyn' backend { id: 'b' address: 'b:21' public_ports: "
       "'50009-50010' }",
       "ALREADY_EXISTS: backend.public_ports: 50009-50010 of backend \"b\" "
       "overlaps 50000-50009 of backend \"a\""},
      {"farm: 'dyn' backend { id: 'b' address: 'b:21' public_ports: "
       "'50099-50100' }",
       "INVALID_ARGUMENT: backend.public_ports: 50099-50100 of backend \"b\" "
       "is outside of the gateways' public ports 50000-50099"},
      {"farm: 'dyn' backend { id: 'a' address: 'z:21' }",
       "ALREADY_EXISTS: backend.id: \"a\" is a:21 in farm \"dyn\" already; it "
       "cannot be z:21 in farm \"dyn\" too"},
      {"farm: 'main' backend { id: 'a' address: 'a:21' }",
       "ALREADY_EXISTS: backend.id: \"a\" is a:21 in farm \"dyn\" already; it "
       "cannot be a:21 in farm \"main\" too"},
      {"farm: 'dyn' backend { id: 's' address: 's:21' }",
       "ALREADY_EXISTS: backend.id: \"s\" is s:21 in farm \"main\" by the "
       "configuration file; it cannot be s:21 in farm \"dyn\" too"},
      {"farm: 'main' backend { id: 's' address: 's:21' weight: 2 }",
       "FAILED_PRECONDITION: backend.id: \"s\" is set by the configuration "
       "file with other values; change it there"},
      {"farm: 'dyn' backend { id: 'a' address: 'a:21' } expected_version: 2",
       "ABORTED: expected_version: backend \"a\" is at version 3, not 2"},
      {"farm: 'dyn' backend { id: 'b' address: 'b:21' } expected_version: 2",
       "ABORTED: expected_version: backend \"b\" does not exist any more"},
  };
  const DesiredState state = State();
  for (const auto& [request, status] : kCases) {
    EXPECT_EQ(
        CheckRegisterBackend(state, Parse<v1::RegisterBackendRequest>(request))
            .ToString(),
        status)
        << request;
  }
}

TEST(ChangeCheckTest, OtherChanges) {
  const DesiredState state = State();
  EXPECT_EQ(CheckBackendChange(state, "a", 0).ToString(), "OK");
  EXPECT_EQ(CheckBackendChange(state, "", 0).ToString(),
            "INVALID_ARGUMENT: id: must be set");
  EXPECT_EQ(CheckBackendChange(state, "x", 0).ToString(),
            "NOT_FOUND: id: no backend \"x\"");
  EXPECT_EQ(CheckBackendChange(state, "a", 9).ToString(),
            "ABORTED: expected_version: backend \"a\" is at version 3, not 9");
  EXPECT_EQ(CheckDeregisterBackend(
                state, Parse<v1::DeregisterBackendRequest>("id: 's'"))
                .ToString(),
            "FAILED_PRECONDITION: id: \"s\" is set by the configuration file; "
            "remove it there");
  const auto set = [&](const std::string& request) {
    return CheckSetFarm(state, Parse<v1::SetFarmRequest>(request)).ToString();
  };
  EXPECT_EQ(set("farm { name: 'dyn' }"), "OK");
  EXPECT_EQ(set("farm { name: 'new' }"), "OK");
  EXPECT_EQ(set("farm { name: 'dyn' balance: BALANCE_P2C }"),
            "INVALID_ARGUMENT: farm.balance: not built yet; round_robin and "
            "least_sessions are");
  EXPECT_EQ(set("farm { name: 'main' }"),
            "FAILED_PRECONDITION: farm.name: \"main\" is set by the "
            "configuration file; change it there");
  EXPECT_EQ(set("farm { name: 'dyn' } expected_version: 1"),
            "ABORTED: expected_version: farm \"dyn\" is at version 2, not 1");
  EXPECT_EQ(set("farm { name: 'new' } expected_version: 1"),
            "ABORTED: expected_version: farm \"new\" does not exist any more");
  const auto remove = [&](const std::string& request) {
    return CheckDeleteFarm(state, Parse<v1::DeleteFarmRequest>(request))
        .ToString();
  };
  EXPECT_EQ(remove("name: 'dyn'"),
            "FAILED_PRECONDITION: name: farm \"dyn\" has 1 backends");
  EXPECT_EQ(remove("name: 'x'"), "NOT_FOUND: name: no farm \"x\"");
  EXPECT_EQ(remove("name: 'main'"),
            "FAILED_PRECONDITION: name: \"main\" is set by the configuration "
            "file; remove it there");
}

store::Record Stored(const std::string& farm, const std::string& backend,
                     uint64_t version) {
  BackendEntry entry = {.farm = farm, .backend = Parse<v1::Backend>(backend)};
  return {BackendKey(entry.backend.id()), BackendValue(entry), version};
}

TEST(MergedStateTest, PutsFileAndStoreTogether) {
  MergeInput input;
  input.file_farms = {Parse<v1::Farm>(
      "name: 'main' backends { id: 's' address: 's:21' } backends { id: 't' "
      "address: 't:21' weight: 2 }")};
  input.file_version = 4;
  BackendEntry leased = {
      .farm = "dyn",
      .backend = Parse<v1::Backend>("id: 'a' address: 'a:1'"),
      .ttl = absl::Seconds(5)};
  BackendEntry drained = {
      .farm = "main",
      .backend = Parse<v1::Backend>("id: 's' state: STATE_DRAINING"),
      .source = v1::SOURCE_FILE};
  input.stored.version = 9;
  input.stored.records = {
      {BackendKey("a"), BackendValue(leased), 6},
      {BackendKey("s"), BackendValue(drained), 7},
      Stored("main", "id: 't' address: 't:21' weight: 7", 8),
      {FarmKey("dyn"),
       FarmValue({.farm = Parse<v1::Farm>(
                      "name: 'dyn' balance: BALANCE_ROUND_ROBIN")}),
       5},
  };
  absl::StatusOr<DesiredState> state = MergedState(input, kNow);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->version(), 9u);
  EXPECT_EQ(state->FindFarm("dyn")->farm.balance(),
            v1::Farm::BALANCE_ROUND_ROBIN);
  EXPECT_EQ(state->FindBackend("a")->expires, kNow + absl::Seconds(5));
  EXPECT_EQ(state->FindBackend("a")->version, 6u);
  EXPECT_EQ(state->FindBackend("s")->backend.state(),
            v1::Backend::STATE_DRAINING);
  EXPECT_EQ(state->FindBackend("s")->backend.address(), "s:21");
  // The file's word stands where both say the same backend.
  EXPECT_EQ(state->FindBackend("t")->source, v1::SOURCE_FILE);
  EXPECT_EQ(state->FindBackend("t")->backend.weight(), 2u);
}

TEST(MergedStateTest, AConflictNamesBothSides) {
  MergeInput input;
  input.file_farms = {Parse<v1::Farm>(
      "name: 'main' backends { id: 's' address: 's:21' public_ports: "
      "'50000-50009' }")};
  input.stored.records = {Stored("main", "id: 's' address: 'z:21'", 2)};
  EXPECT_EQ(MergedState(input, kNow).status().ToString(),
            "ALREADY_EXISTS: farms: backend \"s\" is s:21 in farm \"main\" by "
            "the configuration file, but registered as z:21 in farm \"main\"; "
            "change the file or deregister the backend");
  input.stored.records = {
      Stored("main", "id: 'a' address: 'a:21' public_ports: '50009'", 2)};
  EXPECT_EQ(MergedState(input, kNow).status().ToString(),
            "ALREADY_EXISTS: farms: public_ports 50000-50009 of backend \"s\" "
            "in the configuration file overlap 50009 of the registered backend "
            "\"a\"; change the file or deregister the backend");
}

TEST(MergedStateTest, AFarmThatTheFileLetGoStaysForItsBackends) {
  MergeInput input;
  input.stored.version = 2;
  input.stored.records = {Stored("main", "id: 'a' address: 'a:21'", 2)};
  absl::StatusOr<DesiredState> state = MergedState(input, kNow);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->FindFarm("main")->source, v1::SOURCE_REGISTERED);
  EXPECT_EQ(state->FindFarm("main")->backends, 1u);
}

}  // namespace
}  // namespace pinnace::registry
