#include "cli/ctl_session.h"

#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace pinnace::cli {
namespace {

using Sessions = v1::Sessions::Stub;

// On standard error: the list on standard output stays a list.
template <typename Response>
void WarnOfSilent(const Response& response) {
  for (const std::string& name : response.silent_gateways()) {
    std::fprintf(stderr, "pinnace ctl: gateway %s did not answer\n",
                 name.c_str());
  }
}

std::string TransferOf(const v1::Session& session) {
  if (!session.has_transfer()) return "-";
  const v1::Transfer& transfer = session.transfer();
  return absl::StrCat(transfer.verb(), " ", transfer.path(), " ",
                      transfer.bytes(), " B");
}

absl::StatusOr<uint64_t> IdOf(const CtlInvocation& invocation) {
  uint64_t id = 0;
  if (absl::SimpleAtoi(invocation.arguments[0], &id)) return id;
  return absl::InvalidArgumentError(absl::StrCat(
      "ID must be a number, not \"", invocation.arguments[0], "\""));
}

absl::Status Fetch(const CtlInvocation& invocation, CtlConnection& connection,
                   v1::ListSessionsResponse& list) {
  v1::ListSessionsRequest request;
  request.set_gateway(invocation.Flag("gateway"));
  request.set_farm(invocation.Flag("farm"));
  request.set_backend(invocation.Flag("backend"));
  absl::Status status = connection.Call(
      connection.sessions(), &Sessions::ListSessions, request, &list);
  if (status.ok()) WarnOfSilent(list);
  return status;
}

void PrintSession(const v1::Session& session) {
  PrintTable({
      {"id", absl::StrCat(session.id())},
      {"gateway", session.gateway()},
      {"user", Shown(session.user())},
      {"client", Shown(session.client())},
      {"listener", Shown(session.listener())},
      {"local", Shown(session.local())},
      {"farm", Shown(session.farm())},
      {"backend", Shown(session.backend())},
      {"backend_address", Shown(session.backend_address())},
      {"phase", session.phase()},
      {"started", Shown(session.started())},
      {"last_command", Shown(session.last_command())},
      {"commands", absl::StrCat(session.commands())},
      {"transfers", absl::StrCat(session.transfers())},
  });
  if (!session.has_transfer()) return;
  const v1::Transfer& transfer = session.transfer();
  PrintTable({
      {"transfer", absl::StrCat(transfer.verb(), " ", transfer.path())},
      {"bytes", absl::StrCat(transfer.bytes())},
      {"client_leg", absl::StrCat(transfer.client_mode(), " ",
                                  Shown(transfer.client_data()))},
      {"backend_leg", absl::StrCat(transfer.backend_mode(), " ",
                                   Shown(transfer.backend_data()))},
      {"public_port", absl::StrCat(transfer.public_port())},
      {"started", Shown(transfer.started())},
  });
}

}  // namespace

absl::Status ListSessions(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::ListSessionsResponse list;
  absl::Status status = Fetch(invocation, connection, list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"GATEWAY", "ID", "USER", "CLIENT", "FARM", "BACKEND", "PHASE",
       "TRANSFERS", "NOW", "STARTED"}};
  for (const v1::Session& session : list.sessions()) {
    rows.push_back({session.gateway(), absl::StrCat(session.id()),
                    Shown(session.user()), Shown(session.client()),
                    Shown(session.farm()), Shown(session.backend()),
                    session.phase(), absl::StrCat(session.transfers()),
                    TransferOf(session), Shown(session.started())});
  }
  PrintTable(rows);
  return status;
}

absl::Status ShowSession(const CtlInvocation& invocation,
                         CtlConnection& connection) {
  absl::StatusOr<uint64_t> id = IdOf(invocation);
  if (!id.ok()) return id.status();
  v1::ListSessionsResponse list;
  absl::Status status = Fetch(invocation, connection, list);
  if (!status.ok()) return status;
  bool found = false;
  for (const v1::Session& session : list.sessions()) {
    if (session.id() != *id) continue;
    found = true;
    if (invocation.json) {
      PrintJson(session);
    } else {
      PrintSession(session);
    }
  }
  return found ? status
               : absl::NotFoundError(absl::StrCat("id: no session ", *id));
}

absl::Status KillSession(const CtlInvocation& invocation,
                         CtlConnection& connection) {
  absl::StatusOr<uint64_t> id = IdOf(invocation);
  if (!id.ok()) return id.status();
  v1::KillSessionRequest request;
  request.set_id(*id);
  request.set_gateway(invocation.Flag("gateway"));
  v1::KillSessionResponse response;
  absl::Status status = connection.Call(
      connection.sessions(), &Sessions::KillSession, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("session %s ended\n", invocation.arguments[0].c_str());
  }
  return status;
}

absl::Status ListPins(const CtlInvocation& invocation,
                      CtlConnection& connection) {
  v1::ListPinsRequest request;
  request.set_gateway(invocation.Flag("gateway"));
  v1::ListPinsResponse list;
  absl::Status status = connection.Call(connection.sessions(),
                                        &Sessions::ListPins, request, &list);
  if (!status.ok()) return status;
  WarnOfSilent(list);
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"GATEWAY", "KEY", "BACKEND", "EXPIRES"}};
  for (const v1::Pin& pin : list.pins()) {
    rows.push_back(
        {pin.gateway(), pin.key(), pin.backend(), Shown(pin.expires())});
  }
  PrintTable(rows);
  return status;
}

absl::Status DeletePin(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  v1::DeletePinRequest request;
  request.set_key(invocation.arguments[0]);
  request.set_gateway(invocation.Flag("gateway"));
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
  v1::ListPortsRequest request;
  request.set_gateway(invocation.Flag("gateway"));
  v1::ListPortsResponse list;
  absl::Status status = connection.Call(connection.sessions(),
                                        &Sessions::ListPorts, request, &list);
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
      {"NAME", "LISTENERS", "PUBLIC PORTS", "SESSIONS", "STATE", "SNAPSHOT",
       "SENT", "CONNECTED", "LAST ERROR"}};
  for (const v1::Gateway& gateway : list.gateways()) {
    rows.push_back({gateway.name(), absl::StrJoin(gateway.listeners(), ","),
                    absl::StrJoin(gateway.public_ports(), ","),
                    absl::StrCat(gateway.sessions()),
                    gateway.draining() ? "draining" : "up",
                    absl::StrCat(gateway.acked_version()),
                    absl::StrCat(gateway.sent_version()),
                    Shown(gateway.connected()), Shown(gateway.last_error())});
  }
  PrintTable(rows);
  return status;
}

}  // namespace pinnace::cli
