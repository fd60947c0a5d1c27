#include "cli/ctl_backend.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_hold.h"
#include "cli/message_fields.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

// Of a held registration without --ttl.
constexpr int kDefaultHoldSeconds = 15;

std::string StateOf(const v1::Backend& backend) {
  return FieldText(backend, "state").value_or("up");
}

std::string HealthOf(const v1::BackendLoad& load) {
  const std::string health = FieldText(load, "health").value_or("-");
  return load.ejected() ? health + ", ejected" : health;
}

std::string WeightOf(const v1::Backend& backend) {
  return FieldText(backend, "weight").value_or("1");
}

std::string LabelsOf(const v1::Backend& backend) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : backend.labels()) {
    labels.push_back(absl::StrCat(key, "=", value));
  }
  std::sort(labels.begin(), labels.end());
  return absl::StrJoin(labels, ", ");
}

void PrintBackend(const v1::BackendRecord& record) {
  const v1::Backend& backend = record.backend();
  const v1::BackendLoad& load = record.load();
  PrintTable({
      {"id", backend.id()},
      {"farm", record.farm()},
      {"address", backend.address()},
      {"state", StateOf(backend)},
      {"health", HealthOf(load)},
      {"trouble", Shown(load.trouble())},
      {"sessions", absl::StrCat(load.sessions())},
      {"sessions_total", absl::StrCat(load.sessions_total())},
      {"transfers_total", absl::StrCat(load.transfers_total())},
      {"bytes_to_clients", absl::StrCat(load.bytes_to_clients())},
      {"bytes_from_clients", absl::StrCat(load.bytes_from_clients())},
      {"connect_failures", absl::StrCat(load.connect_failures())},
      {"weight", WeightOf(backend)},
      {"zone", Shown(backend.zone())},
      {"capacity", FieldText(backend, "capacity").value_or("-")},
      {"max_sessions", FieldText(backend, "max_sessions").value_or("-")},
      {"proxy_protocol", FieldText(backend, "proxy_protocol").value_or("off")},
      {"data_proxy_protocol",
       FieldText(backend, "data_proxy_protocol").value_or("off")},
      {"labels", Shown(LabelsOf(backend))},
      {"passive_ports", Shown(backend.passive_ports())},
      {"public_ports", Shown(backend.public_ports())},
      {"owner", Shown(record.owner())},
      {"source", FieldText(record, "source").value_or("-")},
      {"ttl", FieldText(record, "ttl").value_or("-")},
      {"expires", Shown(record.expires())},
      {"version", absl::StrCat(record.version())},
  });
}

void Print(const CtlInvocation& invocation, const v1::BackendRecord& record) {
  if (invocation.json) {
    PrintJson(record);
  } else {
    PrintBackend(record);
  }
  std::fflush(stdout);  // of --hold too, which goes on
}

absl::Status ListBackends(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::ListBackendsResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListBackends,
                      invocation.As<v1::ListBackendsRequest>(), &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"FARM", "ID", "ADDRESS", "STATE", "HEALTH", "SESSIONS", "MAX SESSIONS",
       "WEIGHT", "ZONE", "PUBLIC PORTS", "OWNER", "SOURCE", "EXPIRES"}};
  for (const v1::BackendRecord& record : list.backends()) {
    const v1::Backend& backend = record.backend();
    rows.push_back(
        {record.farm(), backend.id(), backend.address(), StateOf(backend),
         HealthOf(record.load()), absl::StrCat(record.load().sessions()),
         FieldText(backend, "max_sessions").value_or("-"), WeightOf(backend),
         Shown(backend.zone()), Shown(backend.public_ports()),
         Shown(record.owner()), FieldText(record, "source").value_or("-"),
         Shown(record.expires())});
  }
  PrintTable(rows);
  return status;
}

// A call that names one backend and answers with it as it is now.
template <typename Request, auto kMethod>
absl::Status CallOnBackend(const CtlInvocation& invocation,
                           CtlConnection& connection) {
  v1::BackendRecord record;
  absl::Status status = connection.Call(connection.registry(), kMethod,
                                        invocation.As<Request>(), &record);
  if (status.ok()) Print(invocation, record);
  return status;
}

absl::Status RegisterBackend(const CtlInvocation& invocation,
                             CtlConnection& connection) {
  if (!invocation.Has("hold")) {
    return CallOnBackend<v1::RegisterBackendRequest,
                         &Registry::RegisterBackend>(invocation, connection);
  }
  HoldOptions options;
  options.request = RegisterRequestOf(invocation);
  if (invocation.Has("drain-deadline")) {
    options.drain_deadline = *ParsedDuration(invocation.Flag("drain-deadline"));
  }
  options.show = [&invocation](const v1::BackendRecord& record) {
    Print(invocation, record);
  };
  return HoldBackend(options, connection);
}

absl::Status DeregisterBackend(const CtlInvocation& invocation,
                               CtlConnection& connection) {
  const auto request = invocation.As<v1::DeregisterBackendRequest>();
  v1::DeregisterBackendResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeregisterBackend, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("backend %s deregistered\n", request.id().c_str());
  }
  return status;
}

constexpr CtlArgument kId = {
    .name = "ID", .field = "id", .names = Names::kBackends};

constexpr CtlFlag kExpectedVersion = {
    .name = "expected-version",
    .help = "refuse when the backend has changed since this version",
    .field = "expected_version"};

std::vector<CtlFlag> RegisterFlags() {
  return {
      {.name = "farm",
       .help = "made with defaults when there is none of the name",
       .field = "farm",
       .value = "FARM",
       .names = Names::kFarms,
       .needed = Needed::kYes},
      {.name = "id",
       .help = "unique among all backends",
       .field = "backend.id",
       .value = "ID",
       .needed = Needed::kYes},
      {.name = "address",
       .help = "of its control port; a DNS name or an address",
       .field = "backend.address",
       .value = "HOST:PORT",
       .needed = Needed::kYes},
      {.name = "weight",
       .help = "share of new sessions, 1 to 1000",
       .field = "backend.weight",
       .otherwise = "1"},
      {.name = "zone",
       .help = "where it stands, for farms with --prefer-zone",
       .field = "backend.zone",
       .value = "ZONE"},
      {.name = "capacity",
       .help = "sessions it is made for; what least_sessions fills",
       .field = "backend.capacity"},
      {.name = "max-sessions",
       .help = "most sessions that each gateway gives it",
       .field = "backend.max_sessions",
       .otherwise = "no bound"},
      {.name = "proxy-protocol",
       .help = "what its control connections begin with",
       .field = "backend.proxy_protocol",
       .otherwise = "off"},
      {.name = "data-proxy-protocol",
       .help = "what data connections begin with that the gateway opens",
       .field = "backend.data_proxy_protocol",
       .otherwise = "off"},
      {.name = "passive-ports",
       .help = "its server's passive range; for people",
       .field = "backend.passive_ports",
       .value = "A-B"},
      {.name = "rate-download",
       .help = "bytes a second of all its sessions on one gateway",
       .field = "backend.rate.download",
       .value = "BYTES"},
      {.name = "rate-upload",
       .help = "likewise",
       .field = "backend.rate.upload",
       .value = "BYTES"},
      {.name = "rate-burst",
       .help = "that may go at once after a pause",
       .field = "backend.rate.burst",
       .value = "BYTES"},
      {.name = "public-ports",
       .help = "its own slice of the gateways' public ports",
       .field = "backend.public_ports",
       .value = "A-B"},
      {.name = "label",
       .help = "any number of times",
       .field = "backend.labels"},
      {.name = "ttl",
       .help = "how long it stays without a heartbeat",
       .field = "ttl",
       .otherwise = "for ever"},
      kExpectedVersion,
      {.name = "hold",
       .help = "stay, send heartbeats, and on SIGTERM drain and deregister",
       .type = FlagType::kPlain},
      {.name = "drain-deadline",
       .help = "of --hold: how long its sessions have; 0: no wait",
       .value = "DURATION",
       .otherwise = "10m",
       .type = FlagType::kDuration},
  };
}

CtlVerb RegisterVerb() {
  return {
      .noun = "backend",
      .verb = "register",
      .help =
          "Adds a backend, changes it, or renews its lease. What is not named "
          "has its\ndefault. Only with --expected-version may a backend change "
          "its farm or address.\n\n"
          "--hold is for a sidecar. It registers, however long the control "
          "plane is away,\nand sends heartbeats (--ttl is 15s when not given). "
          "On SIGTERM it drains the\nbackend, waits until no gateway has a "
          "session on it or --drain-deadline has\npassed, then deregisters; a "
          "second SIGTERM deregisters at once.",
      .message = &v1::RegisterBackendRequest::default_instance(),
      .flags = RegisterFlags(),
      .examples =
          {"pinnace ctl backend register --farm main --id c --address "
           "127.0.0.13:2121",
           "pinnace ctl backend register --farm main --id b --address "
           "ftp-b.example.com:21 \\\n    --weight 2 --zone east --capacity 200 "
           "--max-sessions 400 --label rack=7 --ttl 1m",
           "pinnace ctl backend register --farm main --id \"$HOSTNAME\" "
           "--address \"$POD_IP:21\" \\\n    --proxy-protocol v2 --ttl 15s "
           "--hold --drain-deadline 5m"},
      .run = &RegisterBackend};
}

}  // namespace

v1::RegisterBackendRequest RegisterRequestOf(const CtlInvocation& invocation) {
  auto request = invocation.As<v1::RegisterBackendRequest>();
  if (invocation.Has("hold") &&
      snapshot::DurationOf(request.ttl()) <= absl::ZeroDuration()) {
    request.mutable_ttl()->set_seconds(kDefaultHoldSeconds);
  }
  return request;
}

std::vector<CtlVerb> BackendVerbs() {
  return {
      RegisterVerb(),
      {.noun = "backend",
       .verb = "list",
       .help = "Backends with their load, summed over the gateways.",
       .message = &v1::ListBackendsRequest::default_instance(),
       .flags = {{.name = "farm",
                  .help = "only this farm's",
                  .field = "farm",
                  .value = "FARM",
                  .names = Names::kFarms}},
       .examples = {"pinnace ctl backend list",
                    "pinnace ctl backend list --farm main --json"},
       .run = &ListBackends},
      {.noun = "backend",
       .verb = "show",
       .help = "Everything about one backend.",
       .message = &v1::GetBackendRequest::default_instance(),
       .argument = kId,
       .examples = {"pinnace ctl backend show a"},
       .run = &CallOnBackend<v1::GetBackendRequest, &Registry::GetBackend>},
      {.noun = "backend",
       .verb = "drain",
       .help = "No new sessions from now on; those it has end as its farm's "
               "drain settings say.",
       .message = &v1::DrainBackendRequest::default_instance(),
       .argument = kId,
       .flags = {kExpectedVersion},
       .examples = {"pinnace ctl backend drain a"},
       .run = &CallOnBackend<v1::DrainBackendRequest, &Registry::DrainBackend>},
      {.noun = "backend",
       .verb = "resume",
       .help = "Ends a drain.",
       .message = &v1::ResumeBackendRequest::default_instance(),
       .argument = kId,
       .flags = {kExpectedVersion},
       .examples = {"pinnace ctl backend resume a"},
       .run =
           &CallOnBackend<v1::ResumeBackendRequest, &Registry::ResumeBackend>},
      {.noun = "backend",
       .verb = "deregister",
       .help = "Removes a backend.",
       .message = &v1::DeregisterBackendRequest::default_instance(),
       .argument = kId,
       .flags = {kExpectedVersion},
       .examples = {"pinnace ctl backend deregister a"},
       .run = &DeregisterBackend},
  };
}

}  // namespace pinnace::cli
