#include "cli/ctl_gateway.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/ctl_connection.h"

namespace pinnace::cli {
namespace {

using Sessions = v1::Sessions::Stub;

absl::Status ListPins(const CtlInvocation& invocation,
                      CtlConnection& connection) {
  v1::ListPinsResponse list;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::ListPins,
                      invocation.As<v1::ListPinsRequest>(), &list);
  if (!status.ok()) return status;
  WarnOfSilent(list);
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"GATEWAY", "KEY", "FARM", "CLIENT", "USER", "BACKEND", "EXPIRES"}};
  for (const v1::Pin& pin : list.pins()) {
    rows.push_back({Shown(pin.gateway()), Shown(pin.key()), Shown(pin.farm()),
                    Shown(pin.client()), Shown(pin.user()),
                    Shown(pin.backend()), Shown(pin.expires())});
  }
  PrintTable(rows);
  return status;
}

absl::Status DeletePin(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  const auto request = invocation.As<v1::DeletePinRequest>();
  v1::DeletePinResponse response;
  absl::Status status = connection.Call(
      connection.sessions(), &Sessions::DeletePin, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("pin %s deleted\n", request.key().c_str());
  }
  return status;
}

absl::Status ListPorts(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  v1::ListPortsResponse list;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::ListPorts,
                      invocation.As<v1::ListPortsRequest>(), &list);
  if (!status.ok()) return status;
  WarnOfSilent(list);
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"GATEWAY", "PORTS", "PENDING", "WAITING", "GRANTED", "CLAIMED", "WAITED",
       "REFUSED", "STRANGERS", "BUSY PORTS"}};
  for (const v1::PortUse& use : list.gateways()) {
    std::vector<std::string> busy;
    for (const v1::PortUse::Port& port : use.by_port()) {
      if (port.pending() == 0) continue;
      busy.push_back(absl::StrCat(port.port(), "x", port.pending()));
    }
    rows.push_back(
        {use.gateway(), absl::StrCat(use.ports()), absl::StrCat(use.pending()),
         absl::StrCat(use.waiting()), absl::StrCat(use.granted_total()),
         absl::StrCat(use.claimed_total()), absl::StrCat(use.waited_total()),
         absl::StrCat(use.refused_total()), absl::StrCat(use.strangers_total()),
         Shown(absl::StrJoin(busy, " "))});
  }
  PrintTable(rows);
  return status;
}

absl::Status ListGateways(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::ListGatewaysResponse list;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::ListGateways,
                      v1::ListGatewaysRequest(), &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "ZONE", "LISTENERS", "PUBLIC PORTS", "STATE", "SESSIONS", "PINS",
       "PENDING LEASES", "ACKED", "SENT", "CONNECTED", "LAST ERROR"}};
  for (const v1::Gateway& gateway : list.gateways()) {
    rows.push_back({Shown(gateway.name()), Shown(gateway.zone()),
                    Shown(absl::StrJoin(gateway.listeners(), ",")),
                    Shown(absl::StrJoin(gateway.public_ports(), ",")),
                    gateway.draining() ? "draining" : "up",
                    absl::StrCat(gateway.sessions()),
                    absl::StrCat(gateway.pins()),
                    absl::StrCat(gateway.ports().pending()),
                    absl::StrCat(gateway.acked_version()),
                    absl::StrCat(gateway.sent_version()),
                    Shown(gateway.connected()), Shown(gateway.last_error())});
  }
  PrintTable(rows);
  return status;
}

}  // namespace

std::vector<CtlVerb> PinVerbs() {
  return {
      {.noun = "pin",
       .verb = "list",
       .help = "Which client, or user, stays on which backend.",
       .message = &v1::ListPinsRequest::default_instance(),
       .flags = {kGatewayFlag},
       .examples = {"pinnace ctl pin list", "pinnace ctl pin list --json"},
       .run = &ListPins},
      {.noun = "pin",
       .verb = "delete",
       .help = "Forgets a pin: the next session may go elsewhere. The key is "
               "as pin list has it:\nFARM/CLIENT-IP, or FARM/USER where the "
               "farm pins by user.",
       .message = &v1::DeletePinRequest::default_instance(),
       .argument = {.name = "KEY", .field = "key", .names = Names::kPins},
       .flags = {kGatewayFlag},
       .examples = {"pinnace ctl pin delete main/127.0.0.1",
                    "pinnace ctl pin delete archive/partner-7"},
       .run = &DeletePin},
  };
}

std::vector<CtlVerb> PortVerbs() {
  return {
      {.noun = "port",
       .verb = "list",
       .help = "Public ports and their leases.",
       .message = &v1::ListPortsRequest::default_instance(),
       .flags = {kGatewayFlag},
       .examples = {"pinnace ctl port list"},
       .run = &ListPorts},
  };
}

std::vector<CtlVerb> GatewayVerbs() {
  return {
      {.noun = "gateway",
       .verb = "list",
       .help = "Gateways that are connected now: what they serve, and which "
               "snapshot they have.",
       .examples = {"pinnace ctl gateway list",
                    "pinnace ctl gateway list --json"},
       .run = &ListGateways},
  };
}

}  // namespace pinnace::cli
