// Which role may call which method, one row each, and for which ids. Whose a
// backend is, is the registry's to know. Pure. Any thread.
#ifndef PINNACE_CONTROL_PLANE_ACCESS_PERMISSION_H_
#define PINNACE_CONTROL_PLANE_ACCESS_PERMISSION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "control-plane/access/identity.h"

namespace pinnace::access {

// Every method of Registry, Discovery and Sessions.
enum class Method : uint8_t {
  kRegisterBackend,
  kHeartbeat,
  kDrainBackend,
  kResumeBackend,
  kDeregisterBackend,
  kListBackends,
  kGetBackend,
  kListFarms,
  kSetFarm,
  kDeleteFarm,
  kListRoutes,
  kSetRoute,
  kDeleteRoute,
  kListPolicies,
  kSetPolicy,
  kDeletePolicy,
  kGetSnapshot,
  kReadAudit,
  kFollow,
  kListSessions,
  kKillSession,
  kListPins,
  kDeletePin,
  kListPorts,
  kListGateways,
  kListBans,
  kAddBan,
  kDeleteBan,
  kGetTimeline,
};

using Roles = uint8_t;  // one bit for each v1::Role
constexpr Roles OnlyRole(v1::Role role) {
  return static_cast<Roles>(1u << static_cast<unsigned>(role));
}

struct MethodRule {
  Method method;
  absl::string_view service;  // as the .proto names it
  absl::string_view name;
  Roles roles;  // that may call it
};

// In the order of Method.
absl::Span<const MethodRule> MethodRules();

// "DrainBackend".
absl::string_view NameOf(Method method);
// "operator".
absl::string_view NameOf(v1::Role role);

// `id` is what the call is about, if it is about one. A backend may change, and
// a gateway call itself, only what matches its globs. PERMISSION_DENIED names
// caller, role, method and id.
absl::Status Authorise(const Identity& caller, Method method,
                       absl::string_view id = "");

}  // namespace pinnace::access

#endif  // PINNACE_CONTROL_PLANE_ACCESS_PERMISSION_H_
