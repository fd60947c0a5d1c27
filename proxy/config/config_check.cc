#include "proxy/config/config_check.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "proxy/base/address.h"
#include "proxy/base/limits.h"
#include "proxy/base/port_range.h"
#include "proxy/base/printable.h"
#include "proxy/config/access_check.h"
#include "proxy/config/admin_check.h"
#include "proxy/config/guard_check.h"
#include "proxy/config/settings.h"
#include "proxy/config/tls_check.h"
#include "proxy/ingress/advertised.h"
#include "proxy/snapshot/farm_check.h"
#include "proxy/snapshot/field_check.h"
#include "proxy/snapshot/policy_check.h"
#include "proxy/snapshot/proto_time.h"
#include "proxy/snapshot/route_check.h"

namespace pinnace::config {
namespace {

using snapshot::DurationOf;

using snapshot::FieldProblems;

constexpr uint32_t kMostSessions = 100'000;
constexpr size_t kMaxBannerBytes = 512;
constexpr size_t kMaxZoneBytes = 128;
constexpr absl::Duration kShortestTimeout = absl::Seconds(1);
constexpr absl::Duration kLongestTimeout = absl::Hours(24);

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", Printable(text, 128), "\"");
}

void CheckAddress(const std::string& text, const std::string& field,
                  FieldProblems& problems) {
  if (!Address::Parse(text).has_value()) {
    problems.push_back(
        {field, absl::StrCat("must be IP:PORT, not ", Quoted(text))});
  }
}

void CheckListeners(const v1::GatewayConfig& gateway, FieldProblems& problems) {
  absl::flat_hash_set<Address> seen;
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    const v1::ListenerConfig& listener = gateway.listeners(i);
    const std::string path = absl::StrCat("gateway.listeners[", i, "]");
    CheckAddress(listener.address(), path + ".address", problems);
    const std::optional<Address> address = Address::Parse(listener.address());
    // Port 0, chosen by the kernel, may be there any number of times.
    if (address.has_value() && address->port != 0 &&
        !seen.insert(*address).second) {
      problems.push_back(
          {path + ".address",
           absl::StrCat(address->ToString(), " is listened on twice")});
    }
    if (!listener.farm().empty()) {
      CheckName(listener.farm(), path + ".farm", problems);
    }
  }
}

void CheckPublicPorts(const v1::GatewayConfig& gateway,
                      FieldProblems& problems) {
  std::vector<PortRange> ranges;
  for (int i = 0; i < gateway.public_ports_size(); ++i) {
    const std::string field = absl::StrCat("gateway.public_ports[", i, "]");
    const std::optional<PortRange> range =
        PortRange::Parse(gateway.public_ports(i));
    if (!range.has_value()) {
      problems.push_back(
          {field, absl::StrCat("must be a range like 50000-50099, not ",
                               Quoted(gateway.public_ports(i)))});
      continue;
    }
    for (const PortRange& other : ranges) {
      if (range->Overlaps(other)) {
        problems.push_back({field, absl::StrCat(range->ToString(), " overlaps ",
                                                other.ToString())});
      }
    }
    ranges.push_back(*range);
  }
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    const std::optional<Address> address =
        Address::Parse(gateway.listeners(i).address());
    for (const PortRange& range : ranges) {
      if (address.has_value() && range.Contains(address->port)) {
        problems.push_back(
            {absl::StrCat("gateway.listeners[", i, "].address"),
             absl::StrCat("port ", address->port, " is one of public_ports ",
                          range.ToString())});
      }
    }
  }
}

void CheckPublicAddress(const v1::PublicAddressConfig& rules,
                        FieldProblems& problems) {
  const auto check = [&](const std::string& text, std::string field) {
    const std::optional<IpAddress> ip = IpAddress::Parse(text);
    // Borrow the rules of a host's spelling.
    const bool name = HostPort::Parse(absl::StrCat(text, ":21")).has_value();
    if (ip.has_value() ? !ip->is_ipv4() || ip->IsUnspecified() : !name) {
      problems.push_back(
          {std::move(field),
           absl::StrCat("must be an IPv4 address or a DNS name, not ",
                        Quoted(text))});
    }
  };
  if (!rules.default_().empty()) {
    check(rules.default_(), "gateway.public_address.default");
  }
  for (int i = 0; i < rules.by_client_size(); ++i) {
    const std::string path =
        absl::StrCat("gateway.public_address.by_client[", i, "]");
    if (!Cidr::Parse(rules.by_client(i).cidr()).has_value()) {
      problems.push_back(
          {path + ".cidr",
           absl::StrCat("must be a network like 10.0.0.0/8 without host bits, "
                        "not ",
                        Quoted(rules.by_client(i).cidr()))});
    }
    check(rules.by_client(i).address(), path + ".address");
  }
}

void CheckTimeouts(const v1::TimeoutsConfig& timeouts,
                   FieldProblems& problems) {
  const google::protobuf::Reflection& reflection = *timeouts.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(timeouts, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    const absl::Duration value =
        DurationOf(static_cast<const google::protobuf::Duration&>(
            reflection.GetMessage(timeouts, field)));
    const absl::Duration least =
        field->number() == v1::TimeoutsConfig::kDrainNoticeFieldNumber
            ? absl::ZeroDuration()
            : kShortestTimeout;
    if (value < least || value > kLongestTimeout) {
      problems.push_back(
          {absl::StrCat("gateway.timeouts.", field->name()),
           absl::StrCat("must be ", absl::FormatDuration(least),
                        " to 24h, not ", absl::FormatDuration(value))});
    }
  }
}

absl::string_view ModeWord(v1::ProxyProtocolConfig::Mode mode) {
  return mode == v1::ProxyProtocolConfig::MODE_REQUIRED ? "required"
                                                        : "optional";
}

void CheckProxyProtocol(const v1::ProxyProtocolConfig& config,
                        FieldProblems& problems) {
  const auto check = [&](v1::ProxyProtocolConfig::Mode mode,
                         const char* field) {
    if (mode != v1::ProxyProtocolConfig::MODE_OPTIONAL &&
        mode != v1::ProxyProtocolConfig::MODE_REQUIRED) {
      return;
    }
    // With nobody to trust, required would refuse everybody.
    if (config.trusted().empty()) {
      problems.push_back(
          {field, absl::StrCat(ModeWord(mode),
                               " needs gateway.proxy_protocol.trusted: the "
                               "networks of the balancers in front")});
    }
  };
  check(config.control(), "gateway.proxy_protocol.control");
  check(config.data(), "gateway.proxy_protocol.data");
  for (int i = 0; i < config.trusted_size(); ++i) {
    if (!Cidr::Parse(config.trusted(i))) {
      problems.push_back(
          {absl::StrCat("gateway.proxy_protocol.trusted[", i, "]"),
           absl::StrCat("must be a network like 10.0.0.0/8, not ",
                        Quoted(config.trusted(i)))});
    }
  }
}

void CheckGateway(const v1::GatewayConfig& gateway, FieldProblems& problems) {
  if (!gateway.name().empty()) {
    CheckName(gateway.name(), "gateway.name", problems);
  }
  if (gateway.workers() > limits::kMaxWorkers) {
    problems.push_back(
        {"gateway.workers", absl::StrCat("must be 0 to ", limits::kMaxWorkers,
                                         ", not ", gateway.workers())});
  }
  CheckListeners(gateway, problems);
  CheckPublicPorts(gateway, problems);
  CheckPublicAddress(gateway.public_address(), problems);
  CheckTimeouts(gateway.timeouts(), problems);
  CheckClientTls(gateway, problems);
  CheckProxyProtocol(gateway.proxy_protocol(), problems);
  CheckLimits(gateway.limits(), problems);
  CheckBans(gateway.bans(), problems);
  const std::string& banner = gateway.banner();
  if (gateway.has_banner() &&
      (banner.empty() || banner.size() > kMaxBannerBytes ||
       std::any_of(banner.begin(), banner.end(), absl::ascii_iscntrl))) {
    problems.push_back(
        {"gateway.banner", "must be one line of 1 to 512 characters"});
  }
  if (gateway.has_max_sessions() &&
      (gateway.max_sessions() < 1 || gateway.max_sessions() > kMostSessions)) {
    problems.push_back({"gateway.max_sessions",
                        absl::StrCat("must be 1 to ", kMostSessions, ", not ",
                                     gateway.max_sessions())});
  }
  const absl::Duration probe_interval = DurationOf(gateway.probe_interval());
  if (probe_interval > kLongestTimeout ||
      (probe_interval != absl::ZeroDuration() &&
       probe_interval < kShortestTimeout)) {
    problems.push_back({"gateway.probe_interval",
                        absl::StrCat("must be 0 (no probes) or 1s to 24h, not ",
                                     absl::FormatDuration(probe_interval))});
  }
  if (gateway.zone().size() > kMaxZoneBytes) {
    problems.push_back({"gateway.zone", "must have at most 128 characters"});
  }
  const std::string& control_plane = gateway.control_plane();
  if (!control_plane.empty() && !HostPort::Parse(control_plane).has_value()) {
    problems.push_back(
        {"gateway.control_plane",
         absl::StrCat("must be HOST:PORT, not ", Quoted(control_plane))});
  }
  CheckControlPlaneAccess(gateway, problems);
}

void CheckControlPlane(const v1::ControlPlaneConfig& control_plane,
                       FieldProblems& problems) {
  if (!control_plane.listen().empty()) {
    CheckAddress(control_plane.listen(), "control_plane.listen", problems);
  }
  const std::string& store = control_plane.store();
  if (absl::StartsWith(store, "etcd:")) {
    problems.push_back(
        {"control_plane.store", "etcd: is not built yet; sqlite:PATH is"});
  } else if (!store.empty() &&
             (!absl::StartsWith(store, "sqlite:") || store == "sqlite:")) {
    problems.push_back(
        {"control_plane.store",
         absl::StrCat("must be sqlite:PATH, not ", Quoted(store))});
  }
  CheckAccess(control_plane, problems);
}

void CheckSlicesInPool(const v1::Config& config, FieldProblems& problems) {
  for (int i = 0; i < config.gateway().public_ports_size(); ++i) {
    if (!PortRange::Parse(config.gateway().public_ports(i))) return;
  }
  const std::vector<PortRange> pool = PublicPortsOf(config);
  for (int i = 0; i < config.farms_size(); ++i) {
    for (int j = 0; j < config.farms(i).backends_size(); ++j) {
      const std::optional<PortRange> slice =
          PortRange::Parse(config.farms(i).backends(j).public_ports());
      if (!slice.has_value()) continue;
      const bool inside =
          std::any_of(pool.begin(), pool.end(), [&](const PortRange& range) {
            return range.Contains(slice->first) && range.Contains(slice->last);
          });
      if (inside) continue;
      problems.push_back(
          {absl::StrCat("farms[", i, "].backends[", j, "].public_ports"),
           absl::StrCat(slice->ToString(),
                        " does not lie in one range of gateway.public_ports")});
    }
  }
}

bool SpeaksOfRegistry(const v1::Config& config) {
  return config.farms().empty() || config.has_control_plane() ||
         !config.gateway().control_plane().empty();
}

// A listener's farm may be registered later, unless no registry is spoken of.
void CheckFarmsKnown(const v1::Config& config, FieldProblems& problems) {
  if (SpeaksOfRegistry(config)) return;
  std::vector<std::string> names;
  for (const v1::Farm& farm : config.farms()) names.push_back(farm.name());
  const auto known = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const std::string list = absl::StrJoin(names, ", ");
  for (int i = 0; i < config.gateway().listeners_size(); ++i) {
    const std::string farm = FarmOf(config.gateway().listeners(i));
    if (known(farm)) continue;
    problems.push_back(
        {absl::StrCat("gateway.listeners[", i, "].farm"),
         absl::StrCat("no farm ", Quoted(farm), "; there is: ", list)});
  }
  if (config.gateway().listeners().empty() && !known(kDefaultFarm)) {
    problems.push_back({"gateway.listeners",
                        absl::StrCat("the default listener is of farm \"",
                                     kDefaultFarm, "\"; there is: ", list)});
  }
}

absl::Status StatusOf(const FieldProblems& problems, const ConfigFile& file) {
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrJoin(problems, "\n", [&](std::string* out, const auto& problem) {
        absl::StrAppend(out, file.Problem(problem.field, problem.problem));
      }));
}

}  // namespace

absl::Status CheckConfig(const ConfigFile& file) {
  const v1::Config& config = file.config();
  FieldProblems problems;
  CheckGateway(config.gateway(), problems);
  CheckControlPlane(config.control_plane(), problems);
  if (!config.admin().listen().empty()) {
    CheckAddress(config.admin().listen(), "admin.listen", problems);
  }
  CheckAdmin(config.admin(), problems);
  for (snapshot::FieldProblem& problem : snapshot::CheckFarms(config.farms())) {
    problems.push_back(std::move(problem));
  }
  for (snapshot::FieldProblem& problem :
       snapshot::CheckRoutes(config.routes())) {
    problems.push_back(std::move(problem));
  }
  for (snapshot::FieldProblem& problem :
       snapshot::CheckPolicies(config.policies())) {
    problems.push_back(std::move(problem));
  }
  // Else the farm may be registered.
  if (!SpeaksOfRegistry(config)) {
    snapshot::CheckRouteFarms(config.routes(), config.farms(), problems);
    snapshot::CheckPolicyFarms(config.policies(), config.farms(), problems);
  }
  CheckSlicesInPool(config, problems);
  if (!config.farms().empty() && !config.gateway().control_plane().empty()) {
    problems.push_back({"farms",
                        "a gateway that follows gateway.control_plane has its "
                        "farms from there; move them to its file"});
  }
  if (!config.routes().empty() && !config.gateway().control_plane().empty()) {
    problems.push_back({"routes",
                        "a gateway that follows gateway.control_plane has its "
                        "routes from there; move them to its file"});
  }
  if (!config.policies().empty() && !config.gateway().control_plane().empty()) {
    problems.push_back({"policies",
                        "a gateway that follows gateway.control_plane has its "
                        "policies from there; move them to its file"});
  }
  CheckFarmsKnown(config, problems);
  return StatusOf(problems, file);
}

absl::Status CheckGatewayFiles(const ConfigFile& file) {
  FieldProblems problems;
  CheckClientTlsFiles(file.config().gateway(), problems);
  CheckAdminFiles(file.config().admin(), problems);
  return StatusOf(problems, file);
}

}  // namespace pinnace::config
