#include "control-plane/service/control_plane_fixture.h"

namespace pinnace::service {
namespace {

TEST_F(ControlPlaneTest, RegistersListsAndDeregisters) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' }"), "OK");
  EXPECT_EQ(record_.version(), 1u);  // With its farm.
  EXPECT_FALSE(record_.has_ttl());
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  // The same again changes nothing.
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(record_.version(), 2u);
  EXPECT_EQ(
      Register("farm: 'main' backend { id: 'a' address: 'a:21' weight: 2 }"),
      "OK");
  EXPECT_EQ(record_.version(), 3u);
  v1::ListBackendsResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListBackends, "farm: 'main'", &list),
            "OK");
  ASSERT_EQ(list.backends_size(), 2);
  EXPECT_EQ(list.backends(0).backend().id(), "a");
  EXPECT_EQ(list.backends(0).backend().weight(), 2u);
  list.Clear();
  EXPECT_EQ(Call(*registry_, &Registry::ListBackends, "farm: 'x'", &list),
            "OK");
  EXPECT_EQ(list.backends_size(), 0);
  v1::DeregisterBackendResponse gone;
  EXPECT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &gone),
            "OK");
  EXPECT_EQ(Get("a"), "NOT_FOUND: id: no backend \"a\"");
  EXPECT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &gone),
            "NOT_FOUND: id: no backend \"a\"");
}

TEST_F(ControlPlaneTest, DrainOutlivesTheNextRegistration) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(Call(*registry_, &Registry::DrainBackend, "id: 'a'", &record_),
            "OK");
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(record_.backend().state(), v1::Backend::STATE_DRAINING);
  EXPECT_EQ(Snapshot().farms(0).backends(0).state(),
            v1::Backend::STATE_DRAINING);
  EXPECT_EQ(Call(*registry_, &Registry::ResumeBackend, "id: 'a'", &record_),
            "OK");
  EXPECT_EQ(record_.backend().state(), v1::Backend::STATE_UP);
}

TEST_F(ControlPlaneTest, ALeaseWithoutHeartbeatsRunsOut) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' } ttl { "
                     "seconds: 10 }"),
            "OK");
  EXPECT_EQ(record_.expires().seconds(), 1010);
  EXPECT_EQ(Register("farm: 'main' backend { id: 'p' address: 'p:21' }"), "OK");
  now_ = 1009;
  EXPECT_EQ(Call(*registry_, &Registry::Heartbeat, "id: 'a'", &record_), "OK");
  EXPECT_EQ(record_.expires().seconds(), 1019);
  now_ = 1018;
  EXPECT_EQ(control_plane_->keeper().ExpireDue(), absl::FromUnixSeconds(1019));
  EXPECT_EQ(Get("a"), "OK");
  now_ = 1019;
  const uint64_t before = Snapshot().version();
  EXPECT_EQ(control_plane_->keeper().ExpireDue(), absl::InfiniteFuture());
  control_plane_->keeper().AwaitSnapshot(before);
  EXPECT_EQ(Get("a"), "NOT_FOUND: id: no backend \"a\"");
  EXPECT_EQ(Get("p"), "OK");
}

TEST_F(ControlPlaneTest, FarmsAreMadeChangedAndDeleted) {
  v1::FarmRecord farm;
  EXPECT_EQ(Call(*registry_, &Registry::SetFarm,
                 "farm { name: 'f' balance: BALANCE_ROUND_ROBIN }", &farm),
            "OK");
  EXPECT_EQ(Register("farm: 'f' backend { id: 'a' address: 'a:21' }"), "OK");
  v1::DeleteFarmResponse gone;
  EXPECT_EQ(Call(*registry_, &Registry::DeleteFarm, "name: 'f'", &gone),
            "FAILED_PRECONDITION: name: farm \"f\" has 1 backend");
  v1::DeregisterBackendResponse left;
  EXPECT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &left),
            "OK");
  EXPECT_EQ(Call(*registry_, &Registry::DeleteFarm, "name: 'f'", &gone), "OK");
  v1::ListFarmsResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListFarms, "", &list), "OK");
  EXPECT_EQ(list.farms_size(), 0);
}

TEST_F(ControlPlaneTest, TheFilesFarmsMergeAndReload) {
  const auto farm = Parse<v1::Farm>(
      "name: 'main' backends { id: 's' address: 's:21' public_ports: "
      "'50000-50009' }");
  Start({.farms = {farm}});
  const uint64_t first = Snapshot().version();
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' "
                     "public_ports: '50010' }"),
            "OK");
  EXPECT_EQ(Snapshot().farms(0).backends_size(), 2);
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' "
                     "public_ports: '50009' }"),
            "ALREADY_EXISTS: backend.public_ports: 50009 of backend \"b\" "
            "overlaps 50000-50009 of backend \"s\"");
  // The file now claims what is registered: refused, and all stays.
  auto wider = farm;
  wider.mutable_backends(0)->set_public_ports("50000-50010");
  EXPECT_FALSE(control_plane_->keeper().ReloadFile({.farms = {wider}}).ok());
  EXPECT_EQ(Snapshot().farms(0).backends_size(), 2);
  EXPECT_TRUE(control_plane_->keeper().ReloadFile({}).ok());
  const v1::Snapshot after = Snapshot();
  EXPECT_GT(after.version(), first);
  ASSERT_EQ(after.farms(0).backends_size(), 1);
  EXPECT_EQ(after.farms(0).backends(0).id(), "a");
}

TEST_F(ControlPlaneTest, RoutesAreMadeListedAndDeleted) {
  v1::RouteRecord route;
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(
      Call(*registry_, &Registry::SetRoute,
           "route { name: 'late' order: 9 user: 'b*' farm: 'main' }", &route),
      "OK");
  EXPECT_EQ(Call(*registry_, &Registry::SetRoute,
                 "route { name: 'soon' order: 1 farm: 'main' }", &route),
            "OK");
  EXPECT_EQ(route.source(), v1::SOURCE_REGISTERED);
  v1::ListRoutesResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListRoutes, "", &list), "OK");
  ASSERT_EQ(list.routes_size(), 2);
  EXPECT_EQ(list.routes(0).route().name(), "soon");
  EXPECT_EQ(list.routes(1).route().user(), "b*");
  EXPECT_EQ(Snapshot().routes(0).name(), "soon");
  v1::DeleteRouteResponse gone;
  EXPECT_EQ(Call(*registry_, &Registry::DeleteRoute, "name: 'soon'", &gone),
            "OK");
  EXPECT_EQ(Snapshot().routes_size(), 1);
}

TEST_F(ControlPlaneTest, TheFilesRoutesMergeWithTheRegistered) {
  const auto farm = Parse<v1::Farm>("name: 'main'");
  const auto route = Parse<v1::Route>("name: 'r' farm: 'main'");
  Start({.farms = {farm}, .routes = {route}});
  v1::RouteRecord record;
  EXPECT_EQ(Call(*registry_, &Registry::SetRoute,
                 "route { name: 'q' user: 'a' farm: 'main' }", &record),
            "OK");
  EXPECT_EQ(Snapshot().routes_size(), 2);
  auto other = Parse<v1::Route>("name: 'q' user: 'b' farm: 'main'");
  EXPECT_EQ(control_plane_->keeper()
                .ReloadFile({.farms = {farm}, .routes = {other}})
                .code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Snapshot().routes_size(), 2);
  // The farm stays for "q", which leads to it.
  EXPECT_TRUE(control_plane_->keeper().ReloadFile({}).ok());
  EXPECT_EQ(Snapshot().routes_size(), 1);
  ASSERT_EQ(Snapshot().farms_size(), 1);
  EXPECT_EQ(Snapshot().farms(0).name(), "main");
}

TEST_F(ControlPlaneTest, PoliciesAreMadeListedAndDeleted) {
  v1::PolicyRecord record;
  for (const char* name : {"zulu", "alpha"}) {
    EXPECT_EQ(
        Call(*registry_, &Registry::SetPolicy,
             absl::StrCat("policy { name: '", name, "' read_only: true }"),
             &record),
        "OK");
  }
  EXPECT_EQ(record.source(), v1::SOURCE_REGISTERED);
  EXPECT_EQ(record.version(), Snapshot().version());
  v1::ListPoliciesResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListPolicies, "", &list), "OK");
  ASSERT_EQ(list.policies_size(), 2);
  EXPECT_EQ(list.policies(0).policy().name(), "alpha");
  EXPECT_EQ(Snapshot().policies(1).name(), "zulu");
  v1::DeletePolicyResponse gone;
  EXPECT_EQ(Call(*registry_, &Registry::DeletePolicy, "name: 'zulu'", &gone),
            "OK");
  EXPECT_EQ(Snapshot().policies_size(), 1);
  v1::ReadAuditResponse audit;
  EXPECT_EQ(
      Call(*registry_, &Registry::ReadAudit, "subject: 'policy/zulu'", &audit),
      "OK");
  ASSERT_EQ(audit.entries_size(), 2);
  EXPECT_EQ(audit.entries(0).method(), "DeletePolicy");
  EXPECT_EQ(audit.entries(1).method(), "SetPolicy");
}

TEST_F(ControlPlaneTest, TheFilesPoliciesMergeWithTheRegistered) {
  const auto policy = Parse<v1::Policy>("name: 'f' read_only: true");
  Start({.policies = {policy}});
  v1::PolicyRecord record;
  EXPECT_EQ(
      Call(*registry_, &Registry::SetPolicy, "policy { name: 'q' }", &record),
      "OK");
  EXPECT_EQ(Snapshot().policies_size(), 2);
  const auto other = Parse<v1::Policy>("name: 'q' read_only: true");
  EXPECT_EQ(control_plane_->keeper().ReloadFile({.policies = {other}}).code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Snapshot().policies_size(), 2);
  EXPECT_TRUE(control_plane_->keeper().ReloadFile({}).ok());
  EXPECT_EQ(Snapshot().policies_size(), 1);
}

TEST_F(ControlPlaneTest, TheAuditIsReadOverGrpc) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  v1::ReadAuditResponse audit;
  EXPECT_EQ(Call(*registry_, &Registry::ReadAudit, "limit: 5", &audit), "OK");
  ASSERT_EQ(audit.entries_size(), 1);
  EXPECT_EQ(audit.entries(0).actor(), "local");
  EXPECT_EQ(audit.entries(0).method(), "RegisterBackend");
  EXPECT_FALSE(audit.entries(0).address().empty());
}

TEST_F(ControlPlaneTest, AnAddressInUseIsNamed) {
  const Address taken = control_plane_->address();
  EXPECT_EQ(ControlPlane::Start({.listen = taken, .store = NewStore()})
                .status()
                .message(),
            "control_plane.listen: " + taken.ToString() +
                " is in use, or not an address of this machine");
}

}  // namespace
}  // namespace pinnace::service
