#include "cli/ctl_backend.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "cli/ctl_flags.h"
#include "cli/signals.h"
#include "proxy/base/log.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

// Of a held registration without --ttl.
constexpr int kDefaultHoldSeconds = 15;
// Heartbeats in a lease: two may be lost.
constexpr int kHeartbeatsPerTtl = 3;
// For one heartbeat; a signal waits as long.
constexpr absl::Duration kHoldPatience = absl::Seconds(2);

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

// "draining" of STATE_DRAINING.
std::string Word(absl::string_view prefix, absl::string_view name) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

std::string StateOf(const v1::BackendRecord& record) {
  return record.backend().state() == v1::Backend::STATE_DRAINING ? "draining"
                                                                 : "up";
}

std::string HealthOf(const v1::BackendLoad& load) {
  if (load.health() == v1::BackendLoad::HEALTH_UNSPECIFIED) return "-";
  std::string health =
      Word("HEALTH_", v1::BackendLoad::Health_Name(load.health()));
  return load.ejected() ? health + ", ejected" : health;
}

std::string SourceOf(v1::Source source) {
  return Word("SOURCE_", v1::Source_Name(source));
}

uint32_t WeightOf(const v1::Backend& backend) {
  return backend.has_weight() ? backend.weight() : 1;
}

void PrintBackend(const v1::BackendRecord& record) {
  const v1::Backend& backend = record.backend();
  std::vector<std::string> labels;
  for (const auto& [key, value] : backend.labels()) {
    labels.push_back(absl::StrCat(key, "=", value));
  }
  std::sort(labels.begin(), labels.end());
  PrintTable({
      {"id", backend.id()},
      {"farm", record.farm()},
      {"address", backend.address()},
      {"state", StateOf(record)},
      {"health", HealthOf(record.load())},
      {"trouble", Shown(record.load().trouble())},
      {"sessions", absl::StrCat(record.load().sessions())},
      {"sessions_total", absl::StrCat(record.load().sessions_total())},
      {"transfers_total", absl::StrCat(record.load().transfers_total())},
      {"weight", absl::StrCat(WeightOf(backend))},
      {"zone", Shown(backend.zone())},
      {"capacity",
       backend.capacity() == 0 ? "-" : absl::StrCat(backend.capacity())},
      {"labels", Shown(absl::StrJoin(labels, ", "))},
      {"passive_ports", Shown(backend.passive_ports())},
      {"public_ports", Shown(backend.public_ports())},
      {"source", SourceOf(record.source())},
      {"ttl",
       record.has_ttl() ? absl::FormatDuration(DurationOf(record.ttl())) : "-"},
      {"expires", Shown(record.expires())},
      {"version", absl::StrCat(record.version())},
  });
}

void Print(const CtlInvocation& invocation, const v1::BackendRecord& record) {
  if (invocation.json) return PrintJson(record);
  PrintBackend(record);
}

// Heartbeats until a signal comes, then deregisters. Nothing but the signal
// ends it: the control plane may be away for a while.
absl::Status Hold(const v1::RegisterBackendRequest& request,
                  CtlConnection& connection) {
  const absl::Duration interval = DurationOf(request.ttl()) / kHeartbeatsPerTtl;
  connection.WaitForServer(std::min(interval, kHoldPatience));
  v1::HeartbeatRequest heartbeat;
  heartbeat.set_id(request.backend().id());
  absl::StatusCode last = absl::StatusCode::kOk;
  while (NextSignal(interval) != Signal::kStop) {
    v1::BackendRecord record;
    absl::Status status = connection.Call(
        connection.registry(), &Registry::Heartbeat, heartbeat, &record);
    if (status.code() == absl::StatusCode::kNotFound) {
      Log(LogLevel::kInfo, absl::StrCat("backend ", heartbeat.id(),
                                        " had run out; registering it again"));
      status = connection.Call(connection.registry(),
                               &Registry::RegisterBackend, request, &record);
    }
    if (status.code() != last && !status.ok()) {
      Log(LogLevel::kWarning,
          absl::StrCat("heartbeat of backend ", heartbeat.id(), ": ",
                       status.ToString()));
    }
    if (status.ok() && last != absl::StatusCode::kOk)
      Log(LogLevel::kInfo, "heartbeat: ok again");
    last = status.code();
  }
  v1::DeregisterBackendRequest leave;
  leave.set_id(request.backend().id());
  v1::DeregisterBackendResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeregisterBackend, leave, &response);
  if (status.ok())
    Log(LogLevel::kInfo, absl::StrCat("backend ", leave.id(), " deregistered"));
  // Already gone is as good.
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

}  // namespace

absl::StatusOr<v1::RegisterBackendRequest> RegisterRequestOf(
    const CtlInvocation& invocation) {
  for (const char* flag : {"farm", "id", "address"}) {
    if (!invocation.Has(flag)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, " is missing"));
    }
  }
  v1::RegisterBackendRequest request;
  request.set_farm(invocation.Flag("farm"));
  v1::Backend& backend = *request.mutable_backend();
  backend.set_id(invocation.Flag("id"));
  backend.set_address(invocation.Flag("address"));
  backend.set_zone(invocation.Flag("zone"));
  backend.set_passive_ports(invocation.Flag("passive-ports"));
  backend.set_public_ports(invocation.Flag("public-ports"));
  if (invocation.Has("weight")) {
    absl::StatusOr<uint32_t> weight =
        NumberFlag<uint32_t>(invocation, "weight");
    if (!weight.ok()) return weight.status();
    backend.set_weight(*weight);
  }
  if (invocation.Has("capacity")) {
    absl::StatusOr<uint32_t> capacity =
        NumberFlag<uint32_t>(invocation, "capacity");
    if (!capacity.ok()) return capacity.status();
    backend.set_capacity(*capacity);
  }
  if (auto labels = invocation.flags.find("label");
      labels != invocation.flags.end()) {
    for (const std::string& label : labels->second) {
      const size_t equals = label.find('=');
      if (equals == 0 || equals == std::string::npos) {
        return absl::InvalidArgumentError(
            absl::StrCat("--label must be KEY=VALUE, not \"", label, "\""));
      }
      (*backend.mutable_labels())[label.substr(0, equals)] =
          label.substr(equals + 1);
    }
  }
  if (invocation.Has("ttl")) {
    absl::StatusOr<google::protobuf::Duration> ttl =
        DurationFlag(invocation, "ttl");
    if (!ttl.ok()) return ttl.status();
    *request.mutable_ttl() = *ttl;
  }
  if (invocation.Has("hold") &&
      DurationOf(request.ttl()) <= absl::ZeroDuration()) {
    request.mutable_ttl()->set_seconds(kDefaultHoldSeconds);
  }
  if (invocation.Has("expected-version")) {
    absl::StatusOr<uint64_t> version =
        NumberFlag<uint64_t>(invocation, "expected-version");
    if (!version.ok()) return version.status();
    request.set_expected_version(*version);
  }
  return request;
}

absl::Status RegisterBackend(const CtlInvocation& invocation,
                             CtlConnection& connection) {
  absl::StatusOr<v1::RegisterBackendRequest> request =
      RegisterRequestOf(invocation);
  if (!request.ok()) return request.status();
  v1::BackendRecord record;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::RegisterBackend, *request, &record);
  if (!status.ok()) return status;
  Print(invocation, record);
  std::fflush(stdout);
  return invocation.Has("hold") ? Hold(*request, connection) : status;
}

absl::Status ListBackends(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::ListBackendsRequest request;
  request.set_farm(invocation.Flag("farm"));
  v1::ListBackendsResponse list;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::ListBackends, request, &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"FARM", "ID", "ADDRESS", "STATE", "HEALTH", "SESSIONS", "WEIGHT",
       "PUBLIC PORTS", "SOURCE", "EXPIRES"}};
  for (const v1::BackendRecord& record : list.backends()) {
    const v1::Backend& backend = record.backend();
    rows.push_back(
        {record.farm(), backend.id(), backend.address(), StateOf(record),
         HealthOf(record.load()), absl::StrCat(record.load().sessions()),
         absl::StrCat(WeightOf(backend)), Shown(backend.public_ports()),
         SourceOf(record.source()), Shown(record.expires())});
  }
  PrintTable(rows);
  return status;
}

// A call that names one backend and answers with it as it is now.
template <typename Request, typename Method>
absl::Status CallOnBackend(const CtlInvocation& invocation,
                           CtlConnection& connection, Method method) {
  Request request;
  request.set_id(invocation.arguments[0]);
  v1::BackendRecord record;
  absl::Status status =
      connection.Call(connection.registry(), method, request, &record);
  if (status.ok()) Print(invocation, record);
  return status;
}

absl::Status ShowBackend(const CtlInvocation& invocation,
                         CtlConnection& connection) {
  return CallOnBackend<v1::GetBackendRequest>(invocation, connection,
                                              &Registry::GetBackend);
}

absl::Status DrainBackend(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  return CallOnBackend<v1::DrainBackendRequest>(invocation, connection,
                                                &Registry::DrainBackend);
}

absl::Status ResumeBackend(const CtlInvocation& invocation,
                           CtlConnection& connection) {
  return CallOnBackend<v1::ResumeBackendRequest>(invocation, connection,
                                                 &Registry::ResumeBackend);
}

absl::Status DeregisterBackend(const CtlInvocation& invocation,
                               CtlConnection& connection) {
  v1::DeregisterBackendRequest request;
  request.set_id(invocation.arguments[0]);
  v1::DeregisterBackendResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeregisterBackend, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("backend %s deregistered\n", request.id().c_str());
  }
  return status;
}

}  // namespace pinnace::cli
