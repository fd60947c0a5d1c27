#include "cli/ctl_registry.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_policy.h"
#include "cli/ctl_route.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

void PrintSnapshot(const v1::Snapshot& snapshot) {
  std::printf("version %s\n\n", absl::StrCat(snapshot.version()).c_str());
  std::vector<std::vector<std::string>> rows = {
      {"FARM", "BALANCE", "BACKEND", "ADDRESS", "STATE"}};
  for (const v1::Farm& farm : snapshot.farms()) {
    const std::string balance =
        FieldText(farm, "balance").value_or("least_sessions");
    if (farm.backends().empty()) {
      rows.push_back({farm.name(), balance, "-", "-", "-"});
    }
    for (const v1::Backend& backend : farm.backends()) {
      rows.push_back({farm.name(), balance, backend.id(), backend.address(),
                      FieldText(backend, "state").value_or("up")});
    }
  }
  PrintTable(rows);
  rows = {RouteHeading()};
  for (const v1::Route& route : snapshot.routes()) {
    rows.push_back(RouteCells(route));
  }
  std::printf("\n");
  PrintTable(rows);
  rows = {PolicyHeading()};
  for (const v1::Policy& policy : snapshot.policies()) {
    rows.push_back(PolicyCells(policy));
  }
  std::printf("\n");
  PrintTable(rows);
}

absl::Status ShowSnapshot(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::Snapshot snapshot;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::GetSnapshot,
                      v1::GetSnapshotRequest(), &snapshot);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(snapshot);
  } else {
    PrintSnapshot(snapshot);
  }
  return status;
}

absl::Status ReadAudit(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  v1::ReadAuditResponse audit;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ReadAudit,
                      invocation.As<v1::ReadAuditRequest>(), &audit);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(audit);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {{"ID", "TIME", "ACTOR", "FROM",
                                                 "METHOD", "SUBJECT", "VERSION",
                                                 "DETAIL"}};
  for (const v1::AuditEntry& entry : audit.entries()) {
    rows.push_back({absl::StrCat(entry.id()), Shown(entry.time()),
                    Shown(entry.actor()), Shown(entry.address()),
                    Shown(entry.method()), Shown(entry.subject()),
                    absl::StrCat(entry.version()), Shown(entry.detail())});
  }
  PrintTable(rows);
  return status;
}

}  // namespace

std::vector<CtlVerb> RegistryVerbs() {
  return {
      {.noun = "snapshot",
       .verb = "",
       .help = "What gateways are told at this moment.",
       .examples = {"pinnace ctl snapshot", "pinnace ctl snapshot --json"},
       .run = &ShowSnapshot},
      {.noun = "audit",
       .verb = "",
       .help = "Who changed what, and when; the newest first. For operators.",
       .message = &v1::ReadAuditRequest::default_instance(),
       .flags =
           {{.name = "limit",
             .help = "entries, at most 1000",
             .field = "limit",
             .otherwise = "100"},
            {.name = "before-id",
             .help = "the next page: what is older than this id",
             .field = "before_id"},
            {.name = "subject",
             .help =
                 "only of one, like backend/a, farm/main, route/r or policy/p",
             .field = "subject",
             .value = "KIND/NAME"},
            {.name = "actor",
             .help = "only by one; \"lease\": TTLs that ran out",
             .field = "actor",
             .value = "NAME"}},
       .examples = {"pinnace ctl audit --limit 20",
                    "pinnace ctl audit --subject backend/a --actor local"},
       .run = &ReadAudit},
  };
}

}  // namespace pinnace::cli
