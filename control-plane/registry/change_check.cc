#include "control-plane/registry/change_check.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "proxy/base/limits.h"
#include "proxy/base/port_range.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/farm_check.h"
#include "proxy/snapshot/field_check.h"
#include "proxy/snapshot/policy_check.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/route_check.h"

namespace pinnace::registry {
namespace {

constexpr absl::Duration kShortestTtl = absl::Seconds(1);
constexpr absl::Duration kLongestTtl = absl::Hours(24);

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Printable(text, 128), "\"");
}

std::string Place(const v1::Backend& backend, absl::string_view farm) {
  return absl::StrCat(backend.address(), " in farm ", Quoted(farm));
}

absl::Status CheckVersion(absl::string_view what, uint64_t version,
                          uint64_t expected) {
  if (expected == 0 || expected == version) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("expected_version: ", what,
                                         " is at version ", version, ", not ",
                                         expected));
}

absl::Status GoneSince(absl::string_view what, uint64_t expected) {
  if (expected == 0) return absl::OkStatus();
  return absl::AbortedError(
      absl::StrCat("expected_version: ", what, " does not exist any more"));
}

absl::Status CheckCount(absl::string_view what, size_t count, size_t most) {
  if (count < most) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      what, ": there are ", count, " already, the most there may be"));
}

// The name of what a request wants to find.
absl::Status CheckNamed(absl::string_view name, const std::string& field) {
  snapshot::FieldProblems problems;
  snapshot::CheckName(name, field, problems);
  return snapshot::StatusOf(problems);
}

absl::Status CheckOwner(const BackendEntry& known, const std::string& field,
                        const Caller& caller) {
  if (caller.reach == Reach::kEverything || known.owner == caller.name) {
    return absl::OkStatus();
  }
  if (known.source == v1::SOURCE_FILE) {
    return absl::PermissionDeniedError(absl::StrCat(
        field, ": ", Quoted(known.backend.id()),
        " is set by the configuration file; only operators may change it"));
  }
  if (known.owner.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(field, ": ", Quoted(known.backend.id()), " belongs to ",
                   Quoted(known.owner), ", not to ", Quoted(caller.name)));
}

bool InPool(const PortRange& slice, const std::vector<PortRange>& pool) {
  return std::any_of(pool.begin(), pool.end(), [&](const PortRange& range) {
    return range.Contains(slice.first) && range.Contains(slice.last);
  });
}

absl::Status CheckPublicPorts(const DesiredState& state,
                              const v1::Backend& backend) {
  const std::optional<PortRange> slice =
      PortRange::Parse(backend.public_ports());
  if (!slice.has_value()) return absl::OkStatus();
  if (!state.pool().empty() && !InPool(*slice, state.pool())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "backend.public_ports: ", slice->ToString(), " of backend ",
        Quoted(backend.id()), " is outside of the gateways' public ports ",
        absl::StrJoin(state.pool(), ", ",
                      [](std::string* out, const PortRange& range) {
                        out->append(range.ToString());
                      })));
  }
  const PortSlices::Slice* other =
      state.slices().FindOverlap(*slice, backend.id());
  if (other == nullptr) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("backend.public_ports: ", slice->ToString(), " of backend ",
                   Quoted(backend.id()), " overlaps ", other->ports.ToString(),
                   " of backend ", Quoted(other->owner)));
}

absl::Status CheckTtl(const google::protobuf::Duration& ttl) {
  const absl::Duration value = snapshot::DurationOf(ttl);
  if (value == absl::ZeroDuration() ||
      (value >= kShortestTtl && value <= kLongestTtl)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("ttl: must be 0 (until deregistered) or 1s to 24h, not ",
                   absl::FormatDuration(value)));
}

absl::Status CheckReplaces(const BackendEntry& known,
                           const v1::RegisterBackendRequest& request,
                           const Caller& caller) {
  const v1::Backend& backend = request.backend();
  absl::Status status = CheckOwner(known, "backend.id", caller);
  if (status.ok()) {
    status = CheckVersion(absl::StrCat("backend ", Quoted(backend.id())),
                          known.version, request.expected_version());
  }
  if (!status.ok()) return status;
  const bool same_place = known.farm == request.farm() &&
                          known.backend.address() == backend.address();
  if (!same_place &&
      (request.expected_version() == 0 || known.source == v1::SOURCE_FILE)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "backend.id: ", Quoted(backend.id()), " is ",
        Place(known.backend, known.farm),
        known.source == v1::SOURCE_FILE ? " by the configuration file"
                                        : " already",
        "; it cannot be ", Place(backend, request.farm()), " too"));
  }
  if (known.source == v1::SOURCE_FILE) {
    v1::Backend wanted = backend;
    wanted.DiscardUnknownFields();
    wanted.set_state(known.backend.state());
    if (!google::protobuf::util::MessageDifferencer::Equals(wanted,
                                                            known.backend)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "backend.id: ", Quoted(backend.id()),
          " is set by the configuration file with other values; change it "
          "there"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRegisterBackend(const DesiredState& state,
                                  const v1::RegisterBackendRequest& request,
                                  const Caller& caller) {
  const v1::Backend& backend = request.backend();
  snapshot::FieldProblems problems;
  snapshot::CheckName(request.farm(), "farm", problems);
  snapshot::CheckBackend(backend, "backend", problems);
  if (backend.ByteSizeLong() > limits::kMaxBackendBytes) {
    problems.push_back(
        {"backend",
         absl::StrCat("must have at most ", limits::kMaxBackendBytes,
                      " bytes, labels and all, not ", backend.ByteSizeLong())});
  }
  absl::Status status = snapshot::StatusOf(problems);
  if (status.ok()) status = CheckTtl(request.ttl());
  if (!status.ok()) return status;
  const BackendEntry* known = state.FindBackend(backend.id());
  if (known != nullptr) {
    status = CheckReplaces(*known, request, caller);
  } else {
    status = GoneSince(absl::StrCat("backend ", Quoted(backend.id())),
                       request.expected_version());
    if (status.ok()) {
      status = CheckCount("backend", state.backends().size(),
                          snapshot::kMaxBackends);
    }
  }
  if (status.ok() && state.FindFarm(request.farm()) == nullptr) {
    status = CheckCount("farm", state.farms().size(), limits::kMaxFarms);
  }
  if (!status.ok()) return status;
  return CheckPublicPorts(state, backend);
}

absl::Status CheckBackendExists(const DesiredState& state,
                                absl::string_view id) {
  absl::Status status = CheckNamed(id, "id");
  if (!status.ok() || state.FindBackend(id) != nullptr) return status;
  return absl::NotFoundError(absl::StrCat("id: no backend ", Quoted(id)));
}

absl::Status CheckBackendChange(const DesiredState& state, absl::string_view id,
                                uint64_t expected_version,
                                const Caller& caller) {
  absl::Status status = CheckBackendExists(state, id);
  if (!status.ok()) return status;
  const BackendEntry& known = *state.FindBackend(id);
  status = CheckOwner(known, "id", caller);
  if (!status.ok()) return status;
  return CheckVersion(absl::StrCat("backend ", Quoted(id)), known.version,
                      expected_version);
}

absl::Status CheckDeregisterBackend(const DesiredState& state,
                                    const v1::DeregisterBackendRequest& request,
                                    const Caller& caller) {
  absl::Status status = CheckBackendChange(state, request.id(),
                                           request.expected_version(), caller);
  if (!status.ok()) return status;
  if (state.FindBackend(request.id())->source == v1::SOURCE_FILE) {
    return absl::FailedPreconditionError(
        absl::StrCat("id: ", Quoted(request.id()),
                     " is set by the configuration file; remove it there"));
  }
  return absl::OkStatus();
}

absl::Status CheckSetFarm(const DesiredState& state,
                          const v1::SetFarmRequest& request) {
  snapshot::FieldProblems problems;
  snapshot::CheckFarm(request.farm(), "farm", problems);
  absl::Status status = snapshot::StatusOf(problems);
  if (!status.ok()) return status;
  const std::string what = absl::StrCat("farm ", Quoted(request.farm().name()));
  const FarmEntry* known = state.FindFarm(request.farm().name());
  if (known == nullptr) {
    status = GoneSince(what, request.expected_version());
    if (!status.ok()) return status;
    return CheckCount("farm", state.farms().size(), limits::kMaxFarms);
  }
  status = CheckVersion(what, known->version, request.expected_version());
  if (status.ok() && known->source == v1::SOURCE_FILE) {
    status = absl::FailedPreconditionError(
        absl::StrCat("farm.name: ", Quoted(request.farm().name()),
                     " is set by the configuration file; change it there"));
  }
  return status;
}

absl::Status CheckDeleteFarm(const DesiredState& state,
                             const v1::DeleteFarmRequest& request) {
  absl::Status status = CheckNamed(request.name(), "name");
  if (!status.ok()) return status;
  const std::string quoted = Quoted(request.name());
  const FarmEntry* known = state.FindFarm(request.name());
  if (known == nullptr) {
    return absl::NotFoundError(absl::StrCat("name: no farm ", quoted));
  }
  status = CheckVersion(absl::StrCat("farm ", quoted), known->version,
                        request.expected_version());
  if (!status.ok()) return status;
  if (known->source == v1::SOURCE_FILE) {
    return absl::FailedPreconditionError(
        absl::StrCat("name: ", quoted,
                     " is set by the configuration file; remove it there"));
  }
  if (known->backends > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("name: farm ", quoted, " has ", known->backends,
                     known->backends == 1 ? " backend" : " backends"));
  }
  if (!known->routes.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("name: route ", Quoted(*known->routes.begin()),
                     " leads to farm ", quoted));
  }
  if (!known->policies.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("name: policy ", Quoted(*known->policies.begin()),
                     " is for farm ", quoted));
  }
  return absl::OkStatus();
}

absl::Status CheckSetRoute(const DesiredState& state,
                           const v1::SetRouteRequest& request) {
  const v1::Route& route = request.route();
  snapshot::FieldProblems problems;
  snapshot::CheckRoute(route, "route", problems);
  absl::Status status = snapshot::StatusOf(problems);
  if (!status.ok()) return status;
  const std::string what = absl::StrCat("route ", Quoted(route.name()));
  const RouteEntry* known = state.FindRoute(route.name());
  if (known == nullptr) {
    status = GoneSince(what, request.expected_version());
    if (status.ok()) {
      status = CheckCount("route", state.routes().size(), limits::kMaxRoutes);
    }
  } else {
    status = CheckVersion(what, known->version, request.expected_version());
  }
  if (!status.ok()) return status;
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    return absl::FailedPreconditionError(
        absl::StrCat("route.name: ", Quoted(route.name()),
                     " is set by the configuration file; change it there"));
  }
  if (state.FindFarm(route.farm()) == nullptr) {
    return absl::NotFoundError(absl::StrCat("route.farm: ", what, " leads to ",
                                            Quoted(route.farm()),
                                            ", which is no farm"));
  }
  return absl::OkStatus();
}

absl::Status CheckDeleteRoute(const DesiredState& state,
                              const v1::DeleteRouteRequest& request) {
  absl::Status status = CheckNamed(request.name(), "name");
  if (!status.ok()) return status;
  const std::string quoted = Quoted(request.name());
  const RouteEntry* known = state.FindRoute(request.name());
  if (known == nullptr) {
    return absl::NotFoundError(absl::StrCat("name: no route ", quoted));
  }
  status = CheckVersion(absl::StrCat("route ", quoted), known->version,
                        request.expected_version());
  if (status.ok() && known->source == v1::SOURCE_FILE) {
    status = absl::FailedPreconditionError(
        absl::StrCat("name: ", quoted,
                     " is set by the configuration file; remove it there"));
  }
  return status;
}

namespace {

absl::Status CheckPoliciesBytes(const DesiredState& state,
                                const v1::Policy& policy) {
  size_t bytes = policy.ByteSizeLong();
  for (const auto& [name, entry] : state.policies()) {
    if (name != policy.name()) bytes += entry.policy.ByteSizeLong();
  }
  if (bytes <= snapshot::kMaxPoliciesBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("policy: all policies would have ", bytes,
                   " bytes together, more than ", snapshot::kMaxPoliciesBytes));
}

}  // namespace

absl::Status CheckSetPolicy(const DesiredState& state,
                            const v1::SetPolicyRequest& request) {
  const v1::Policy& policy = request.policy();
  snapshot::FieldProblems problems;
  snapshot::CheckPolicy(policy, "policy", problems);
  absl::Status status = snapshot::StatusOf(problems);
  if (!status.ok()) return status;
  const std::string what = absl::StrCat("policy ", Quoted(policy.name()));
  const PolicyEntry* known = state.FindPolicy(policy.name());
  if (known == nullptr) {
    status = GoneSince(what, request.expected_version());
    if (status.ok()) {
      status =
          CheckCount("policy", state.policies().size(), limits::kMaxPolicies);
    }
  } else {
    status = CheckVersion(what, known->version, request.expected_version());
  }
  if (!status.ok()) return status;
  if (known != nullptr && known->source == v1::SOURCE_FILE) {
    return absl::FailedPreconditionError(
        absl::StrCat("policy.name: ", Quoted(policy.name()),
                     " is set by the configuration file; change it there"));
  }
  if (!policy.farm().empty() && state.FindFarm(policy.farm()) == nullptr) {
    return absl::NotFoundError(absl::StrCat("policy.farm: ", what, " is for ",
                                            Quoted(policy.farm()),
                                            ", which is no farm"));
  }
  return CheckPoliciesBytes(state, policy);
}

absl::Status CheckDeletePolicy(const DesiredState& state,
                               const v1::DeletePolicyRequest& request) {
  absl::Status status = CheckNamed(request.name(), "name");
  if (!status.ok()) return status;
  const std::string quoted = Quoted(request.name());
  const PolicyEntry* known = state.FindPolicy(request.name());
  if (known == nullptr) {
    return absl::NotFoundError(absl::StrCat("name: no policy ", quoted));
  }
  status = CheckVersion(absl::StrCat("policy ", quoted), known->version,
                        request.expected_version());
  if (status.ok() && known->source == v1::SOURCE_FILE) {
    status = absl::FailedPreconditionError(
        absl::StrCat("name: ", quoted,
                     " is set by the configuration file; remove it there"));
  }
  return status;
}

}  // namespace pinnace::registry
