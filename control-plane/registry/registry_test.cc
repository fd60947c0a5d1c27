#include <optional>

#include "absl/strings/str_cat.h"
#include "control-plane/registry/change_check.h"
#include "control-plane/registry/desired_state.h"
#include "control-plane/registry/merged_state.h"
#include "control-plane/registry/port_slices.h"
#include "control-plane/registry/stored_record.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

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

TEST(DesiredStateTest, ShowsWhenALeaseEnds) {
  DesiredState state = State();
  state.Renew("a", kNow + absl::Seconds(5));
  EXPECT_EQ(state.FindBackend("a")->expires, kNow + absl::Seconds(15));
  state.Renew("s", kNow);  // Has no TTL.
  EXPECT_EQ(state.FindBackend("s")->expires, absl::InfiniteFuture());
  state.Renew("gone", kNow);
}

TEST(DesiredStateTest, RoutesAreInTheirOrder) {
  DesiredState state = State();
  for (const char* route :
       {"name: 'a' order: 9 farm: 'dyn'", "name: 'c' order: 1 farm: 'dyn'",
        "name: 'b' order: 1 farm: 'main'"}) {
    state.PutRoute({.route = Parse<v1::Route>(route), .version = 4});
  }
  EXPECT_EQ(state.FindFarm("dyn")->routes, (std::set<std::string>{"a", "c"}));
  const v1::Snapshot snapshot = state.ToSnapshot();
  ASSERT_EQ(snapshot.routes_size(), 3);
  EXPECT_EQ(snapshot.routes(0).name(), "b");
  EXPECT_EQ(snapshot.routes(1).name(), "c");
  EXPECT_EQ(snapshot.routes(2).name(), "a");
  state.PutRoute({.route = Parse<v1::Route>("name: 'a' farm: 'main'")});
  EXPECT_EQ(state.FindFarm("dyn")->routes, std::set<std::string>{"c"});
  state.RemoveRoute("c", 7);
  EXPECT_TRUE(state.FindFarm("dyn")->routes.empty());
  EXPECT_EQ(state.version(), 7u);
}

TEST(DesiredStateTest, AFarmThatNobodyStoredGoesWithWhatItHeld) {
  DesiredState state;
  state.PutFarm({.farm = Parse<v1::Farm>("name: 'f'"), .version = 1});
  state.PutBackend({.farm = "f",
                    .backend = Parse<v1::Backend>("id: 'a' address: 'a:21'"),
                    .version = 1});
  state.PutRoute({.route = Parse<v1::Route>("name: 'r' farm: 'f'")});
  state.RemoveBackend("a", 2);
  EXPECT_NE(state.FindFarm("f"), nullptr);
  state.RemoveRoute("r", 3);
  EXPECT_EQ(state.FindFarm("f"), nullptr);
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
    EXPECT_EQ(CheckRegisterBackend(
                  state, Parse<v1::RegisterBackendRequest>(request), {})
                  .ToString(),
              status)
        << request;
  }
}

TEST(ChangeCheckTest, ABackendIsOfABoundedSize) {
  auto request = Parse<v1::RegisterBackendRequest>(
      "farm: 'dyn' backend { id: 'b' address: 'b:21' }");
  auto& labels = *request.mutable_backend()->mutable_labels();
  for (int i = 0; i < 15; ++i) {
    labels[absl::StrCat("label", i)] = std::string(256, 'v');
  }
  EXPECT_EQ(CheckRegisterBackend(State(), request, {}).ToString(), "OK");
  labels["one"] = std::string(200, 'v');
  const size_t bytes = request.backend().ByteSizeLong();
  EXPECT_EQ(CheckRegisterBackend(State(), request, {}).ToString(),
            absl::StrCat("INVALID_ARGUMENT: backend: must have at most 4096 "
                         "bytes, labels and all, not ",
                         bytes));
}

TEST(ChangeCheckTest, OtherChanges) {
  const DesiredState state = State();
  EXPECT_EQ(CheckBackendChange(state, "a", 0, {}).ToString(), "OK");
  EXPECT_EQ(CheckBackendChange(state, "", 0, {}).ToString(),
            "INVALID_ARGUMENT: id: must be set");
  EXPECT_EQ(CheckBackendChange(state, "x", 0, {}).ToString(),
            "NOT_FOUND: id: no backend \"x\"");
  EXPECT_EQ(CheckBackendChange(state, "a", 9, {}).ToString(),
            "ABORTED: expected_version: backend \"a\" is at version 3, not 9");
  EXPECT_EQ(CheckDeregisterBackend(
                state, Parse<v1::DeregisterBackendRequest>("id: 's'"), {})
                .ToString(),
            "FAILED_PRECONDITION: id: \"s\" is set by the configuration file; "
            "remove it there");
  const auto set = [&](const std::string& request) {
    return CheckSetFarm(state, Parse<v1::SetFarmRequest>(request)).ToString();
  };
  EXPECT_EQ(set("farm { name: 'dyn' }"), "OK");
  EXPECT_EQ(set("farm { name: 'new' }"), "OK");
  EXPECT_EQ(set("farm { name: 'dyn' failover { candidates: 17 } }"),
            "INVALID_ARGUMENT: farm.failover.candidates: must be 1 to 16, not "
            "17");
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
            "FAILED_PRECONDITION: name: farm \"dyn\" has 1 backend");
  EXPECT_EQ(remove("name: 'x'"), "NOT_FOUND: name: no farm \"x\"");
  EXPECT_EQ(remove("name: 'main'"),
            "FAILED_PRECONDITION: name: \"main\" is set by the configuration "
            "file; remove it there");
}

TEST(ChangeCheckTest, Routes) {
  DesiredState state = State();
  state.PutRoute({.route = Parse<v1::Route>("name: 'r' farm: 'dyn'"),
                  .version = 4,
                  .stored_version = 4});
  state.PutRoute({.route = Parse<v1::Route>("name: 'f' farm: 'main'"),
                  .source = v1::SOURCE_FILE,
                  .version = 1});
  const auto set = [&](const std::string& request) {
    return CheckSetRoute(state, Parse<v1::SetRouteRequest>(request)).ToString();
  };
  EXPECT_EQ(set("route { name: 'n' farm: 'dyn' }"), "OK");
  EXPECT_EQ(set("route { name: 'r' farm: 'main' } expected_version: 4"), "OK");
  EXPECT_EQ(set("route { name: 'n' farm: 'x' }"),
            "NOT_FOUND: route.farm: route \"n\" leads to \"x\", which is no "
            "farm");
  EXPECT_EQ(set("route { name: 'n' }"),
            "INVALID_ARGUMENT: route.farm: must be set");
  EXPECT_EQ(
      set("route { name: 'f' farm: 'dyn' }"),
      "FAILED_PRECONDITION: route.name: \"f\" is set by the configuration "
      "file; change it there");
  EXPECT_EQ(set("route { name: 'r' farm: 'dyn' } expected_version: 3"),
            "ABORTED: expected_version: route \"r\" is at version 4, not 3");
  EXPECT_EQ(set("route { name: 'n' farm: 'dyn' } expected_version: 3"),
            "ABORTED: expected_version: route \"n\" does not exist any more");
  const auto remove = [&](const std::string& request) {
    return CheckDeleteRoute(state, Parse<v1::DeleteRouteRequest>(request))
        .ToString();
  };
  EXPECT_EQ(remove("name: 'r'"), "OK");
  EXPECT_EQ(remove(""), "INVALID_ARGUMENT: name: must be set");
  EXPECT_EQ(remove("name: 'x'"), "NOT_FOUND: name: no route \"x\"");
  EXPECT_EQ(
      remove("name: 'f'"),
      "FAILED_PRECONDITION: name: \"f\" is set by the configuration file; "
      "remove it there");
  EXPECT_EQ(remove("name: 'r' expected_version: 9"),
            "ABORTED: expected_version: route \"r\" is at version 4, not 9");
  state.RemoveBackend("a", 5);
  EXPECT_EQ(CheckDeleteFarm(state, Parse<v1::DeleteFarmRequest>("name: 'dyn'"))
                .ToString(),
            "FAILED_PRECONDITION: name: route \"r\" leads to farm \"dyn\"");
}

TEST(ChangeCheckTest, ABackendIsItsOwners) {
  DesiredState state = State();
  BackendEntry entry = *state.FindBackend("a");
  entry.owner = "ann";
  state.PutBackend(std::move(entry));
  const Caller ann = {.name = "ann", .reach = Reach::kOwnBackends};
  const Caller bob = {.name = "bob", .reach = Reach::kOwnBackends};
  const auto same = Parse<v1::RegisterBackendRequest>(
      "farm: 'dyn' backend { id: 'a' address: 'a:21' }");
  EXPECT_EQ(CheckRegisterBackend(state, same, ann).ToString(), "OK");
  EXPECT_EQ(CheckRegisterBackend(state, same, {}).ToString(), "OK");
  EXPECT_EQ(CheckRegisterBackend(state, same, bob).ToString(),
            "PERMISSION_DENIED: backend.id: \"a\" belongs to \"ann\", not to "
            "\"bob\"");
  EXPECT_EQ(CheckBackendChange(state, "a", 0, ann).ToString(), "OK");
  EXPECT_EQ(CheckBackendChange(state, "a", 0, bob).ToString(),
            "PERMISSION_DENIED: id: \"a\" belongs to \"ann\", not to \"bob\"");
  EXPECT_EQ(CheckBackendChange(state, "s", 0, ann).ToString(),
            "PERMISSION_DENIED: id: \"s\" is set by the configuration file; "
            "only operators may change it");
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
  input.stored.version = 9;
  input.stored.records = {
      {BackendKey("a"), BackendValue(leased), 6},
      {MarkKey("s"), MarkValue("s", v1::Backend::STATE_DRAINING), 7},
      Stored("main", "id: 't' address: 't:21' weight: 7", 8),
      {FarmKey("dyn"),
       FarmValue(Parse<v1::Farm>("name: 'dyn' balance: BALANCE_ROUND_ROBIN")),
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

// Contents as an older program left them: marks in the place of backends.
TEST(StoredRecordTest, OldMarksMoveToTheirOwnKey) {
  const std::string mark = MarkValue("s", v1::Backend::STATE_DRAINING);
  store::Contents stored;
  stored.records = {Stored("main", "id: 'a' address: 'a:21'", 2),
                    {BackendKey("s"), mark, 5},
                    {BackendKey("t"), mark, 6},
                    {BackendKey("u"), mark, 7},
                    {MarkKey("t"), "", 4},
                    {MarkKey("u"), "", 8}};
  const std::vector<store::Write> moved = MoveOfOldMarks(stored);
  ASSERT_EQ(moved.size(), 5u);
  EXPECT_EQ(moved[0].key, "backend/s");
  EXPECT_FALSE(moved[0].value.has_value());
  EXPECT_EQ(moved[0].expected_version, 5u);
  EXPECT_EQ(moved[1].key, "mark/s");
  EXPECT_EQ(moved[1].value, mark);
  EXPECT_EQ(moved[1].expected_version, 0u);
  EXPECT_EQ(moved[3].key, "mark/t");
  EXPECT_EQ(moved[3].expected_version, 4u);
  EXPECT_EQ(moved[4].key, "backend/u");  // Its mark is the later one.
  EXPECT_FALSE(moved[4].value.has_value());
  stored.records.clear();
  for (int i = 0; i < 51; ++i) {
    stored.records.push_back({BackendKey(absl::StrCat("b", i)), mark, 1});
  }
  EXPECT_EQ(MoveOfOldMarks(stored).size(), limits::kMaxWritesPerCommit);
  stored.records.clear();
  EXPECT_TRUE(MoveOfOldMarks(stored).empty());
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

TEST(MergedStateTest, RoutesOfFileAndStore) {
  MergeInput input;
  input.file_farms = {Parse<v1::Farm>("name: 'main'")};
  input.file_routes = {Parse<v1::Route>("name: 'f' farm: 'dyn'")};
  input.stored.records = {
      {FarmKey("dyn"), FarmValue(Parse<v1::Farm>("name: 'dyn'")), 1},
      {RouteKey("f"), RouteValue(input.file_routes[0]), 2},
      {RouteKey("r"), RouteValue(Parse<v1::Route>("name: 'r' farm: 'main'")),
       3}};
  absl::StatusOr<DesiredState> state = MergedState(input, kNow);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->FindRoute("f")->source, v1::SOURCE_FILE);
  EXPECT_EQ(state->FindRoute("f")->stored_version, 2u);
  EXPECT_EQ(state->FindRoute("r")->source, v1::SOURCE_REGISTERED);
  input.file_routes[0].set_user("a*");
  EXPECT_EQ(MergedState(input, kNow).status().ToString(),
            "ALREADY_EXISTS: routes: route \"f\" leads to farm \"dyn\" by the "
            "configuration file, but is registered with other values, for farm "
            "\"dyn\"; change the file or delete the route");
}

// The file's route leads to a farm that registrations will make, and the
// registered one to a farm that the file has let go.
TEST(MergedStateTest, AFarmThatOnlyARouteNeedsIsThereForIt) {
  MergeInput input;
  input.file_routes = {Parse<v1::Route>("name: 'f' farm: 'soon'")};
  input.stored.version = 3;
  input.stored.records = {
      {RouteKey("r"), RouteValue(Parse<v1::Route>("name: 'r' farm: 'was'")),
       3}};
  absl::StatusOr<DesiredState> state = MergedState(input, kNow);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->FindFarm("soon")->source, v1::SOURCE_REGISTERED);
  EXPECT_EQ(state->FindFarm("was")->routes, std::set<std::string>{"r"});
  EXPECT_TRUE(ApplyChanges({.version = 4, .changes = {{.key = RouteKey("r")}}},
                           kNow, *state)
                  .ok());
  EXPECT_EQ(state->FindFarm("was"), nullptr);
}

store::Change Put(const std::string& key, const std::string& value) {
  return {.key = key, .value = value};
}

TEST(MergedStateTest, CommitsAreTakenOverOneByOne) {
  DesiredState state = State();
  store::ChangeSet changes = {
      .version = 4,
      .changes = {
          Put(RouteKey("r"),
              RouteValue(Parse<v1::Route>("name: 'r' farm: 'new'"))),
          Put(BackendKey("b"),
              Stored("new", "id: 'b' address: 'b:21'", 0).value),
          Put(FarmKey("new"), FarmValue(Parse<v1::Farm>("name: 'new'"))),
          {.key = BackendKey("a")}}};
  EXPECT_TRUE(ApplyChanges(changes, kNow, state).ok());
  EXPECT_EQ(state.version(), 4u);
  EXPECT_EQ(state.FindBackend("a"), nullptr);
  EXPECT_EQ(state.FindBackend("b")->version, 4u);
  EXPECT_EQ(state.FindFarm("new")->routes, std::set<std::string>{"r"});
  changes = {.version = 5,
             .changes = {{.key = FarmKey("new")},
                         {.key = RouteKey("r")},
                         {.key = BackendKey("b")},
                         {.key = "file-farms", .value = "x"}}};
  EXPECT_TRUE(ApplyChanges(changes, kNow, state).ok());
  EXPECT_EQ(state.FindFarm("new"), nullptr);
  EXPECT_EQ(state.version(), 5u);
  // What contradicts this one's file is left out.
  changes = {
      .version = 6,
      .changes = {Put(BackendKey("s"),
                      Stored("dyn", "id: 's' address: 'z:1'", 0).value),
                  Put(BackendKey("c"),
                      Stored("dyn", "id: 'c' address: 'c:1'", 0).value)}};
  EXPECT_EQ(ApplyChanges(changes, kNow, state).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(state.FindBackend("s")->backend.address(), "s:21");
  EXPECT_NE(state.FindBackend("c"), nullptr);
  EXPECT_EQ(state.version(), 6u);
}

}  // namespace
}  // namespace pinnace::registry
