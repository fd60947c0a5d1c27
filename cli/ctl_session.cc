#include "cli/ctl_session.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
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

// "passive 203.0.113.7:4711 to 192.0.2.1:50003 TLS": the other end, and ours.
std::string LegText(const std::string& mode, const std::string& data,
                    const std::string& local, bool is_protected) {
  return absl::StrCat(mode, " ", Shown(data), " to ", Shown(local),
                      is_protected ? " TLS" : "");
}

// With milliseconds.
std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime(
      "%Y-%m-%dT%H:%M:%E3SZ",
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos()),
      absl::UTCTimeZone());
}

const char* SpeakerOf(v1::TimelineEntry::Kind kind) {
  switch (kind) {
    case v1::TimelineEntry::KIND_COMMAND:
      return "client   ";
    case v1::TimelineEntry::KIND_REPLY:
      return "  reply  ";
    case v1::TimelineEntry::KIND_BACKEND_COMMAND:
      return "  ask    ";
    case v1::TimelineEntry::KIND_BACKEND_REPLY:
      return "backend  ";
    case v1::TimelineEntry::KIND_NOTE:
      return "   --    ";
    default:  // A newer control plane's.
      return "   ?     ";
  }
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
      {"public_address", Shown(session.public_address())},
      {"pin", Shown(session.pin())},
      {"started", Shown(session.started())},
      {"last_command", Shown(session.last_command())},
      {"commands", absl::StrCat(session.commands())},
      {"transfers", absl::StrCat(session.transfers())},
      {"bytes_to_client", absl::StrCat(session.bytes_to_client())},
      {"bytes_to_backend", absl::StrCat(session.bytes_to_backend())},
      {"trace_id", Shown(session.trace_id())},
  });
  if (!session.has_transfer()) return;
  const v1::Transfer& transfer = session.transfer();
  PrintTable({
      {"transfer", absl::StrCat(transfer.verb(), " ", transfer.path())},
      {"bytes", absl::StrCat(transfer.bytes())},
      {"rate", absl::StrCat(transfer.rate(), " B/s")},
      {"client_leg",
       LegText(transfer.client_mode(), transfer.client_data(),
               transfer.client_local(), transfer.client_protected())},
      {"backend_leg",
       LegText(transfer.backend_mode(), transfer.backend_data(),
               transfer.backend_local(), transfer.backend_protected())},
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

constexpr absl::Duration kTraceInterval = absl::Milliseconds(500);

void PrintEntry(const v1::TimelineEntry& entry, bool json) {
  if (json) {
    PrintJsonLine(entry);
  } else {
    std::printf("%s  %s%s\n", TimeText(entry.time()).c_str(),
                SpeakerOf(entry.kind()), entry.text().c_str());
  }
}

// Follows it until the session ends.
absl::Status TraceSession(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  auto request = invocation.As<v1::GetTimelineRequest>();
  if (!invocation.json)
    std::printf("TIME                      FROM     TEXT\n");
  bool is_known = false;
  while (true) {
    v1::GetTimelineResponse timeline;
    const absl::Status status = connection.Call(
        connection.sessions(), &Sessions::GetTimeline, request, &timeline);
    if (is_known && absl::IsNotFound(status)) return absl::OkStatus();
    if (!status.ok()) return status;
    is_known = true;
    for (const v1::TimelineEntry& entry : timeline.entries()) {
      if (entry.number() > request.after() + 1 && request.after() > 0) {
        std::fprintf(stderr, "pinnace ctl: %llu entries were lost\n",
                     static_cast<unsigned long long>(entry.number() -
                                                     request.after() - 1));
      }
      PrintEntry(entry, invocation.json);
      request.set_after(entry.number());
    }
    std::fflush(stdout);
    absl::SleepFor(kTraceInterval);
  }
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
                  .names = Names::kBackends},
                 {.name = "user",
                  .help = "only of this user, its whole name",
                  .field = "user",
                  .value = "USER"},
                 {.name = "client",
                  .help = "only of this IP address, or of this network",
                  .field = "client",
                  .value = "CIDR"},
                 {.name = "phase",
                  .help = "only in this phase: ready, transfer, ...",
                  .field = "phase",
                  .value = "PHASE"}},
       .examples = {"pinnace ctl session list",
                    "pinnace ctl session list --farm main --backend a --json",
                    "pinnace ctl session list --client 10.0.0.0/8 --user "
                    "ann"},
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
       .verb = "trace",
       .help = "What was said in a session lately, and what is said from now "
               "on, until it ends.",
       .message = &v1::GetTimelineRequest::default_instance(),
       .argument = kId,
       .flags = {kGatewayFlag},
       .examples = {"pinnace ctl session trace 256"},
       .run = &TraceSession},
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
