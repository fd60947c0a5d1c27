#include "control-plane/access/permission.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "control-plane/access/glob.h"
#include "proxy/base/printable.h"

namespace pinnace::access {
namespace {

constexpr size_t kShownIdBytes = 128;

constexpr Roles kOperator = OnlyRole(v1::ROLE_OPERATOR);
constexpr Roles kBackend = kOperator | OnlyRole(v1::ROLE_BACKEND);
constexpr Roles kReader = kBackend | OnlyRole(v1::ROLE_VIEWER);
constexpr Roles kGateway = kOperator | OnlyRole(v1::ROLE_GATEWAY);

constexpr MethodRule kMethodRules[] = {
    {Method::kRegisterBackend, "Registry", "RegisterBackend", kBackend},
    {Method::kHeartbeat, "Registry", "Heartbeat", kBackend},
    {Method::kDrainBackend, "Registry", "DrainBackend", kBackend},
    {Method::kResumeBackend, "Registry", "ResumeBackend", kBackend},
    {Method::kDeregisterBackend, "Registry", "DeregisterBackend", kBackend},
    {Method::kListBackends, "Registry", "ListBackends", kReader},
    {Method::kGetBackend, "Registry", "GetBackend", kReader},
    {Method::kListFarms, "Registry", "ListFarms", kReader},
    {Method::kSetFarm, "Registry", "SetFarm", kOperator},
    {Method::kDeleteFarm, "Registry", "DeleteFarm", kOperator},
    {Method::kListRoutes, "Registry", "ListRoutes", kReader},
    {Method::kSetRoute, "Registry", "SetRoute", kOperator},
    {Method::kDeleteRoute, "Registry", "DeleteRoute", kOperator},
    {Method::kListPolicies, "Registry", "ListPolicies", kReader},
    {Method::kSetPolicy, "Registry", "SetPolicy", kOperator},
    {Method::kDeletePolicy, "Registry", "DeletePolicy", kOperator},
    {Method::kGetSnapshot, "Registry", "GetSnapshot", kReader},
    {Method::kReadAudit, "Registry", "ReadAudit", kOperator},
    {Method::kFollow, "Discovery", "Follow", kGateway},
    {Method::kListSessions, "Sessions", "ListSessions", kReader},
    {Method::kKillSession, "Sessions", "KillSession", kOperator},
    {Method::kListPins, "Sessions", "ListPins", kReader},
    {Method::kDeletePin, "Sessions", "DeletePin", kOperator},
    {Method::kListPorts, "Sessions", "ListPorts", kReader},
    {Method::kListGateways, "Sessions", "ListGateways", kReader},
    {Method::kListBans, "Sessions", "ListBans", kReader},
    {Method::kAddBan, "Sessions", "AddBan", kOperator},
    {Method::kDeleteBan, "Sessions", "DeleteBan", kOperator},
    {Method::kGetTimeline, "Sessions", "GetTimeline", kReader},
};

constexpr bool InOrder() {
  size_t index = 0;
  for (const MethodRule& rule : kMethodRules) {
    if (static_cast<size_t>(rule.method) != index++) return false;
  }
  return index == static_cast<size_t>(Method::kGetTimeline) + 1;
}
static_assert(InOrder());

const MethodRule& RuleOf(Method method) {
  return kMethodRules[static_cast<size_t>(method)];
}

constexpr v1::Role kRoles[] = {v1::ROLE_VIEWER, v1::ROLE_BACKEND,
                               v1::ROLE_GATEWAY, v1::ROLE_OPERATOR};

std::string RolesOf(Roles roles) {
  std::vector<absl::string_view> names;
  for (const v1::Role role : kRoles) {
    if ((roles & OnlyRole(role)) != 0) names.push_back(NameOf(role));
  }
  return absl::StrJoin(names, " or ");
}

bool MatchesIds(const Identity& caller, absl::string_view id) {
  return caller.ids.empty() || std::any_of(caller.ids.begin(), caller.ids.end(),
                                           [id](const std::string& glob) {
                                             return GlobMatches(glob, id);
                                           });
}

// `"ci" of role viewer may not call DrainBackend for "a"`.
absl::Status Denied(const Identity& caller, Method method, absl::string_view id,
                    absl::string_view why) {
  return absl::PermissionDeniedError(absl::StrCat(
      "\"", Printable(caller.name), "\" of role ", NameOf(caller.role),
      " may not call ", NameOf(method),
      id.empty() ? ""
                 : absl::StrCat(" for \"", Printable(id, kShownIdBytes), "\""),
      ": ", why));
}

}  // namespace

absl::Span<const MethodRule> MethodRules() { return kMethodRules; }

absl::string_view NameOf(Method method) { return RuleOf(method).name; }

absl::string_view NameOf(v1::Role role) {
  switch (role) {
    case v1::ROLE_VIEWER:
      return "viewer";
    case v1::ROLE_BACKEND:
      return "backend";
    case v1::ROLE_GATEWAY:
      return "gateway";
    case v1::ROLE_OPERATOR:
      return "operator";
    default:  // protobuf's own sentinels are values too
      return "none";
  }
}

absl::Status Authorise(const Identity& caller, Method method,
                       absl::string_view id) {
  const Roles roles = RuleOf(method).roles;
  if ((roles & OnlyRole(caller.role)) == 0) {
    return Denied(caller, method, id,
                  absl::StrCat("it needs role ", RolesOf(roles)));
  }
  // Reading is not limited; that there must be an id is the registry's to say.
  const bool limited = (caller.role == v1::ROLE_BACKEND && roles == kBackend) ||
                       (caller.role == v1::ROLE_GATEWAY && roles == kGateway);
  if (!limited || id.empty() || MatchesIds(caller, id)) return absl::OkStatus();
  return Denied(caller, method, id,
                absl::StrCat("only for ", absl::StrJoin(caller.ids, ", ")));
}

}  // namespace pinnace::access
