#include "cli/ctl_session.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/ctl_connection.h"
#include "cli/ctl_gateway.h"

namespace pinnace::cli {
namespace {

using Sessions = v1::Sessions::Stub;

std::string TransferOf(const v1::Session& session) {
  if (!session.has_transfer()) return "-";
  const v1::Transfer& transfer = session.transfer();
  return absl::StrCat(transfer.verb(), " ", transfer.path(), " ",
                      transfer.bytes(), " B");
}

// "1.3": TLSv1.3, "-": clear.
std::string VersionOf(bool is_set, const v1::TlsFacts& tls) {
  if (!is_set) return "-";
  return std::string(absl::StripPrefix(tls.version(), "TLSv"));
}

// "1.3/-": of the client's leg, and of the backend's.
std::string TlsOf(const v1::Session& session) {
  return absl::StrCat(
      VersionOf(session.has_client_tls(), session.client_tls()), "/",
      VersionOf(session.has_backend_tls(), session.backend_tls()));
}

// "TLSv1.3 TLS_AES_128_GCM_SHA256, server name ftp.example.com, subject ann".
std::string TlsText(bool is_set, const v1::TlsFacts& tls) {
  if (!is_set) return "-";
  std::string text = absl::StrCat(tls.version(), " ", tls.cipher());
  if (!tls.server_name().empty()) {
    absl::StrAppend(&text, ", server name ", tls.server_name());
  }
  if (!tls.subject().empty()) {
    absl::StrAppend(&text, ", subject ", tls.subject());
  }
  return text;
}

std::string LegText(const std::string& mode, const std::string& data,
                    bool is_protected) {
  return absl::StrCat(mode, " ", Shown(data), is_protected ? " TLS" : "");
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
      {"client_tls", TlsText(session.has_client_tls(), session.client_tls())},
      {"backend_tls",
       TlsText(session.has_backend_tls(), session.backend_tls())},
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
      {"client_leg", LegText(transfer.client_mode(), transfer.client_data(),
                             transfer.client_protected())},
      {"backend_leg", LegText(transfer.backend_mode(), transfer.backend_data(),
                              transfer.backend_protected())},
      {"public_port", absl::StrCat(transfer.public_port())},
      {"started", Shown(transfer.started())},
  });
}

absl::Status ListSessions(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::ListSessionsResponse list;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::ListSessions,
                      invocation.As<v1::ListSessionsRequest>(), &list);
  if (!status.ok()) return status;
  WarnOfSilent(list);
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  std::vector<std::vector<std::string>> rows = {
      {"GATEWAY", "ID", "USER", "CLIENT", "FARM", "BACKEND", "TLS", "PHASE",
       "TRANSFERS", "NOW", "STARTED"}};
  for (const v1::Session& session : list.sessions()) {
    rows.push_back({session.gateway(), absl::StrCat(session.id()),
                    Shown(session.user()), Shown(session.client()),
                    Shown(session.farm()), Shown(session.backend()),
                    TlsOf(session), session.phase(),
                    absl::StrCat(session.transfers()), TransferOf(session),
                    Shown(session.started())});
  }
  PrintTable(rows);
  return status;
}

absl::Status ShowSession(const CtlInvocation& invocation,
                         CtlConnection& connection) {
  const auto wanted = invocation.As<v1::Session>();
  v1::ListSessionsRequest request;
  request.set_gateway(wanted.gateway());
  v1::ListSessionsResponse list;
  absl::Status status = connection.Call(
      connection.sessions(), &Sessions::ListSessions, request, &list);
  if (!status.ok()) return status;
  WarnOfSilent(list);
  bool found = false;
  for (const v1::Session& session : list.sessions()) {
    if (session.id() != wanted.id()) continue;
    found = true;
    if (invocation.json) {
      PrintJson(session);
    } else {
      PrintSession(session);
    }
  }
  return found ? status
               : absl::NotFoundError(
                     absl::StrCat("id: no session ", wanted.id()));
}

absl::Status KillSession(const CtlInvocation& invocation,
                         CtlConnection& connection) {
  v1::KillSessionResponse response;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::KillSession,
                      invocation.As<v1::KillSessionRequest>(), &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("session %s ended\n", invocation.argument.c_str());
  }
  return status;
}

constexpr CtlArgument kId = {
    .name = "ID", .field = "id", .names = Names::kSessions};

}  // namespace

std::vector<CtlVerb> SessionVerbs() {
  return {
      {.noun = "session",
       .verb = "list",
       .help = "Sessions on every connected gateway.",
       .message = &v1::ListSessionsRequest::default_instance(),
       .flags = {kGatewayFlag,
                 {.name = "farm",
                  .help = "only of this farm",
                  .field = "farm",
                  .value = "FARM",
                  .names = Names::kFarms},
                 {.name = "backend",
                  .help = "only on this backend",
                  .field = "backend",
                  .value = "ID",
                  .names = Names::kBackends}},
       .examples = {"pinnace ctl session list",
                    "pinnace ctl session list --farm main --backend a --json"},
       .run = &ListSessions},
      {.noun = "session",
       .verb = "show",
       .help = "Everything about one session.",
       .message = &v1::Session::default_instance(),
       .argument = kId,
       .flags = {kGatewayFlag},
       .examples = {"pinnace ctl session show 256"},
       .run = &ShowSession},
      {.noun = "session",
       .verb = "kill",
       .help = "Ends a session; its client gets a 421.",
       .message = &v1::KillSessionRequest::default_instance(),
       .argument = kId,
       .flags = {kGatewayFlag},
       .examples = {"pinnace ctl session kill 256"},
       .run = &KillSession},
  };
}

}  // namespace pinnace::cli
