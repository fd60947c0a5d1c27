#include "proxy/snapshot/snapshot_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/port_range.h"
#include "proxy/base/printable.h"

namespace pinnace::snapshot {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxLabelBytes = 256;
constexpr int kMaxLabels = 64;
constexpr uint32_t kMaxWeight = 1000;
constexpr uint32_t kMaxCapacity = 1'000'000;

constexpr absl::Duration kMaxPinTtl = absl::Hours(30 * 24);

std::string Join(const std::string& path, absl::string_view field) {
  return path.empty() ? std::string(field) : absl::StrCat(path, ".", field);
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Printable(text, kMaxNameBytes), "\"");
}

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

fleet::Balance BalanceOf(v1::Farm::Balance balance) {
  return balance == v1::Farm::BALANCE_ROUND_ROBIN
             ? fleet::Balance::kRoundRobin
             : fleet::Balance::kLeastSessions;
}

fleet::Backend DecodeBackend(const v1::Backend& message) {
  fleet::Backend backend;
  backend.id = message.id();
  backend.address = *HostPort::Parse(message.address());
  backend.weight = message.has_weight() ? message.weight() : 1;
  backend.capacity = message.capacity();
  backend.zone = message.zone();
  backend.labels.insert(message.labels().begin(), message.labels().end());
  backend.state = message.state() == v1::Backend::STATE_DRAINING
                      ? fleet::AdminState::kDraining
                      : fleet::AdminState::kUp;
  backend.passive_ports = PortRange::Parse(message.passive_ports());
  backend.public_ports = PortRange::Parse(message.public_ports());
  return backend;
}

fleet::Farm DecodeFarm(const v1::Farm& message) {
  fleet::Farm farm;
  farm.name = message.name();
  farm.balance = BalanceOf(message.balance());
  farm.data_mode = message.data_mode() == v1::Farm::DATA_MODE_ACTIVE
                       ? fleet::DataMode::kActive
                       : fleet::DataMode::kPassive;
  farm.allow_foreign_data_address = message.allow_foreign_data_address();
  if (message.has_pin_ttl()) farm.pin_ttl = DurationOf(message.pin_ttl());
  farm.backends.reserve(message.backends_size());
  for (const v1::Backend& backend : message.backends()) {
    farm.backends.push_back(DecodeBackend(backend));
  }
  return farm;
}

// One backend's slice of the public ports, and where it was written.
struct Slice {
  PortRange ports;
  std::string owner;
  std::string path;
};

void CheckOverlaps(std::vector<Slice> slices, FieldProblems& problems) {
  std::stable_sort(slices.begin(), slices.end(),
                   [](const Slice& a, const Slice& b) {
                     return a.ports.first < b.ports.first;
                   });
  for (size_t i = 1; i < slices.size(); ++i) {
    if (slices[i].ports.Overlaps(slices[i - 1].ports)) {
      problems.push_back(
          {slices[i].path,
           absl::StrCat(slices[i].ports.ToString(), " of backend ",
                        Quoted(slices[i].owner), " overlaps ",
                        slices[i - 1].ports.ToString(), " of backend ",
                        Quoted(slices[i - 1].owner))});
    }
  }
}

}  // namespace

absl::Status StatusOf(const FieldProblems& problems) {
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(problems[0].field, ": ", problems[0].problem));
}

void CheckName(absl::string_view name, const std::string& path,
               FieldProblems& problems) {
  const bool allowed =
      !name.empty() && name.size() <= kMaxNameBytes &&
      absl::ascii_isalnum(name[0]) &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
      });
  if (allowed) return;
  problems.push_back(
      {path, name.empty()
                 ? "must be set"
                 : absl::StrCat("must be 1 to 128 letters, digits, '.', '_' or "
                                "'-' and begin with a letter or digit, not ",
                                Quoted(name))});
}

void CheckBackend(const v1::Backend& backend, const std::string& path,
                  FieldProblems& problems) {
  const auto complain = [&](absl::string_view field, std::string problem) {
    problems.push_back({Join(path, field), std::move(problem)});
  };
  CheckName(backend.id(), Join(path, "id"), problems);
  const std::optional<HostPort> address = HostPort::Parse(backend.address());
  if (backend.address().empty()) {
    complain("address", "must be set");
  } else if (!address.has_value() || address->port == 0) {
    complain("address", absl::StrCat("must be HOST:PORT, not ",
                                     Quoted(backend.address())));
  }
  if (backend.has_weight() &&
      (backend.weight() < 1 || backend.weight() > kMaxWeight)) {
    complain("weight", absl::StrCat("must be 1 to ", kMaxWeight, ", not ",
                                    backend.weight()));
  }
  if (backend.capacity() > kMaxCapacity) {
    complain("capacity", absl::StrCat("must be 0 to ", kMaxCapacity, ", not ",
                                      backend.capacity()));
  }
  if (backend.zone().size() > kMaxNameBytes) {
    complain("zone", "must have at most 128 characters");
  }
  if (backend.labels_size() > kMaxLabels) {
    complain("labels", absl::StrCat("must be at most ", kMaxLabels, ", not ",
                                    backend.labels_size()));
  }
  for (const auto& [key, value] : backend.labels()) {
    CheckName(key, Join(path, "labels"), problems);
    if (value.size() > kMaxLabelBytes) {
      complain("labels", absl::StrCat("the value of ", Quoted(key),
                                      " must have at most 256 characters"));
    }
  }
  const auto check_ports = [&](absl::string_view field,
                               const std::string& ports) {
    if (!ports.empty() && !PortRange::Parse(ports).has_value()) {
      complain(field, absl::StrCat("must be a range like 50000-50099, not ",
                                   Quoted(ports)));
    }
  };
  check_ports("passive_ports", backend.passive_ports());
  check_ports("public_ports", backend.public_ports());
  if (!v1::Backend::State_IsValid(backend.state())) {
    complain("state", absl::StrCat("unknown value ", backend.state()));
  }
}

void CheckFarm(const v1::Farm& farm, const std::string& path,
               FieldProblems& problems) {
  CheckName(farm.name(), Join(path, "name"), problems);
  switch (farm.balance()) {
    case v1::Farm::BALANCE_UNSPECIFIED:
    case v1::Farm::BALANCE_ROUND_ROBIN:
    case v1::Farm::BALANCE_LEAST_SESSIONS:
      break;
    case v1::Farm::BALANCE_WEIGHTED:
    case v1::Farm::BALANCE_P2C:
    case v1::Farm::BALANCE_MAGLEV:
      problems.push_back({Join(path, "balance"),
                          "not built yet; round_robin and least_sessions are"});
      break;
    default:  // A newer control plane's.
      problems.push_back({Join(path, "balance"),
                          absl::StrCat("unknown value ", farm.balance())});
  }
  if (!v1::Farm::DataMode_IsValid(farm.data_mode())) {
    problems.push_back({Join(path, "data_mode"),
                        absl::StrCat("unknown value ", farm.data_mode())});
  }
  if (farm.has_pin_ttl()) {
    const absl::Duration ttl = DurationOf(farm.pin_ttl());
    if (ttl < absl::ZeroDuration() || ttl > kMaxPinTtl) {
      problems.push_back(
          {Join(path, "pin_ttl"),
           absl::StrCat("must be 0 to ", absl::FormatDuration(kMaxPinTtl),
                        ", not ", absl::FormatDuration(ttl))});
    }
  }
}

FieldProblems CheckFarms(
    const google::protobuf::RepeatedPtrField<v1::Farm>& farms) {
  FieldProblems problems;
  absl::flat_hash_map<std::string, std::string> farm_paths;
  absl::flat_hash_map<std::string, std::string> backend_paths;
  std::vector<Slice> slices;
  for (int i = 0; i < farms.size(); ++i) {
    const v1::Farm& farm = farms[i];
    const std::string path = absl::StrCat("farms[", i, "]");
    CheckFarm(farm, path, problems);
    auto [first, is_new] = farm_paths.emplace(farm.name(), path);
    if (!is_new) {
      problems.push_back(
          {path + ".name", absl::StrCat(Quoted(farm.name()), " is the name of ",
                                        first->second, " too")});
    }
    for (int j = 0; j < farm.backends_size(); ++j) {
      const v1::Backend& backend = farm.backends(j);
      const std::string backend_path = absl::StrCat(path, ".backends[", j, "]");
      CheckBackend(backend, backend_path, problems);
      auto [other, is_new_id] =
          backend_paths.emplace(backend.id(), backend_path);
      if (!is_new_id) {
        problems.push_back({backend_path + ".id",
                            absl::StrCat(Quoted(backend.id()), " is the id of ",
                                         other->second, " too")});
      }
      if (auto ports = PortRange::Parse(backend.public_ports())) {
        slices.push_back(
            {*ports, backend.id(), backend_path + ".public_ports"});
      }
    }
  }
  if (backend_paths.size() > kMaxBackends) {
    problems.push_back(
        {"farms", absl::StrCat("must have at most ", kMaxBackends,
                               " backends, not ", backend_paths.size())});
  }
  CheckOverlaps(std::move(slices), problems);
  return problems;
}

absl::StatusOr<Snapshot> DecodeSnapshot(const v1::Snapshot& message) {
  absl::Status status = StatusOf(CheckFarms(message.farms()));
  if (!status.ok()) return status;
  Snapshot snapshot;
  snapshot.version = message.version();
  snapshot.fleet.farms.reserve(message.farms_size());
  for (const v1::Farm& farm : message.farms()) {
    snapshot.fleet.farms.push_back(DecodeFarm(farm));
  }
  return snapshot;
}

}  // namespace pinnace::snapshot
