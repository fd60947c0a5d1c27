#include "control-plane/access/permission.h"

#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/discovery.pb.h"
#include "protos/pinnace/v1/registry.pb.h"
#include "protos/pinnace/v1/sessions.pb.h"

namespace pinnace::access {
namespace {

Identity Caller(v1::Role role, std::vector<std::string> ids = {}) {
  return {.name = "ci", .role = role, .ids = std::move(ids)};
}

TEST(PermissionTest, EveryMethodOfTheServicesHasARow) {
  std::set<std::string> served;
  for (const google::protobuf::FileDescriptor* file :
       {v1::RegisterBackendRequest::descriptor()->file(),
        v1::GatewayMessage::descriptor()->file(),
        v1::ListSessionsRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        served.insert(file->service(i)->name() + "." +
                      file->service(i)->method(j)->name());
      }
    }
  }
  std::set<std::string> known;
  for (const MethodRule& rule : MethodRules()) {
    known.insert(std::string(rule.service) + "." + std::string(rule.name));
  }
  EXPECT_EQ(known, served);
}

TEST(PermissionTest, RolesMayWhatTheContractSays) {
  const std::set<std::string> reads = {
      "ListBackends", "GetBackend",   "ListFarms",    "ListRoutes",
      "ListPolicies", "GetSnapshot",  "ListSessions", "ListPins",
      "ListPorts",    "ListGateways", "ListBans",     "GetTimeline"};
  const std::set<std::string> registers = {"RegisterBackend", "Heartbeat",
                                           "DrainBackend", "ResumeBackend",
                                           "DeregisterBackend"};
  for (const MethodRule& rule : MethodRules()) {
    const std::string name(rule.name);
    const auto may = [&](v1::Role role) {
      return Authorise(Caller(role), rule.method).ok();
    };
    const bool reading = reads.count(name) != 0;
    EXPECT_EQ(may(v1::ROLE_VIEWER), reading) << name;
    EXPECT_EQ(may(v1::ROLE_BACKEND), reading || registers.count(name) != 0)
        << name;
    EXPECT_EQ(may(v1::ROLE_GATEWAY), name == "Follow") << name;
    EXPECT_TRUE(may(v1::ROLE_OPERATOR)) << name;
    EXPECT_FALSE(may(v1::ROLE_UNSPECIFIED)) << name;
  }
}

TEST(PermissionTest, RefusalNamesCallerRoleMethodAndId) {
  EXPECT_EQ(
      Authorise(Caller(v1::ROLE_VIEWER), Method::kDrainBackend, "a").ToString(),
      "PERMISSION_DENIED: \"ci\" of role viewer may not call "
      "DrainBackend for \"a\": it needs role backend or operator");
  EXPECT_EQ(Authorise(Caller(v1::ROLE_BACKEND), Method::kReadAudit).ToString(),
            "PERMISSION_DENIED: \"ci\" of role backend may not call ReadAudit: "
            "it needs role operator");
  EXPECT_EQ(
      Authorise(Caller(v1::ROLE_VIEWER), Method::kDrainBackend, "a\n\x1b[2J")
          .message(),
      "\"ci\" of role viewer may not call DrainBackend for \"a\\x0a\\x1b[2J\": "
      "it needs role backend or operator");
}

std::string Change(const Identity& caller, absl::string_view id) {
  return Authorise(caller, Method::kHeartbeat, id).ToString();
}

TEST(PermissionTest, BackendChangesOnlyWhatMatchesItsGlobs) {
  EXPECT_EQ(Change(Caller(v1::ROLE_BACKEND), "a"), "OK");
  const Identity some = Caller(v1::ROLE_BACKEND, {"web-*", "db-?"});
  EXPECT_EQ(Change(some, "web-"), "OK");
  EXPECT_EQ(Change(some, "web-1.x"), "OK");
  EXPECT_EQ(Change(some, "db-1"), "OK");
  EXPECT_EQ(Change(some, "db-12"),
            "PERMISSION_DENIED: \"ci\" of role backend may not call Heartbeat "
            "for \"db-12\": only for web-*, db-?");
  EXPECT_NE(Change(some, "xweb-1"), "OK");
  EXPECT_NE(Change(some, absl::string_view("db-1\0", 5)), "OK");
  EXPECT_EQ(Authorise(some, Method::kGetBackend, "other").ToString(), "OK");
}

TEST(PermissionTest, AGatewayHasOnlyNamesThatMatchItsGlobs) {
  const Identity some = Caller(v1::ROLE_GATEWAY, {"gw-*"});
  EXPECT_EQ(Authorise(some, Method::kFollow, "gw-1").ToString(), "OK");
  EXPECT_EQ(Authorise(some, Method::kFollow, "other").ToString(),
            "PERMISSION_DENIED: \"ci\" of role gateway may not call Follow for "
            "\"other\": only for gw-*");
  EXPECT_EQ(
      Authorise(Caller(v1::ROLE_GATEWAY), Method::kFollow, "other").ToString(),
      "OK");
}

TEST(PermissionTest, OperatorsChangeAll) {
  EXPECT_EQ(Change(LocalOperator(), "a"), "OK");
  EXPECT_EQ(Change(Caller(v1::ROLE_OPERATOR, {"x"}), "a"), "OK");
}

}  // namespace
}  // namespace pinnace::access
