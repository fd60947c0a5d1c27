#include "cli/ctl_farm.h"

#include <cstdio>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "cli/ctl_connection.h"
#include "cli/message_fields.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

// One row per setting: `farm set` takes it and `farm show` prints it.
struct Setting {
  const char* flag;
  const char* field;
  const char* otherwise;  // what it is when nobody sets it
  const char* help;
  const char* value = "";  // its place holder; "": what the field says
};

constexpr Setting kSettings[] = {
    {"balance", "balance", "least_sessions", "how new sessions are shared"},
    {"hash-on", "hash_on", "address", "what maglev hashes of a client"},
    {"pin-by", "pin_by", "address", "what makes two sessions one client's"},
    {"pin-ttl", "pin_ttl", "30m",
     "how long a client keeps its backend after its last session; 0: no pins"},
    {"prefer-zone", "prefer_zone", "false",
     "only the gateway's own zone while it has a usable backend"},
    {"slow-start", "slow_start", "0",
     "how long a new backend takes to its full share"},
    {"data-mode", "data_mode", "passive",
     "how gateways open data connections to backends"},
    {"allow-foreign-data-address", "allow_foreign_data_address", "false",
     "believe the host in a backend's 227"},
    {"backend-tls", "backend_tls.mode", "none",
     "control connections to backends: AUTH TLS, or TLS from the first byte"},
    {"backend-tls-ca", "backend_tls.ca", "the system's",
     "on the gateway's machine; PEM of who signs backends' certificates",
     "FILE"},
    {"backend-tls-name", "backend_tls.server_name", "the backend's host",
     "that a backend's certificate must have", "HOST"},
    {"backend-tls-skip-verification", "backend_tls.skip_verification", "false",
     "believe any certificate"},
    {"backend-tls-cert", "backend_tls.cert", "none",
     "on the gateway's machine; PEM of what it shows backends", "FILE"},
    {"backend-tls-key", "backend_tls.key", "none", "of that certificate",
     "FILE"},
    {"data-protection", "backend_tls.data_protection", "same",
     "data connections to backends: as the client's, PROT C, PROT P"},
    {"fxp-peer", "fxp_peers", "none",
     "servers that may stand in a client's place on a data connection", "CIDR"},
    {"tolerate-missing-close-notify", "tolerate_missing_close_notify", "false",
     "take a file that TLS did not end for whole; it may be cut"},
    {"health-kind", "health_check.kind", "connect",
     "probe: greeting, log in besides, list besides"},
    {"health-interval", "health_check.interval", "the gateway's",
     "between two probes of a backend"},
    {"health-timeout", "health_check.timeout", "5s", "of one whole probe"},
    {"health-rise", "health_check.rise", "1",
     "good probes in a row until it is well"},
    {"health-fall", "health_check.fall", "2",
     "bad probes in a row until it is not"},
    {"health-user", "health_check.user", "anonymous", "who the probe logs in"},
    {"health-password-file", "health_check.password_file", "none",
     "on the gateway's machine; its first line is the password", "FILE"},
    {"eject-connect-failures", "outlier_ejection.connect_failures", "1",
     "failed connects or 421s in a row until it is left out"},
    {"eject-data-failures", "outlier_ejection.data_failures", "3",
     "failed data connections in a row until it is left out"},
    {"eject-base", "outlier_ejection.base", "5s",
     "how long the first time; each further one twice as long"},
    {"eject-longest", "outlier_ejection.longest", "5m", "the longest"},
    {"eject-most-percent", "outlier_ejection.most_percent", "50",
     "of the farm's backends that may be left out"},
    {"failover-candidates", "failover.candidates", "4",
     "backends tried before a client hears 421"},
    {"failover-budget", "failover.budget", "20s", "for all of them together"},
    {"replace-backend", "failover.replace_backend", "no",
     "a session that loses its backend goes on with another one"},
    {"resume-downloads", "failover.resume_downloads", "no",
     "and a download in mid-file too, if SIZE and MDTM agree"},
    {"rate-download", "rate.download", "none",
     "bytes a second of all its sessions on one gateway", "BYTES"},
    {"rate-upload", "rate.upload", "none", "likewise", "BYTES"},
    {"rate-burst", "rate.burst", "a quarter of a second",
     "that may go at once after a pause", "BYTES"},
    {"drain-grace", "drain.grace", "30s",
     "until idle sessions of a draining backend end"},
    {"drain-deadline", "drain.deadline", "10m", "until its transfers are cut"},
    {"timeout-idle", "timeouts.idle", "the gateway's",
     "between two commands of a client"},
    {"timeout-backend-connect", "timeouts.backend_connect", "the gateway's",
     "until a backend takes a connection"},
    {"timeout-backend-reply", "timeouts.backend_reply", "the gateway's",
     "until a backend answers a command"},
    {"timeout-data-connect", "timeouts.data_connect", "the gateway's",
     "until a data connection stands"},
    {"timeout-transfer-stall", "timeouts.transfer_stall", "the gateway's",
     "that a transfer may stand still"},
};

std::vector<CtlFlag> SetFlags() {
  std::vector<CtlFlag> flags;
  for (const Setting& setting : kSettings) {
    flags.push_back({.name = setting.flag,
                     .help = setting.help,
                     .field = setting.field,
                     .value = setting.value,
                     .otherwise = setting.otherwise});
  }
  return flags;
}

std::string Text(const v1::Farm& farm, const char* field,
                 const char* otherwise) {
  return Shown(FieldText(farm, field).value_or(otherwise));
}

void PrintFarms(const std::vector<v1::FarmRecord>& records) {
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "BALANCE", "DATA MODE", "PIN BY", "PIN TTL", "HEALTH",
       "BACKEND TLS", "BACKENDS", "SOURCE", "VERSION"}};
  for (const v1::FarmRecord& record : records) {
    const v1::Farm& farm = record.farm();
    rows.push_back({farm.name(), Text(farm, "balance", "least_sessions"),
                    Text(farm, "data_mode", "passive"),
                    Text(farm, "pin_by", "address"),
                    Text(farm, "pin_ttl", "30m"),
                    Text(farm, "health_check.kind", "connect"),
                    Text(farm, "backend_tls.mode", "none"),
                    absl::StrCat(record.backends()),
                    FieldText(record, "source").value_or("-"),
                    absl::StrCat(record.version())});
  }
  PrintTable(rows);
}

void PrintFarm(const v1::FarmRecord& record) {
  std::vector<std::vector<std::string>> rows = {
      {"name", record.farm().name()},
      {"backends", absl::StrCat(record.backends())},
      {"source", FieldText(record, "source").value_or("-")},
      {"version", absl::StrCat(record.version())}};
  for (const Setting& setting : kSettings) {
    const std::optional<std::string> value =
        FieldText(record.farm(), setting.field);
    rows.push_back({setting.flag, value.has_value()
                                      ? Shown(*value)
                                      : absl::StrCat(kDefaultWord, " (",
                                                     setting.otherwise, ")")});
  }
  PrintTable(rows);
}

void Print(const CtlInvocation& invocation, const v1::FarmRecord& record) {
  if (invocation.json) return PrintJson(record);
  PrintFarm(record);
}

// None: there is no farm of the name.
absl::StatusOr<std::optional<v1::FarmRecord>> Find(const std::string& name,
                                                   CtlConnection& connection) {
  v1::ListFarmsResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListFarms,
                      v1::ListFarmsRequest(), &list);
  if (!status.ok()) return status;
  for (const v1::FarmRecord& record : list.farms()) {
    if (record.farm().name() == name) return record;
  }
  return std::nullopt;
}

absl::Status ListFarms(const CtlInvocation& invocation,
                       CtlConnection& connection) {
  v1::ListFarmsResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListFarms,
                      v1::ListFarmsRequest(), &list);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(list);
  } else {
    PrintFarms({list.farms().begin(), list.farms().end()});
  }
  return status;
}

absl::Status ShowFarm(const CtlInvocation& invocation,
                      CtlConnection& connection) {
  absl::StatusOr<std::optional<v1::FarmRecord>> record =
      Find(invocation.argument, connection);
  if (!record.ok()) return record.status();
  if (!record->has_value()) {
    return absl::NotFoundError(
        absl::StrCat("name: no farm \"", invocation.argument, "\""));
  }
  Print(invocation, **record);
  return absl::OkStatus();
}

absl::Status SetFarm(const CtlInvocation& invocation,
                     CtlConnection& connection) {
  absl::StatusOr<std::optional<v1::FarmRecord>> before =
      Find(invocation.argument, connection);
  if (!before.ok()) return before.status();
  v1::SetFarmRequest request;
  if (before->has_value()) {
    *request.mutable_farm() = (*before)->farm();
    // What changes between the two calls is not overwritten.
    request.set_expected_version((*before)->version());
  }
  *request.mutable_farm() = FarmOf(invocation, request.farm());
  v1::FarmRecord record;
  absl::Status status = connection.Call(connection.registry(),
                                        &Registry::SetFarm, request, &record);
  if (status.ok()) Print(invocation, record);
  return status;
}

absl::Status DeleteFarm(const CtlInvocation& invocation,
                        CtlConnection& connection) {
  const auto request = invocation.As<v1::DeleteFarmRequest>();
  v1::DeleteFarmResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeleteFarm, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("farm %s deleted\n", request.name().c_str());
  }
  return status;
}

constexpr CtlArgument kName = {
    .name = "NAME", .field = "name", .names = Names::kFarms};

}  // namespace

v1::Farm FarmOf(const CtlInvocation& invocation, v1::Farm farm) {
  invocation.LayOver(farm).IgnoreError();  // ParseCtl() has seen that it can
  for (const Setting& setting : kSettings) {
    // Of texts too, where LayOver() takes the word as it is.
    if (invocation.Flag(setting.flag) == kDefaultWord) {
      ClearField(farm, setting.field);
    }
  }
  return farm;
}

std::vector<CtlVerb> FarmVerbs() {
  return {
      {.noun = "farm",
       .verb = "list",
       .help = "Farms and what matters most of their settings.",
       .examples = {"pinnace ctl farm list", "pinnace ctl farm list --json"},
       .run = &ListFarms},
      {.noun = "farm",
       .verb = "show",
       .help = "Every setting of one farm, under the name of its flag.",
       .message = &v1::Farm::default_instance(),
       .argument = kName,
       .examples = {"pinnace ctl farm show main"},
       .run = &ShowFarm},
      {.noun = "farm",
       .verb = "set",
       .help = "Makes a farm, or changes the settings that are named and no "
               "others. The value\n\"default\" takes any of them back to its "
               "default.",
       .message = &v1::Farm::default_instance(),
       .argument = kName,
       .flags = SetFlags(),
       .examples = {"pinnace ctl farm set main --balance p2c --pin-by user "
                    "--pin-ttl 1h",
                    "pinnace ctl farm set main --health-kind list "
                    "--health-user probe \\\n    --health-password-file "
                    "/etc/pinnace/probe-password --health-interval 5s",
                    "pinnace ctl farm set main --backend-tls explicit "
                    "--backend-tls-ca /etc/pinnace/farm-ca.pem \\\n    "
                    "--backend-tls-name ftp.example.com --data-protection "
                    "private",
                    "pinnace ctl farm set main --balance default "
                    "--health-kind default"},
       .run = &SetFarm},
      {.noun = "farm",
       .verb = "delete",
       .help =
           "Removes a farm that has no backends, that no route leads to and "
           "that no policy is for.",
       .message = &v1::DeleteFarmRequest::default_instance(),
       .argument = kName,
       .flags = {{.name = "expected-version",
                  .help = "refuse when the farm has changed since this version",
                  .field = "expected_version"}},
       .examples = {"pinnace ctl farm delete old"},
       .run = &DeleteFarm},
  };
}

}  // namespace pinnace::cli
