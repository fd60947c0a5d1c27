#include "cli/ctl_farm.h"

#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/ctl_flags.h"

namespace pinnace::cli {
namespace {

using Registry = v1::Registry::Stub;

std::string Word(absl::string_view prefix, absl::string_view name) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

std::string BalanceOf(const v1::Farm& farm) {
  return farm.balance() == v1::Farm::BALANCE_UNSPECIFIED
             ? "least_sessions"
             : Word("BALANCE_", v1::Farm::Balance_Name(farm.balance()));
}

std::string DataModeOf(const v1::Farm& farm) {
  return farm.data_mode() == v1::Farm::DATA_MODE_ACTIVE ? "active" : "passive";
}

std::string PinTtlOf(const v1::Farm& farm) {
  return farm.has_pin_ttl()
             ? absl::FormatDuration(absl::Seconds(farm.pin_ttl().seconds()) +
                                    absl::Nanoseconds(farm.pin_ttl().nanos()))
             : "default";
}

void PrintFarms(const std::vector<v1::FarmRecord>& records) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "BALANCE", "DATA MODE",
                                                 "PIN TTL", "BACKENDS",
                                                 "SOURCE", "VERSION"}};
  for (const v1::FarmRecord& record : records) {
    rows.push_back({record.farm().name(), BalanceOf(record.farm()),
                    DataModeOf(record.farm()), PinTtlOf(record.farm()),
                    absl::StrCat(record.backends()),
                    Word("SOURCE_", v1::Source_Name(record.source())),
                    absl::StrCat(record.version())});
  }
  PrintTable(rows);
}

absl::Status WrongFlag(const CtlInvocation& invocation, absl::string_view flag,
                       absl::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " must be ",
                                                 wanted, ", not \"",
                                                 invocation.Flag(flag), "\""));
}

}  // namespace

absl::StatusOr<v1::Farm> FarmOf(const CtlInvocation& invocation,
                                v1::Farm farm) {
  farm.set_name(invocation.arguments[0]);
  if (invocation.Has("balance")) {
    v1::Farm::Balance balance;
    if (!v1::Farm::Balance_Parse(
            absl::StrCat("BALANCE_",
                         absl::AsciiStrToUpper(invocation.Flag("balance"))),
            &balance)) {
      return WrongFlag(invocation, "balance", "round_robin or least_sessions");
    }
    farm.set_balance(balance);
  }
  if (invocation.Has("data-mode")) {
    v1::Farm::DataMode mode;
    if (!v1::Farm::DataMode_Parse(
            absl::StrCat("DATA_MODE_",
                         absl::AsciiStrToUpper(invocation.Flag("data-mode"))),
            &mode)) {
      return WrongFlag(invocation, "data-mode", "passive or active");
    }
    farm.set_data_mode(mode);
  }
  if (invocation.Has("allow-foreign-data-address")) {
    const std::string value = invocation.Flag("allow-foreign-data-address");
    if (value != "true" && value != "false") {
      return WrongFlag(invocation, "allow-foreign-data-address",
                       "true or false");
    }
    farm.set_allow_foreign_data_address(value == "true");
  }
  if (invocation.Has("pin-ttl")) {
    absl::StatusOr<google::protobuf::Duration> ttl =
        DurationFlag(invocation, "pin-ttl");
    if (!ttl.ok()) return ttl.status();
    *farm.mutable_pin_ttl() = *ttl;
  }
  return farm;
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

absl::Status SetFarm(const CtlInvocation& invocation,
                     CtlConnection& connection) {
  v1::ListFarmsResponse list;
  absl::Status status =
      connection.Call(connection.registry(), &Registry::ListFarms,
                      v1::ListFarmsRequest(), &list);
  if (!status.ok()) return status;
  v1::SetFarmRequest request;
  for (const v1::FarmRecord& record : list.farms()) {
    if (record.farm().name() != invocation.arguments[0]) continue;
    *request.mutable_farm() = record.farm();
    // What changes between the two calls is not overwritten.
    request.set_expected_version(record.version());
  }
  absl::StatusOr<v1::Farm> farm = FarmOf(invocation, request.farm());
  if (!farm.ok()) return farm.status();
  *request.mutable_farm() = *farm;
  v1::FarmRecord record;
  status = connection.Call(connection.registry(), &Registry::SetFarm, request,
                           &record);
  if (!status.ok()) return status;
  if (invocation.json) {
    PrintJson(record);
  } else {
    PrintFarms({record});
  }
  return status;
}

absl::Status DeleteFarm(const CtlInvocation& invocation,
                        CtlConnection& connection) {
  v1::DeleteFarmRequest request;
  request.set_name(invocation.arguments[0]);
  v1::DeleteFarmResponse response;
  absl::Status status = connection.Call(
      connection.registry(), &Registry::DeleteFarm, request, &response);
  if (status.ok() && invocation.json) PrintJson(response);
  if (status.ok() && !invocation.json) {
    std::printf("farm %s deleted\n", request.name().c_str());
  }
  return status;
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
    return status;
  }
  std::printf("version %llu\n",
              static_cast<unsigned long long>(snapshot.version()));
  std::vector<std::vector<std::string>> rows = {
      {"FARM", "BALANCE", "BACKEND", "ADDRESS", "STATE"}};
  for (const v1::Farm& farm : snapshot.farms()) {
    if (farm.backends().empty()) {
      rows.push_back({farm.name(), BalanceOf(farm), "-", "-", "-"});
    }
    for (const v1::Backend& backend : farm.backends()) {
      rows.push_back(
          {farm.name(), BalanceOf(farm), backend.id(), backend.address(),
           backend.state() == v1::Backend::STATE_DRAINING ? "draining" : "up"});
    }
  }
  PrintTable(rows);
  return status;
}

}  // namespace pinnace::cli
