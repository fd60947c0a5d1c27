#include "control-plane/registry/change_plan.h"

#include "control-plane/registry/merged_state.h"
#include "control-plane/registry/stored_record.h"
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

// Takes a plan over as if its commit had made `version`.
void Commit(const Plan& plan, uint64_t version, DesiredState& state) {
  store::ChangeSet changes = {.version = version};
  for (const store::Write& write : plan.writes) {
    changes.changes.push_back({write.key, write.value, write.lease});
  }
  EXPECT_TRUE(ApplyChanges(changes, kNow, state).ok());
}

Plan Register(const DesiredState& state, const std::string& request,
              const Caller& caller = {}) {
  absl::StatusOr<Plan> plan = PlanRegisterBackend(
      state, Parse<v1::RegisterBackendRequest>(request), caller);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : Plan();
}

TEST(ChangePlanTest, AFarmIsMadeInTheSameCommit) {
  DesiredState state;
  const Plan plan = Register(
      state, "farm: 'f' backend { id: 'a' address: 'a:21' }", {.name = "ann"});
  ASSERT_EQ(plan.writes.size(), 2u);
  EXPECT_EQ(plan.writes[0].key, "farm/f");
  EXPECT_EQ(plan.writes[1].key, "backend/a");
  EXPECT_EQ(plan.subject, "backend/a");
  Commit(plan, 1, state);
  EXPECT_EQ(state.FindBackend("a")->owner, "ann");
  EXPECT_EQ(state.FindBackend("a")->version, 1u);
}

TEST(ChangePlanTest, TheSameAgainOnlyRenewsTheLease) {
  DesiredState state;
  const std::string request =
      "farm: 'f' backend { id: 'a' address: 'a:21' } ttl { seconds: 5 }";
  Plan plan = Register(state, request);
  EXPECT_EQ(plan.lease_ttl, absl::Seconds(5));
  plan.writes.back().lease = 77;
  Commit(plan, 1, state);
  plan = Register(state, request, {.name = "another operator"});
  EXPECT_TRUE(plan.writes.empty());
  EXPECT_EQ(plan.renew, 77);
  // Another weight keeps the lease, and another TTL takes a new one.
  plan = Register(state,
                  "farm: 'f' backend { id: 'a' address: 'a:21' weight: 2 } ttl "
                  "{ seconds: 5 }");
  ASSERT_EQ(plan.writes.size(), 1u);
  EXPECT_EQ(plan.writes[0].lease, 77);
  EXPECT_EQ(plan.writes[0].expected_version, 1u);
  EXPECT_EQ(plan.lease_ttl, absl::ZeroDuration());
  plan = Register(state, "farm: 'f' backend { id: 'a' address: 'a:21' }");
  EXPECT_EQ(plan.writes[0].lease, store::kNoLease);
  EXPECT_EQ(plan.renew, store::kNoLease);
  EXPECT_EQ(plan.revoke, 77);
}

TEST(ChangePlanTest, ADrainKeepsTheLeaseAndIsDoneOnce) {
  DesiredState state;
  Plan plan = Register(
      state,
      "farm: 'f' backend { id: 'a' address: 'a:21' } ttl { seconds: 5 }");
  plan.writes.back().lease = 77;
  Commit(plan, 1, state);
  plan = *PlanBackendState(
      state, {.id = "a", .state = v1::Backend::STATE_DRAINING}, {});
  ASSERT_EQ(plan.writes.size(), 1u);
  EXPECT_EQ(plan.writes[0].lease, 77);
  Commit(plan, 2, state);
  EXPECT_TRUE(PlanBackendState(
                  state, {.id = "a", .state = v1::Backend::STATE_DRAINING}, {})
                  ->writes.empty());
  plan = *PlanDeregisterBackend(
      state, Parse<v1::DeregisterBackendRequest>("id: 'a'"), {});
  EXPECT_EQ(plan.revoke, 77);
  Commit(plan, 3, state);
  EXPECT_TRUE(state.backends().empty());
}

TEST(ChangePlanTest, AFilesBackendIsDrainedBesideWhatIsRegistered) {
  MergeInput input;
  input.file_farms = {Parse<v1::Farm>(
      "name: 'f' backends { id: 'a' address: 'a:21' weight: 2 }")};
  const BackendEntry registered = {
      .farm = "f",
      .backend = Parse<v1::Backend>("id: 'a' address: 'a:21' weight: 7"),
      .owner = "ann"};
  input.stored = {.version = 3,
                  .records = {{BackendKey("a"), BackendValue(registered), 3}}};
  DesiredState state = *MergedState(input, kNow);
  const auto set = [&](v1::Backend::State wanted) {
    return *PlanBackendState(state, {.id = "a", .state = wanted}, {});
  };
  Plan plan = set(v1::Backend::STATE_DRAINING);
  ASSERT_EQ(plan.writes.size(), 1u);
  EXPECT_EQ(plan.subject, "backend/a");
  EXPECT_EQ(plan.writes[0].key, "mark/a");
  EXPECT_EQ(plan.writes[0].expected_version, 0u);
  Commit(plan, 4, state);
  EXPECT_EQ(state.FindBackend("a")->backend.state(),
            v1::Backend::STATE_DRAINING);
  EXPECT_EQ(state.FindBackend("a")->backend.weight(), 2u);
  EXPECT_EQ(state.FindBackend("a")->version, 4u);
  input.stored.version = 4;
  input.stored.records.push_back({MarkKey("a"), *plan.writes[0].value, 4});
  plan = set(v1::Backend::STATE_UP);
  EXPECT_EQ(plan.writes[0].expected_version, 4u);
  // The file lets go: what was registered is there as it was.
  input.file_farms.clear();
  state = *MergedState(input, kNow);
  EXPECT_EQ(state.FindBackend("a")->owner, "ann");
  EXPECT_EQ(state.FindBackend("a")->backend.weight(), 7u);
  EXPECT_EQ(state.FindBackend("a")->stored_version, 3u);
  EXPECT_NE(state.FindBackend("a")->backend.state(),
            v1::Backend::STATE_DRAINING);
}

TEST(ChangePlanTest, FarmsAndRoutes) {
  DesiredState state;
  const auto farm = Parse<v1::SetFarmRequest>(
      "farm { name: 'f' prefer_zone: true backends { id: 'x' } }");
  Commit(*PlanSetFarm(state, farm), 1, state);
  EXPECT_TRUE(state.FindFarm("f")->farm.prefer_zone());
  EXPECT_EQ(state.FindFarm("f")->farm.backends_size(), 0);
  EXPECT_TRUE(PlanSetFarm(state, farm)->writes.empty());
  const auto route =
      Parse<v1::SetRouteRequest>("route { name: 'r' farm: 'f' }");
  Commit(*PlanSetRoute(state, route), 2, state);
  EXPECT_TRUE(PlanSetRoute(state, route)->writes.empty());
  EXPECT_FALSE(
      PlanDeleteFarm(state, Parse<v1::DeleteFarmRequest>("name: 'f'")).ok());
  const Plan plan = *PlanDeleteRoute(
      state, Parse<v1::DeleteRouteRequest>("name: 'r' expected_version: 2"));
  EXPECT_EQ(plan.writes[0].expected_version, 2u);
  Commit(plan, 3, state);
  Commit(*PlanDeleteFarm(state, Parse<v1::DeleteFarmRequest>("name: 'f'")), 4,
         state);
  EXPECT_TRUE(state.farms().empty());
}

TEST(ChangePlanTest, WhatOnlyANewerProgramKnowsIsNotStored) {
  DesiredState state;
  auto request = Parse<v1::RegisterBackendRequest>(
      "farm: 'f' backend { id: 'a' address: 'a:21' }");
  v1::Backend* backend = request.mutable_backend();
  backend->GetReflection()->MutableUnknownFields(backend)->AddLengthDelimited(
      1000, "unknown");
  const Plan plan = *PlanRegisterBackend(state, request, {});
  EXPECT_EQ(plan.writes[1].value->find("unknown"), std::string::npos);
  EXPECT_EQ(plan.detail.find("unknown"), std::string::npos);
  Commit(plan, 1, state);
  EXPECT_TRUE(PlanRegisterBackend(state, request, {})->writes.empty());
  auto farm = Parse<v1::SetFarmRequest>("farm { name: 'g' }");
  farm.mutable_farm()
      ->GetReflection()
      ->MutableUnknownFields(farm.mutable_farm())
      ->AddVarint(1000, 1);
  Commit(*PlanSetFarm(state, farm), 2, state);
  EXPECT_TRUE(PlanSetFarm(state, farm)->writes.empty());
  auto route = Parse<v1::SetRouteRequest>("route { name: 'r' farm: 'g' }");
  route.mutable_route()
      ->GetReflection()
      ->MutableUnknownFields(route.mutable_route())
      ->AddVarint(1000, 1);
  Commit(*PlanSetRoute(state, route), 3, state);
  EXPECT_TRUE(PlanSetRoute(state, route)->writes.empty());
}

TEST(ChangePlanTest, NothingOfARequestMakesAnAuditEntryLong) {
  DesiredState state;
  const Plan plan = Register(
      state, "farm: 'f' backend { id: 'a' address: 'a:21' zone: '" +
                 std::string(128, 'z') + "' labels { key: 'k' value: '" +
                 std::string(256, 'v') + "' } labels { key: 'l' value: '" +
                 std::string(256, 'w') + "' } }");
  EXPECT_LE(plan.detail.size(), 600u);
}

}  // namespace
}  // namespace pinnace::registry
