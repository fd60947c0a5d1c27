#include "cli/ctl_policy.h"

#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/ctl_connection.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

// One row per rule: `policy set` takes it and `policy list` prints it.
struct Rule {
  const char* flag;
  const char* field;
  const char* help;
  const char* value = "";  // its place holder; "": what the field says
};

constexpr Rule kRules[] = {
    {"allow-client", "allow_clients",
     "networks that clients come from; all others are refused", "CIDR"},
    {"deny-client", "deny_clients", "networks that clients must not come from",
     "CIDR"},
    {"read-only", "read_only", "refuse every verb that changes something"},
    {"allow-command", "allow_commands",
     "verbs; all others but USER, QUIT and their like are refused", "VERB"},
    {"deny-command", "deny_commands", "verbs that are refused", "VERB"},
    {"allow-site", "allow_site", "words behind SITE; all others are refused",
     "WORD"},
    {"deny-site", "deny_site", "words behind SITE that are refused", "WORD"},
    {"allow-path", "allow_paths",
     "whole paths; all others are refused. '**' goes beyond a '/'", "GLOB"},
    {"deny-path", "deny_paths", "whole paths that are refused", "GLOB"},
    {"allow-upload-name", "allow_upload_names",
     "names of files that are uploaded; all others are refused", "GLOB"},
    {"deny-upload-name", "deny_upload_names",
     "names of files that must not be uploaded", "GLOB"},
    {"max-upload-bytes", "max_upload_bytes", "of one file", "BYTES"},
    {"max-sessions-per-user", "max_sessions_per_user",
     "on one gateway; 0: any"},
    {"max-sessions-per-address", "max_sessions_per_address",
     "likewise, of one address or one /64 of IPv6"},
    {"session-rate-download", "session_rate.download",
     "bytes a second of each session", "BYTES"},
    {"session-rate-upload", "session_rate.upload", "likewise", "BYTES"},
    {"session-rate-burst", "session_rate.burst",
     "that may go at once after a pause", "BYTES"},
    {"user-rate-download", "user_rate.download",
     "bytes a second of all sessions of one user on one gateway", "BYTES"},
    {"user-rate-upload", "user_rate.upload", "likewise", "BYTES"},
    {"user-rate-burst", "user_rate.burst", "that may go at once after a pause",
     "BYTES"},
};

void PrintPolicies(const std::vector<v1::PolicyRecord>& records) {
  std::vector<std::vector<std::string>> rows = {PolicyHeading()};
  rows[0].insert(rows[0].end(), {"SOURCE", "VERSION"});
  for (const v1::PolicyRecord& record : records) {
    rows.push_back(PolicyCells(record.policy()));
    rows.back().push_back(FieldText(record, "source").value_or("-"));
    rows.back().push_back(absl::StrCat(record.version()));
  }
  PrintTable(rows);
}

absl::Status ListPolicies(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  v1::ListPoliciesResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListPolicies,
                      v1::ListPoliciesRequest(), &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
  } else {
    PrintPolicies({list.policies().begin(), list.policies().end()});
  }
  return status;
}

absl::Status SetPolicy(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  v1::ListPoliciesResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListPolicies,
                      v1::ListPoliciesRequest(), &list);
  if (!status.ok()) return status;
  v1::SetPolicyRequest request;
  for (const v1::PolicyRecord& record : list.policies()) {
    if (record.policy().name() != invocation.argument) continue;
    *request.mutable_policy() = record.policy();
    // What changes between the two calls is not overwritten.
    request.set_expected_version(record.version());
  }
  status = invocation.LayOver(*request.mutable_policy());
  if (!status.ok()) return status;
  v1::PolicyRecord record;
  status = connection.Call(connection.registry(), &Registry::SetPolicy, request,
                           &record);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(record);
  } else {
    PrintPolicies({record});
  }
  return status;
}

absl::Status DeletePolicy(const CtlInvocation& invocation,
                          CtlConnection& connection) {
  const auto request = invocation.As<v1::DeletePolicyRequest>();
  v1::DeletePolicyResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeletePolicy, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("policy %s deleted\n", request.name().c_str());
  }
  return status;
}

constexpr CtlArgument kName = {
    .name = "NAME", .field = "name", .names = Names::kPolicies};

CtlVerb SetVerb() {
  CtlVerb verb = {
      .noun = "policy",
      .verb = "set",
      .help =
          "Makes a policy, or changes what is named of it and nothing else; "
          "running sessions\nhear of it at their next command. It restricts "
          "the "
          "sessions for which its every\ncondition holds; one that is \"\" "
          "always does. What can be several is named several\ntimes, and then "
          "stands in the place of all there was; \"\" takes it back.",
      .message = &v1::Policy::default_instance(),
      .argument = kName,
      .flags = {{.name = "listener",
                 .help = "condition: the listener's address, as the gateway's "
                         "configuration has it",
                 .field = "listener",
                 .value = "IP:PORT"},
                {.name = "farm",
                 .help = "condition: where the session is sent",
                 .field = "farm",
                 .value = "FARM",
                 .names = Names::kFarms},
                {.name = "user",
                 .help = "condition: the name that USER gives",
                 .field = "user",
                 .value = "GLOB"},
                {.name = "client-cidr",
                 .help = "condition: where the client is",
                 .field = "client_cidr",
                 .value = "CIDR"}},
      .examples = {"pinnace ctl policy set frozen --farm archive --read-only "
                   "true",
                   "pinnace ctl policy set partners --user 'partner-*' "
                   "--allow-path '/partners/**' --deny-command DELE "
                   "--deny-command RMD",
                   "pinnace ctl policy set office --deny-client 192.0.2.0/24",
                   "pinnace ctl policy set frozen --read-only default "
                   "--max-sessions-per-user 3"},
      .run = &SetPolicy};
  for (const Rule& rule : kRules) {
    verb.flags.push_back({.name = rule.flag,
                          .help = rule.help,
                          .field = rule.field,
                          .value = rule.value});
  }
  return verb;
}

}  // namespace

std::vector<std::string> PolicyHeading() {
  return {"NAME", "LISTENER", "FARM", "USER", "CLIENT CIDR", "RULES"};
}

std::vector<std::string> PolicyCells(const v1::Policy& policy) {
  std::string rules;
  for (const Rule& rule : kRules) {
    const std::optional<std::string> text = FieldText(policy, rule.field);
    if (!text.has_value()) continue;
    absl::StrAppend(&rules, rules.empty() ? "" : "; ", rule.field, ": ", *text);
  }
  return {Shown(policy.name()),        Shown(policy.listener()),
          Shown(policy.farm()),        Shown(policy.user()),
          Shown(policy.client_cidr()), Shown(rules)};
}

std::vector<CtlVerb> PolicyVerbs() {
  return {
      {.noun = "policy",
       .verb = "list",
       .help = "Policies, by name. All that hold for a session count.",
       .examples = {"pinnace ctl policy list",
                    "pinnace ctl policy list --json"},
       .run = &ListPolicies},
      SetVerb(),
      {.noun = "policy",
       .verb = "delete",
       .help = "Removes a policy; running sessions hear of it at their next "
               "command.",
       .message = &v1::DeletePolicyRequest::default_instance(),
       .argument = kName,
       .flags = {{.name = "expected-version",
                  .help =
                      "refuse when the policy has changed since this version",
                  .field = "expected_version"}},
       .examples = {"pinnace ctl policy delete office"},
       .run = &DeletePolicy},
  };
}

}  // namespace pinnace::cli
