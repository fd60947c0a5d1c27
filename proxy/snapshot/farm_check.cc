#include "proxy/snapshot/farm_check.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/base/address.h"
#include "proxy/base/cidr.h"
#include "proxy/base/limits.h"
#include "proxy/base/port_range.h"
#include "proxy/snapshot/backend_tls_check.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/rate_check.h"

namespace pinnace::snapshot {
namespace {

constexpr size_t kMaxLabelBytes = 256;
constexpr int kMaxLabels = 64;
constexpr uint32_t kMaxWeight = 1000;
constexpr uint32_t kMaxCapacity = 1'000'000;
constexpr uint32_t kMaxInARow = 100;
constexpr uint32_t kMaxCandidates = 16;

constexpr absl::Duration kMaxPinTtl = absl::Hours(30 * 24);
constexpr absl::Duration kMaxSlowStart = absl::Hours(1);

void CheckHealthCheck(const v1::HealthCheck& health, const std::string& path,
                      FieldProblems& problems) {
  const FieldCheck check(path, problems);
  check.Enum("kind", health.kind(), v1::HealthCheck::Kind_IsValid);
  if (health.has_interval()) {
    check.Duration("interval", health.interval(), absl::Seconds(1),
                   absl::Hours(24));
  }
  if (health.has_timeout()) {
    check.Duration("timeout", health.timeout(), absl::Milliseconds(100),
                   absl::Minutes(5));
  }
  check.Number("rise", health.rise(), 0, kMaxInARow);
  check.Number("fall", health.fall(), 0, kMaxInARow);
  const bool one_line =
      std::none_of(health.user().begin(), health.user().end(),
                   [](char c) { return absl::ascii_iscntrl(c); });
  if (health.user().size() > limits::kMaxUserBytes || !one_line) {
    check.Complain("user", absl::StrCat("must be one line of at most ",
                                        limits::kMaxUserBytes, " characters"));
  }
  if (health.password_file().size() > kMaxPathBytes) {
    check.Complain("password_file", "must have at most 4096 characters");
  }
}

void CheckOutlierEjection(const v1::OutlierEjection& ejection,
                          const std::string& path, FieldProblems& problems) {
  const FieldCheck check(path, problems);
  if (ejection.has_connect_failures()) {
    check.Number("connect_failures", ejection.connect_failures(), 1,
                 kMaxInARow);
  }
  if (ejection.has_data_failures()) {
    check.Number("data_failures", ejection.data_failures(), 1, kMaxInARow);
  }
  if (ejection.has_most_percent()) {
    check.Number("most_percent", ejection.most_percent(), 1, 100);
  }
  const absl::Duration base =
      ejection.has_base() ? DurationOf(ejection.base()) : limits::kEjection;
  if (ejection.has_base()) {
    check.Duration("base", ejection.base(), absl::Seconds(1), absl::Hours(1));
  }
  if (ejection.has_longest()) {
    check.Duration("longest", ejection.longest(), base, absl::Hours(24));
  } else if (base > limits::kLongestEjection) {
    check.Complain(
        "longest",
        absl::StrCat("must be set: base is ", absl::FormatDuration(base),
                     ", longer than the default of ",
                     absl::FormatDuration(limits::kLongestEjection)));
  }
}

void CheckFailover(const v1::Failover& failover, const std::string& path,
                   FieldProblems& problems) {
  const FieldCheck check(path, problems);
  if (failover.has_candidates()) {
    check.Number("candidates", failover.candidates(), 1, kMaxCandidates);
  }
  if (failover.has_budget()) {
    check.Duration("budget", failover.budget(), absl::Seconds(1),
                   absl::Minutes(5));
  }
  if (failover.resume_downloads() && !failover.replace_backend()) {
    check.Complain("resume_downloads", "needs replace_backend");
  }
}

void CheckFxpPeers(const google::protobuf::RepeatedPtrField<std::string>& peers,
                   const FieldCheck& check) {
  if (peers.size() > limits::kMaxFxpPeers) {
    check.Complain("fxp_peers", absl::StrCat("must have at most ",
                                             limits::kMaxFxpPeers, " entries"));
  }
  for (int i = 0; i < peers.size(); ++i) {
    if (Cidr::Parse(peers[i]).has_value()) continue;
    check.Complain(absl::StrCat("fxp_peers[", i, "]"),
                   absl::StrCat("must be a network like 10.0.0.0/8 without "
                                "host bits, not ",
                                Quoted(peers[i])));
  }
}

void CheckDrain(const v1::BackendDrain& drain, const std::string& path,
                FieldProblems& problems) {
  const FieldCheck check(path, problems);
  const absl::Duration grace = drain.has_grace() ? DurationOf(drain.grace())
                                                 : limits::kBackendDrainGrace;
  if (drain.has_grace()) {
    check.Duration("grace", drain.grace(), absl::ZeroDuration(),
                   absl::Hours(24));
  }
  if (drain.has_deadline()) {
    check.Duration("deadline", drain.deadline(), grace, absl::Hours(7 * 24));
  } else if (grace > limits::kBackendDrainDeadline) {
    check.Complain(
        "deadline",
        absl::StrCat("must be set: grace is ", absl::FormatDuration(grace),
                     ", longer than the default of ",
                     absl::FormatDuration(limits::kBackendDrainDeadline)));
  }
}

void CheckTimeouts(const v1::FarmTimeouts& timeouts, const std::string& path,
                   FieldProblems& problems) {
  const FieldCheck check(path, problems);
  const auto one = [&](absl::string_view field, bool is_set,
                       const google::protobuf::Duration& duration) {
    if (!is_set) return;
    check.Duration(field, duration, absl::Seconds(1), absl::Hours(24));
  };
  one("idle", timeouts.has_idle(), timeouts.idle());
  one("backend_connect", timeouts.has_backend_connect(),
      timeouts.backend_connect());
  one("backend_reply", timeouts.has_backend_reply(), timeouts.backend_reply());
  one("data_connect", timeouts.has_data_connect(), timeouts.data_connect());
  one("transfer_stall", timeouts.has_transfer_stall(),
      timeouts.transfer_stall());
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

void CheckBackend(const v1::Backend& backend, const std::string& path,
                  FieldProblems& problems) {
  const auto complain = [&](absl::string_view field, std::string problem) {
    problems.push_back({FieldPath(path, field), std::move(problem)});
  };
  CheckName(backend.id(), FieldPath(path, "id"), problems);
  CheckRate(backend.rate(), FieldPath(path, "rate"), problems);
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
  if (backend.max_sessions() > kMaxCapacity) {
    complain("max_sessions", absl::StrCat("must be 0 to ", kMaxCapacity,
                                          ", not ", backend.max_sessions()));
  }
  if (backend.zone().size() > kMaxNameBytes) {
    complain("zone", "must have at most 128 characters");
  }
  if (backend.labels_size() > kMaxLabels) {
    complain("labels", absl::StrCat("must be at most ", kMaxLabels, ", not ",
                                    backend.labels_size()));
  }
  for (const auto& [key, value] : backend.labels()) {
    CheckName(key, FieldPath(path, "labels"), problems);
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
  if (!v1::Backend::ProxyProtocol_IsValid(backend.proxy_protocol())) {
    complain("proxy_protocol",
             absl::StrCat("unknown value ", backend.proxy_protocol()));
  }
  if (!v1::Backend::ProxyProtocol_IsValid(backend.data_proxy_protocol())) {
    complain("data_proxy_protocol",
             absl::StrCat("unknown value ", backend.data_proxy_protocol()));
  }
}

void CheckFarm(const v1::Farm& farm, const std::string& path,
               FieldProblems& problems) {
  const FieldCheck check(path, problems);
  CheckName(farm.name(), FieldPath(path, "name"), problems);
  check.Enum("balance", farm.balance(), v1::Farm::Balance_IsValid);
  check.Enum("data_mode", farm.data_mode(), v1::Farm::DataMode_IsValid);
  check.Enum("pin_by", farm.pin_by(), v1::Farm::ClientIdentity_IsValid);
  check.Enum("hash_on", farm.hash_on(), v1::Farm::ClientIdentity_IsValid);
  if (farm.has_pin_ttl()) {
    check.Duration("pin_ttl", farm.pin_ttl(), absl::ZeroDuration(), kMaxPinTtl);
  }
  if (farm.has_slow_start()) {
    check.Duration("slow_start", farm.slow_start(), absl::ZeroDuration(),
                   kMaxSlowStart);
  }
  CheckHealthCheck(farm.health_check(), FieldPath(path, "health_check"),
                   problems);
  CheckOutlierEjection(farm.outlier_ejection(),
                       FieldPath(path, "outlier_ejection"), problems);
  CheckFailover(farm.failover(), FieldPath(path, "failover"), problems);
  CheckDrain(farm.drain(), FieldPath(path, "drain"), problems);
  CheckTimeouts(farm.timeouts(), FieldPath(path, "timeouts"), problems);
  CheckBackendTls(farm.backend_tls(), FieldPath(path, "backend_tls"), problems);
  CheckRate(farm.rate(), FieldPath(path, "rate"), problems);
  CheckFxpPeers(farm.fxp_peers(), check);
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

}  // namespace pinnace::snapshot
