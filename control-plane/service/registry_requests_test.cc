// Every request of Registry with arguments that are missing, too long,
// overlapping, unknown or stale: its code and its words.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "control-plane/service/control_plane_fixture.h"

namespace pinnace::service {
namespace {

// One row of a table. LONG in a request stands for 129 letters.
struct Case {
  std::string request;
  std::string status;
};

class RegistryRequestsTest : public ControlPlaneTest {
 protected:
  // The file: farm "main" with backend "s" (50090-50099), and route "fixed" and
  // policy "still" for it. Registered: farm "dyn" at version 2 with backend "a"
  // (50000-50009) at version 3, and route "r" to it at version 4.
  void SetUp() override {
    Start({.farms = {Parse<v1::Farm>(
               "name: 'main' backends { id: 's' address: 's:21' public_ports: "
               "'50090-50099' }")},
           .routes = {Parse<v1::Route>("name: 'fixed' farm: 'main'")},
           .policies = {Parse<v1::Policy>("name: 'still' farm: 'main'")}});
    v1::FarmRecord farm;
    v1::RouteRecord route;
    ASSERT_EQ(
        Call(*registry_, &Registry::SetFarm, "farm { name: 'dyn' }", &farm),
        "OK");
    ASSERT_EQ(Register("farm: 'dyn' backend { id: 'a' address: 'a:21' "
                       "public_ports: '50000-50009' }"),
              "OK");
    ASSERT_EQ(Call(*registry_, &Registry::SetRoute,
                   "route { name: 'r' farm: 'dyn' }", &route),
              "OK");
    ASSERT_EQ(route.version(), 4u);
  }

  template <typename Request, typename Response>
  void Check(grpc::Status (Registry::*method)(grpc::ClientContext*,
                                              const Request&, Response*),
             const std::vector<Case>& cases) {
    const uint64_t before = Snapshot().version();
    for (const Case& one : cases) {
      Response response;
      const std::string request =
          absl::StrReplaceAll(one.request, {{"LONG", std::string(129, 'x')}});
      EXPECT_EQ(Call(*registry_, method, request, &response),
                absl::StrReplaceAll(one.status,
                                    {{"SPELLING", kSpelling},
                                     {"CUT", std::string(128, 'x') + "..."}}))
          << one.request;
    }
    EXPECT_EQ(Snapshot().version(), before) << "a refused request was done";
  }

  static constexpr char kSpelling[] =
      "must be 1 to 128 letters, digits, '.', '_' or '-' and begin with a "
      "letter or digit, not";
};

TEST_F(RegistryRequestsTest, RegisterBackend) {
  const std::string many_labels = [] {
    std::string labels;
    for (int i = 0; i < 65; ++i) {
      absl::StrAppend(&labels, " labels { key: 'k", i, "' value: 'v' }");
    }
    return labels;
  }();
  const std::string b = "farm: 'dyn' backend { id: 'b' address: 'b:21' ";
  Check(
      &Registry::RegisterBackend,
      {
          {"", "INVALID_ARGUMENT: farm: must be set"},
          {"farm: 'dyn'", "INVALID_ARGUMENT: backend.id: must be set"},
          {"farm: 'dyn' backend { id: 'b' }",
           "INVALID_ARGUMENT: backend.address: must be set"},
          {"farm: 'LONG' backend { id: 'b' address: 'b:21' }",
           "INVALID_ARGUMENT: farm: SPELLING \"CUT\""},
          {"farm: 'dyn' backend { id: 'LONG' address: 'b:21' }",
           "INVALID_ARGUMENT: backend.id: SPELLING \"CUT\""},
          {"farm: 'dyn' backend { id: 'b\\n' address: 'b:21' }",
           "INVALID_ARGUMENT: backend.id: SPELLING \"b\\x0a\""},
          {"farm: 'dyn' backend { id: 'b' address: 'b' }",
           "INVALID_ARGUMENT: backend.address: must be HOST:PORT, not \"b\""},
          {b + "zone: 'LONG' }",
           "INVALID_ARGUMENT: backend.zone: must have at most 128 characters"},
          {b + many_labels + "}",
           "INVALID_ARGUMENT: backend.labels: must be at most 64, not 65"},
          {b + "weight: 0 }",
           "INVALID_ARGUMENT: backend.weight: must be 1 to 1000, not 0"},
          {b + "max_sessions: 1000001 }",
           "INVALID_ARGUMENT: backend.max_sessions: must be 0 to 1000000, not "
           "1000001"},
          {b + "proxy_protocol: 9 }",
           "INVALID_ARGUMENT: backend.proxy_protocol: unknown value 9"},
          {b + "data_proxy_protocol: 9 }",
           "INVALID_ARGUMENT: backend.data_proxy_protocol: unknown value 9"},
          {b + "passive_ports: '9-8' }",
           "INVALID_ARGUMENT: backend.passive_ports: must be a range like "
           "50000-50099, not \"9-8\""},
          {b + "} ttl { seconds: 86401 }",
           "INVALID_ARGUMENT: ttl: must be 0 (until deregistered) or 1s to "
           "24h, not 24h1s"},
          {b + "public_ports: '50009-50010' }",
           "ALREADY_EXISTS: backend.public_ports: 50009-50010 of backend "
           "\"b\" overlaps 50000-50009 of backend \"a\""},
          {b + "public_ports: '50080-50090' }",
           "ALREADY_EXISTS: backend.public_ports: 50080-50090 of backend "
           "\"b\" overlaps 50090-50099 of backend \"s\""},
          {b + "public_ports: '60000' }",
           "INVALID_ARGUMENT: backend.public_ports: 60000 of backend \"b\" is "
           "outside of the gateways' public ports 50000-50099"},
          {"farm: 'dyn' backend { id: 'a' address: 'z:21' }",
           "ALREADY_EXISTS: backend.id: \"a\" is a:21 in farm \"dyn\" already; "
           "it cannot be z:21 in farm \"dyn\" too"},
          {"farm: 'main' backend { id: 's' address: 's:21' weight: 2 }",
           "FAILED_PRECONDITION: backend.id: \"s\" is set by the "
           "configuration file with other values; change it there"},
          {"farm: 'dyn' backend { id: 'a' address: 'a:21' } "
           "expected_version: 2",
           "ABORTED: expected_version: backend \"a\" is at version 3, not 2"},
          {b + "} expected_version: 3",
           "ABORTED: expected_version: backend \"b\" does not exist any more"},
      });
}

TEST_F(RegistryRequestsTest, ChangesOfABackend) {
  const std::vector<Case> unknown = {
      {"", "INVALID_ARGUMENT: id: must be set"},
      {"id: 'LONG'", "INVALID_ARGUMENT: id: SPELLING \"CUT\""},
      {"id: 'zz'", "NOT_FOUND: id: no backend \"zz\""},
  };
  const std::vector<Case> stale = {
      {"id: 'a' expected_version: 77",
       "ABORTED: expected_version: backend \"a\" is at version 3, not 77"},
      {"id: 's' expected_version: 77",
       "ABORTED: expected_version: backend \"s\" is at version 1, not 77"},
  };
  Check(&Registry::Heartbeat, unknown);
  Check(&Registry::GetBackend, unknown);
  Check(&Registry::DrainBackend, unknown);
  Check(&Registry::DrainBackend, stale);
  Check(&Registry::ResumeBackend, unknown);
  Check(&Registry::ResumeBackend, stale);
  Check(&Registry::DeregisterBackend, unknown);
  Check(&Registry::DeregisterBackend, stale);
  Check(&Registry::DeregisterBackend,
        {{"id: 's'",
          "FAILED_PRECONDITION: id: \"s\" is set by the configuration file; "
          "remove it there"}});
  Check(&Registry::ListBackends,
        {{"farm: 'LONG'", "INVALID_ARGUMENT: farm: SPELLING \"CUT\""},
         {"farm: 'none'", "OK"}});
}

TEST_F(RegistryRequestsTest, SetAndDeleteFarm) {
  Check(&Registry::SetFarm,
        {
            {"", "INVALID_ARGUMENT: farm.name: must be set"},
            {"farm { name: 'LONG' }",
             "INVALID_ARGUMENT: farm.name: SPELLING \"CUT\""},
            {"farm { name: 'f' balance: 77 }",
             "INVALID_ARGUMENT: farm.balance: unknown value 77"},
            {"farm { name: 'f' pin_ttl { seconds: 2592001 } }",
             "INVALID_ARGUMENT: farm.pin_ttl: must be 0 to 720h, not "
             "720h1s"},
            {"farm { name: 'f' health_check { timeout { seconds: 301 } } }",
             "INVALID_ARGUMENT: farm.health_check.timeout: must be 100ms to "
             "5m, not 5m1s"},
            {"farm { name: 'f' failover { candidates: 17 } }",
             "INVALID_ARGUMENT: farm.failover.candidates: must be 1 to 16, "
             "not 17"},
            {"farm { name: 'f' outlier_ejection { most_percent: 101 } }",
             "INVALID_ARGUMENT: farm.outlier_ejection.most_percent: must be 1 "
             "to 100, not 101"},
            {"farm { name: 'f' drain { grace { seconds: -1 } } }",
             "INVALID_ARGUMENT: farm.drain.grace: must be 0 to 24h, not -1s"},
            {"farm { name: 'f' timeouts { idle { seconds: 0 } } }",
             "INVALID_ARGUMENT: farm.timeouts.idle: must be 1s to 24h, not 0"},
            {"farm { name: 'f' backend_tls { ca: '/ca' } }",
             "INVALID_ARGUMENT: farm.backend_tls.ca: needs backend_tls.mode"},
            {"farm { name: 'f' backend_tls { mode: 2 cert: '/c' } }",
             "INVALID_ARGUMENT: farm.backend_tls.cert: needs backend_tls.key"},
            {"farm { name: 'main' }",
             "FAILED_PRECONDITION: farm.name: \"main\" is set by the "
             "configuration file; change it there"},
            {"farm { name: 'dyn' } expected_version: 1",
             "ABORTED: expected_version: farm \"dyn\" is at version 2, not 1"},
            {"farm { name: 'f' } expected_version: 1",
             "ABORTED: expected_version: farm \"f\" does not exist any more"},
        });
  Check(&Registry::DeleteFarm,
        {
            {"", "INVALID_ARGUMENT: name: must be set"},
            {"name: 'LONG'", "INVALID_ARGUMENT: name: SPELLING \"CUT\""},
            {"name: 'f'", "NOT_FOUND: name: no farm \"f\""},
            {"name: 'dyn' expected_version: 1",
             "ABORTED: expected_version: farm \"dyn\" is at version 2, not 1"},
            {"name: 'dyn'",
             "FAILED_PRECONDITION: name: farm \"dyn\" has 1 backend"},
            {"name: 'main'",
             "FAILED_PRECONDITION: name: \"main\" is set by the configuration "
             "file; remove it there"},
        });
  v1::DeregisterBackendResponse gone;
  ASSERT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &gone),
            "OK");
  Check(&Registry::DeleteFarm,
        {{"name: 'dyn'",
          "FAILED_PRECONDITION: name: route \"r\" leads to farm \"dyn\""}});
}

TEST_F(RegistryRequestsTest, SetAndDeleteRoute) {
  Check(
      &Registry::SetRoute,
      {
          {"", "INVALID_ARGUMENT: route.name: must be set"},
          {"route { name: 'n' }", "INVALID_ARGUMENT: route.farm: must be set"},
          {"route { name: 'LONG' farm: 'dyn' }",
           "INVALID_ARGUMENT: route.name: SPELLING \"CUT\""},
          {"route { name: 'n' farm: 'dyn' listener: 'x' }",
           "INVALID_ARGUMENT: route.listener: must be IP:PORT, not \"x\""},
          {"route { name: 'n' farm: 'dyn' host: 'a*b' }",
           "INVALID_ARGUMENT: route.host: must be a name, or \"*.\" and a "
           "name, of at most 255 characters, not \"a*b\""},
          {"route { name: 'n' farm: 'dyn' user: 'LONGLONG' }",
           "INVALID_ARGUMENT: route.user: must have at most 256 characters, "
           "and no NUL"},
          {"route { name: 'n' farm: 'dyn' client_subject: 'LONGLONG' }",
           "INVALID_ARGUMENT: route.client_subject: must have at most 256 "
           "characters, and no NUL"},
          {"route { name: 'n' farm: 'dyn' client_cidr: '10.0.0.1/8' }",
           "INVALID_ARGUMENT: route.client_cidr: must be a network like "
           "10.0.0.0/8 without host bits, not \"10.0.0.1/8\""},
          {"route { name: 'n' farm: 'none' }",
           "NOT_FOUND: route.farm: route \"n\" leads to \"none\", which is "
           "no farm"},
          {"route { name: 'fixed' farm: 'dyn' }",
           "FAILED_PRECONDITION: route.name: \"fixed\" is set by the "
           "configuration file; change it there"},
          {"route { name: 'r' farm: 'dyn' } expected_version: 3",
           "ABORTED: expected_version: route \"r\" is at version 4, not 3"},
          {"route { name: 'n' farm: 'dyn' } expected_version: 3",
           "ABORTED: expected_version: route \"n\" does not exist any more"},
      });
  Check(&Registry::DeleteRoute,
        {
            {"", "INVALID_ARGUMENT: name: must be set"},
            {"name: 'LONG'", "INVALID_ARGUMENT: name: SPELLING \"CUT\""},
            {"name: 'n'", "NOT_FOUND: name: no route \"n\""},
            {"name: 'r' expected_version: 3",
             "ABORTED: expected_version: route \"r\" is at version 4, not 3"},
            {"name: 'fixed'",
             "FAILED_PRECONDITION: name: \"fixed\" is set by the configuration "
             "file; remove it there"},
        });
}

TEST_F(RegistryRequestsTest, SetAndDeletePolicy) {
  v1::PolicyRecord policy;
  ASSERT_EQ(Call(*registry_, &Registry::SetPolicy,
                 "policy { name: 'p' farm: 'dyn' }", &policy),
            "OK");
  ASSERT_EQ(policy.version(), 5u);
  const std::string n = "policy { name: 'n' ";
  const std::string network =
      "must be a network like 10.0.0.0/8 without host bits, not ";
  Check(
      &Registry::SetPolicy,
      {
          {"", "INVALID_ARGUMENT: policy.name: must be set"},
          {"policy { name: 'LONG' }",
           "INVALID_ARGUMENT: policy.name: SPELLING \"CUT\""},
          {n + "listener: 'x' }",
           "INVALID_ARGUMENT: policy.listener: must be IP:PORT, not \"x\""},
          {n + "farm: 'LONG' }",
           "INVALID_ARGUMENT: policy.farm: SPELLING \"CUT\""},
          {n + "user: 'LONGLONG' }",
           "INVALID_ARGUMENT: policy.user: must have at most 256 characters, "
           "and no NUL"},
          {n + "client_cidr: '10.0.0.1/8' }",
           "INVALID_ARGUMENT: policy.client_cidr: " + network +
               "\"10.0.0.1/8\""},
          {n + "allow_clients: '10.0.0.0/8' allow_clients: 'x' }",
           "INVALID_ARGUMENT: policy.allow_clients[1]: " + network + "\"x\""},
          {n + "deny_clients: '10.0.0.0/33' }",
           "INVALID_ARGUMENT: policy.deny_clients[0]: " + network +
               "\"10.0.0.0/33\""},
          {n + "allow_commands: 'LIST -a' }",
           "INVALID_ARGUMENT: policy.allow_commands[0]: must be a verb of 1 to "
           "8 letters and digits, not \"LIST -a\""},
          {n + "deny_commands: '' }",
           "INVALID_ARGUMENT: policy.deny_commands[0]: must be a verb of 1 to "
           "8 letters and digits, not \"\""},
          {n + "deny_commands: 'Quit' }",
           "INVALID_ARGUMENT: policy.deny_commands[0]: \"Quit\" cannot be "
           "refused"},
          {n + "allow_site: '*' }",
           "INVALID_ARGUMENT: policy.allow_site[0]: must be a word of 1 to 32 "
           "letters and digits, not \"*\""},
          {n + "deny_site: '*' }",
           "INVALID_ARGUMENT: policy.deny_site[0]: must be a word of 1 to 32 "
           "letters and digits, not \"*\""},
          {n + "allow_paths: 'pub' }",
           "INVALID_ARGUMENT: policy.allow_paths[0]: must begin with '/' or "
           "\"**\" and have at most 256 characters, and no NUL, not \"pub\""},
          {n + "deny_paths: '/LONGLONG' }",
           "INVALID_ARGUMENT: policy.deny_paths[0]: must begin with '/' or "
           "\"**\" and have at most 256 characters, and no NUL, not \"/" +
               std::string(127, 'x') + "...\""},
          {n + "allow_upload_names: '' }",
           "INVALID_ARGUMENT: policy.allow_upload_names[0]: must have 1 to 256 "
           "characters, and no '/' and no NUL, not \"\""},
          {n + "deny_upload_names: 'a/b' }",
           "INVALID_ARGUMENT: policy.deny_upload_names[0]: must have 1 to 256 "
           "characters, and no '/' and no NUL, not \"a/b\""},
          {n + "max_sessions_per_user: 1000001 }",
           "INVALID_ARGUMENT: policy.max_sessions_per_user: must be 0 to "
           "1000000, not 1000001"},
          {n + "max_sessions_per_address: 1000001 }",
           "INVALID_ARGUMENT: policy.max_sessions_per_address: must be 0 to "
           "1000000, not 1000001"},
          {n + "session_rate { download: 1023 } }",
           "INVALID_ARGUMENT: policy.session_rate.download: must be 1 KiB to 1 "
           "TiB a second in bytes, or 0, not 1023"},
          {n + "user_rate { burst: 65536 } }",
           "INVALID_ARGUMENT: policy.user_rate.burst: needs download or "
           "upload"},
          {n + "farm: 'none' }",
           "NOT_FOUND: policy.farm: policy \"n\" is for \"none\", which is no "
           "farm"},
          {"policy { name: 'still' }",
           "FAILED_PRECONDITION: policy.name: \"still\" is set by the "
           "configuration file; change it there"},
          {"policy { name: 'p' } expected_version: 4",
           "ABORTED: expected_version: policy \"p\" is at version 5, not 4"},
          {n + "} expected_version: 4",
           "ABORTED: expected_version: policy \"n\" does not exist any more"},
      });
  Check(&Registry::DeletePolicy,
        {
            {"", "INVALID_ARGUMENT: name: must be set"},
            {"name: 'LONG'", "INVALID_ARGUMENT: name: SPELLING \"CUT\""},
            {"name: 'n'", "NOT_FOUND: name: no policy \"n\""},
            {"name: 'p' expected_version: 4",
             "ABORTED: expected_version: policy \"p\" is at version 5, not 4"},
            {"name: 'still'",
             "FAILED_PRECONDITION: name: \"still\" is set by the configuration "
             "file; remove it there"},
        });
  v1::DeregisterBackendResponse backend_gone;
  v1::DeleteRouteResponse route_gone;
  ASSERT_EQ(
      Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &backend_gone),
      "OK");
  ASSERT_EQ(Call(*registry_, &Registry::DeleteRoute, "name: 'r'", &route_gone),
            "OK");
  Check(&Registry::DeleteFarm,
        {{"name: 'dyn'",
          "FAILED_PRECONDITION: name: policy \"p\" is for farm \"dyn\""}});
}

TEST_F(RegistryRequestsTest, AsManyAsThereMayBe) {
  v1::RouteRecord route;
  // Two are there.
  for (int i = 0; i < 998; ++i) {
    ASSERT_EQ(
        Call(*registry_, &Registry::SetRoute,
             absl::StrCat("route { name: 'n", i, "' farm: 'dyn' }"), &route),
        "OK");
  }
  Check(&Registry::SetRoute,
        {{"route { name: 'n' farm: 'dyn' }",
          "RESOURCE_EXHAUSTED: route: there are 1000 already, the most there "
          "may be"}});
  v1::PolicyRecord policy;
  // One is there.
  for (int i = 0; i < 999; ++i) {
    ASSERT_EQ(Call(*registry_, &Registry::SetPolicy,
                   absl::StrCat("policy { name: 'n", i, "' }"), &policy),
              "OK");
  }
  Check(&Registry::SetPolicy,
        {{"policy { name: 'n' }",
          "RESOURCE_EXHAUSTED: policy: there are 1000 already, the most there "
          "may be"}});
}

TEST_F(RegistryRequestsTest, ReadAudit) {
  Check(&Registry::ReadAudit,
        {
            {"limit: 1001",
             "INVALID_ARGUMENT: limit: must be 1 to 1000, or 0 for 100, not "
             "1001"},
            {"subject: 'LONGLONGLONGLONG'",
             "INVALID_ARGUMENT: subject: must have at most 512 characters"},
            {"actor: 'LONGLONGLONGLONG'",
             "INVALID_ARGUMENT: actor: must have at most 512 characters"},
            {"before_id: 99999999", "OK"},
        });
}

}  // namespace
}  // namespace pinnace::service
