#include "cli/ctl_route.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/ctl_connection.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

void PrintRoutes(const std::vector<v1::RouteRecord>& records) {
  std::vector<std::vector<std::string>> rows = {RouteHeading()};
  rows[0].insert(rows[0].end(), {"SOURCE", "VERSION"});
  for (const v1::RouteRecord& record : records) {
    rows.push_back(RouteCells(record.route()));
    rows.back().push_back(FieldText(record, "source").value_or("-"));
    rows.back().push_back(absl::StrCat(record.version()));
  }
  PrintTable(rows);
}

absl::Status ListRoutes(const CtlInvocation& invocation,
                        CtlConnection& connection) {
  v1::ListRoutesResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListRoutes,
                      v1::ListRoutesRequest(), &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
  } else {
    PrintRoutes({list.routes().begin(), list.routes().end()});
  }
  return status;
}

absl::Status SetRoute(const CtlInvocation& invocation,
                      CtlConnection& connection) {
  v1::ListRoutesResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListRoutes,
                      v1::ListRoutesRequest(), &list);
  if (!status.ok()) return status;
  v1::SetRouteRequest request;
  for (const v1::RouteRecord& record : list.routes()) {
    if (record.route().name() != invocation.argument) continue;
    *request.mutable_route() = record.route();
    // What changes between the two calls is not overwritten.
    request.set_expected_version(record.version());
  }
  status = invocation.LayOver(*request.mutable_route());
  if (!status.ok()) return status;
  v1::RouteRecord record;
  status = connection.Call(connection.registry(), &Registry::SetRoute, request,
                           &record);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(record);
  } else {
    PrintRoutes({record});
  }
  return status;
}

absl::Status DeleteRoute(const CtlInvocation& invocation,
                         CtlConnection& connection) {
  const auto request = invocation.As<v1::DeleteRouteRequest>();
  v1::DeleteRouteResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeleteRoute, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("route %s deleted\n", request.name().c_str());
  }
  return status;
}

constexpr CtlArgument kName = {
    .name = "NAME", .field = "name", .names = Names::kRoutes};

CtlVerb SetVerb() {
  return {
      .noun = "route",
      .verb = "set",
      .help =
          "Makes a route, or changes what is named of it and nothing else. "
          "At USER the first\nroute whose every condition holds names the "
          "farm; without one it is the\nlistener's. A condition that is "
          "\"\" always holds.",
      .message = &v1::Route::default_instance(),
      .argument = kName,
      .flags = {{.name = "farm",
                 .help = "where its sessions go; a new route must say it",
                 .field = "farm",
                 .value = "FARM",
                 .names = Names::kFarms},
                {.name = "order",
                 .help = "the lowest is looked at first",
                 .field = "order",
                 .otherwise = "0"},
                {.name = "listener",
                 .help = "condition: the listener's address, as the gateway's "
                         "configuration has it",
                 .field = "listener",
                 .value = "IP:PORT"},
                {.name = "host",
                 .help = "condition: what HOST or the TLS handshake said, or "
                         "*.DOMAIN",
                 .field = "host",
                 .value = "HOST"},
                {.name = "user",
                 .help = "condition: the name that USER gives",
                 .field = "user",
                 .value = "GLOB"},
                {.name = "client-cidr",
                 .help = "condition: where the client is",
                 .field = "client_cidr",
                 .value = "CIDR"},
                {.name = "client-subject",
                 .help = "condition: the common name of the client's verified "
                         "certificate",
                 .field = "client_subject",
                 .value = "GLOB"}},
      .examples = {"pinnace ctl route set partners --farm archive --user "
                   "'partner-*'",
                   "pinnace ctl route set partners --order 10 --host "
                   "'*.partners.example.com' --user ''",
                   "pinnace ctl route set office --farm main --client-cidr "
                   "10.0.0.0/8",
                   "pinnace ctl route set robots --farm archive "
                   "--client-subject 'robot-*'"},
      .run = &SetRoute};
}

}  // namespace

std::vector<std::string> RouteHeading() {
  return {"ORDER", "NAME",        "LISTENER",       "HOST",
          "USER",  "CLIENT CIDR", "CLIENT SUBJECT", "FARM"};
}

std::vector<std::string> RouteCells(const v1::Route& route) {
  return {absl::StrCat(route.order()),   Shown(route.name()),
          Shown(route.listener()),       Shown(route.host()),
          Shown(route.user()),           Shown(route.client_cidr()),
          Shown(route.client_subject()), Shown(route.farm())};
}

std::vector<CtlVerb> RouteVerbs() {
  return {
      {.noun = "route",
       .verb = "list",
       .help = "Routes in the order they are looked at.",
       .examples = {"pinnace ctl route list", "pinnace ctl route list --json"},
       .run = &ListRoutes},
      SetVerb(),
      {.noun = "route",
       .verb = "delete",
       .help = "Removes a route; running sessions stay where they are.",
       .message = &v1::DeleteRouteRequest::default_instance(),
       .argument = kName,
       .flags = {{.name = "expected-version",
                  .help =
                      "refuse when the route has changed since this version",
                  .field = "expected_version"}},
       .examples = {"pinnace ctl route delete office"},
       .run = &DeleteRoute},
  };
}

}  // namespace pinnace::cli
