#include "cli/ctl_ban.h"

#include <cstdio>
#include <string>

#include "cli/ctl_connection.h"

namespace pinnace::cli {
namespace {

using Sessions = v1::Sessions::Stub;

using Rows = std::vector<std::vector<std::string>>;

Rows Header() {
  return {{"KEY", "CLIENT", "USER", "REASON", "ORIGIN", "STARTED", "EXPIRES"}};
}

void AddRow(const v1::Ban& ban, Rows& rows) {
  rows.push_back({Shown(ban.key()), Shown(ban.client()), Shown(ban.user()),
                  Shown(ban.reason()), Shown(ban.origin()),
                  Shown(ban.started()), Shown(ban.expires())});
}

absl::Status ListBans(const CtlInvocation& invocation,
                      CtlConnection& connection) {
  v1::ListBansResponse list;
  absl::Status status = connection.Call(
      connection.sessions(), &Sessions::ListBans, v1::ListBansRequest(), &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
    return status;
  }
  Rows rows = Header();
  for (const v1::Ban& ban : list.bans()) AddRow(ban, rows);
  PrintTable(rows);
  return status;
}

absl::Status AddBan(const CtlInvocation& invocation,
                    CtlConnection& connection) {
  v1::Ban ban;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::AddBan,
                      invocation.As<v1::AddBanRequest>(), &ban);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(ban);
    return status;
  }
  Rows rows = Header();
  AddRow(ban, rows);
  PrintTable(rows);
  return status;
}

absl::Status DeleteBan(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  v1::DeleteBanResponse response;
  absl::Status status =
      connection.Call(connection.sessions(), &Sessions::DeleteBan,
                      invocation.As<v1::DeleteBanRequest>(), &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("ban %s lifted\n", invocation.argument.c_str());
  }
  return status;
}

}  // namespace

std::vector<CtlVerb> BanVerbs() {
  return {
      {.noun = "ban",
       .verb = "list",
       .help = "Who is refused on every gateway, why, and until when.",
       .examples = {"pinnace ctl ban list", "pinnace ctl ban list --json"},
       .run = &ListBans},
      {.noun = "ban",
       .verb = "add",
       .help = "Refuses a client on every gateway, or changes for how long. "
               "An IPv6 address\nstands for its /64. Sessions that are logged "
               "in go on: session kill ends one.",
       .message = &v1::AddBanRequest::default_instance(),
       .argument = {.name = "CLIENT", .field = "client"},
       .flags = {{.name = "user",
                  .help = "only this user of the client's",
                  .field = "user",
                  .value = "USER"},
                 {.name = "duration",
                  .help = "1s to 8760h",
                  .field = "duration",
                  .otherwise = "1h"},
                 {.name = "reason", .help = "for people", .field = "reason"}},
       .examples = {"pinnace ctl ban add 203.0.113.9",
                    "pinnace ctl ban add 198.51.100.0/24 --duration 24h "
                    "--reason scanner"},
       .run = &AddBan},
      {.noun = "ban",
       .verb = "delete",
       .help = "Lifts a ban on every gateway. The key is as ban list has it.",
       .message = &v1::DeleteBanRequest::default_instance(),
       .argument = {.name = "KEY", .field = "key", .names = Names::kBans},
       .examples = {"pinnace ctl ban delete 203.0.113.9/32"},
       .run = &DeleteBan},
  };
}

}  // namespace pinnace::cli
