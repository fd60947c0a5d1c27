// The settings of a dialogue. stage.cc has what happens on the stage.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/dialogues/arguments.h"
#include "tests/dialogues/stage.h"

namespace pinnace::dialogues {

std::string Stage::Set(const Line& setting) {
  const Arguments arguments = ParseArguments(setting.text);
  if (setting.name == "client" || setting.name == "local" ||
      setting.name == "dialled") {
    const std::optional<Address> address = Address::Parse(setting.text);
    if (!address.has_value()) return "not an address";
    if (setting.name == "dialled") start_.dialled = address->ip;
    (setting.name == "client" ? start_.client : start_.local) = *address;
    return "";
  }
  if (setting.name == "tls") {
    const std::map<std::string, session::ClientTls> modes = {
        {"explicit", session::ClientTls::kExplicit},
        {"require", session::ClientTls::kRequire},
        {"implicit", session::ClientTls::kImplicit}};
    auto mode = modes.find(setting.text);
    if (mode == modes.end()) return "no such mode of TLS";
    start_.tls = mode->second;
    return "";
  }
  if (setting.name == "reports") {
    shows_reports_ = true;
    return "";
  }
  if (setting.name == "farm") return SetFarm(arguments);
  if (setting.name == "backend") return SetBackend(arguments);
  if (setting.name == "route") return AddRoute(arguments);
  if (setting.name == "policy") return AddPolicy(arguments);
  if (setting.name == "counted") return AddCounted(arguments);
  if (setting.name == "feature") return AddFeature(setting.text);
  if (setting.name == "timeouts") return SetTimeouts(arguments);
  if (setting.name == "option") return SetOption(arguments);
  if (setting.name == "guard") return SetGuard(arguments);
  if (setting.name == "ban") return AddBan(arguments);
  if (setting.name == "others") return AddOthers(arguments);
  if (setting.name == "pin") {
    world_.pins.Renew(fleet::PinTable::ClientOf(farm(), start_.client.ip,
                                                Get(arguments, "user", "anna")),
                      Get(arguments, "backend", setting.text), world_.now,
                      world_.now + absl::Hours(1));
    return "";
  }
  if (setting.name == "resolved") {
    for (const auto& [name, address] : arguments) {
      world_.names[name] = IpAddress::Parse(address).value();
    }
    return "";
  }
  return Unknown(setting);
}

std::string Stage::SetFarm(const Arguments& arguments) {
  if (Find(arguments, "none")) world_.snapshot.fleet.farms.clear();
  fleet::Farm none;
  fleet::Farm& farm =
      Find(arguments, "none") ? none : FarmOf(Get(arguments, "name", "main"));
  const std::map<std::string, absl::Duration*> durations = {
      {"pin_ttl", &farm.pin_ttl},
      {"budget", &farm.failover.budget},
      {"drain_grace", &farm.drain.grace},
      {"drain_deadline", &farm.drain.deadline},
      {"eject", &farm.outlier_ejection.base}};
  for (const auto& [key, value] : arguments) {
    auto duration = durations.find(key);
    absl::Duration idle;
    if (duration != durations.end()) {
      if (!absl::ParseDuration(value, duration->second)) return "not a time";
    } else if (key == "data_mode") {
      farm.data_mode = value == "active" ? fleet::DataMode::kActive
                                         : fleet::DataMode::kPassive;
    } else if (key == "allow_foreign_data_address") {
      farm.allow_foreign_data_address = value == "yes";
    } else if (key == "pin_by") {
      farm.pin_by = value == "user" ? fleet::ClientIdentity::kUser
                                    : fleet::ClientIdentity::kAddress;
    } else if (key == "balance") {
      if (value != "maglev") return "no such balance";
      farm.balance = fleet::Balance::kMaglev;
    } else if (key == "hash_on") {
      farm.hash_on = value == "user" ? fleet::ClientIdentity::kUser
                                     : fleet::ClientIdentity::kAddress;
    } else if (key == "candidates") {
      farm.failover.candidates = static_cast<int>(Number(arguments, key));
    } else if (key == "replace_backend") {
      farm.failover.replace_backend = value == "yes";
    } else if (key == "resume_downloads") {
      farm.failover.replace_backend = value == "yes";
      farm.failover.resume_downloads = value == "yes";
    } else if (key == "backend_tls") {
      farm.backend_tls.mode = value == "implicit"
                                  ? fleet::BackendTlsMode::kImplicit
                                  : fleet::BackendTlsMode::kExplicit;
    } else if (key == "data_protection") {
      farm.backend_tls.data_protection = value == "private"
                                             ? fleet::DataProtection::kPrivate
                                             : fleet::DataProtection::kClear;
    } else if (key == "tolerate_missing_close_notify") {
      farm.tolerate_missing_close_notify = value == "yes";
    } else if (key == "fxp_peers") {
      std::vector<Cidr> peers;
      for (const absl::string_view text : absl::StrSplit(value, ',')) {
        const std::optional<Cidr> peer = Cidr::Parse(text);
        if (!peer.has_value()) return "not a network";
        peers.push_back(*peer);
      }
      farm.fxp_peers =
          std::make_shared<const std::vector<Cidr>>(std::move(peers));
    } else if (key == "idle") {
      if (!absl::ParseDuration(value, &idle)) return "not a time";
      farm.timeouts.idle = idle;
    } else if (key != "none" && key != "name") {
      return absl::StrCat("a farm has no ", key);
    }
  }
  return "";
}

std::string Stage::SetBackend(const Arguments& arguments) {
  const std::optional<HostPort> address =
      HostPort::Parse(Get(arguments, "address", "10.0.0.7:21"));
  if (!address.has_value()) return "not an address";
  fleet::Backend backend =
      testing::TestWorld::NewBackend(Get(arguments, "id", "a"), *address);
  if (Get(arguments, "state", "") == "draining") {
    backend.state = fleet::AdminState::kDraining;
  }
  if (Get(arguments, "health", "") == "unhealthy") {
    backend.status->SetHealth(fleet::Health::kUnhealthy, absl::UnixEpoch());
  }
  if (Get(arguments, "ejected", "") == "yes") {
    backend.status->outlier.Eject(fleet::FailureKind::kConnect,
                                  world_.now + absl::Hours(1));
  }
  if (Get(arguments, "lacks_epsv", "") == "yes") {
    backend.status->lacks_epsv = true;
  }
  if (Get(arguments, "proxy_protocol", "") == "v2") {
    backend.proxy_protocol = fleet::ProxyProtocol::kV2;
  }
  if (Get(arguments, "data_proxy_protocol", "") == "v2") {
    backend.data_proxy_protocol = fleet::ProxyProtocol::kV2;
  }
  backend.max_sessions = static_cast<int>(Number(arguments, "max_sessions"));
  // Others have so many of them.
  backend.status->sessions = Number(arguments, "sessions");
  others_sessions_ += backend.status->sessions;
  backend.public_ports = PortRange::Parse(Get(arguments, "public_ports", ""));
  FarmOf(Get(arguments, "farm", "main")).backends.push_back(std::move(backend));
  return "";
}

std::string Stage::AddRoute(const Arguments& arguments) {
  std::vector<policy::Route> routes = world_.snapshot.routes.routes();
  routes.push_back({.name = absl::StrCat("r", routes.size()),
                    .order = static_cast<uint32_t>(routes.size()),
                    .listener = Get(arguments, "listener", ""),
                    .host = Get(arguments, "host", ""),
                    .user = Get(arguments, "user", ""),
                    .subject = Get(arguments, "subject", ""),
                    .client = Cidr::Parse(Get(arguments, "client", "")),
                    .farm = Get(arguments, "farm", "main")});
  world_.snapshot.routes = policy::RouteTable(std::move(routes));
  return "";
}

std::string Stage::AddPolicy(const Arguments& arguments) {
  const auto list = [&arguments](const char* key) {
    return std::vector<std::string>(
        absl::StrSplit(Get(arguments, key, ""), ',', absl::SkipEmpty()));
  };
  const auto networks = [&list](const char* key) {
    std::vector<Cidr> cidrs;
    for (const std::string& text : list(key)) {
      cidrs.push_back(Cidr::Parse(text).value());
    }
    return policy::NetworkSet(cidrs);
  };
  std::vector<policy::Policy> policies;
  if (world_.snapshot.policies != nullptr) {
    policies = world_.snapshot.policies->policies();
  }
  policies.push_back(
      {.name = absl::StrCat("p", policies.size()),
       .listener = Get(arguments, "listener", ""),
       .farm = Get(arguments, "farm", ""),
       .user = Get(arguments, "user", ""),
       .client = Cidr::Parse(Get(arguments, "client", "")),
       .allow_clients = networks("allow_clients"),
       .deny_clients = networks("deny_clients"),
       .read_only = Get(arguments, "read_only", "") == "yes",
       .commands = {list("allow_commands"), list("deny_commands")},
       .site = {list("allow_site"), list("deny_site")},
       .paths = {list("allow_paths"), list("deny_paths")},
       .upload_names = {list("allow_upload_names"), list("deny_upload_names")},
       .max_upload_bytes =
           static_cast<uint64_t>(Number(arguments, "max_upload_bytes")),
       .max_sessions_per_user =
           static_cast<uint32_t>(Number(arguments, "max_sessions_per_user")),
       .max_sessions_per_address = static_cast<uint32_t>(
           Number(arguments, "max_sessions_per_address"))});
  world_.snapshot.policies =
      std::make_shared<const policy::PolicySet>(std::move(policies));
  return "";
}

std::string Stage::AddCounted(const Arguments& arguments) {
  const std::string user = Get(arguments, "user", "anna");
  const std::optional<IpAddress> client =
      IpAddress::Parse(Get(arguments, "client", "192.0.2.10"));
  if (!client.has_value()) return "not an address";
  const policy::Restrictions restrictions(world_.snapshot.policies,
                                          {.listener = start_.listener,
                                           .farm = "main",
                                           .user = user,
                                           .client = *client});
  others_places_.push_back(std::make_unique<policy::SessionCounts::Places>());
  world_.session_counts.Hold(policy::SessionCounts::When::kLoggedIn,
                             restrictions.policies(), user, *client,
                             *others_places_.back());
  return "";
}

fleet::Farm& Stage::FarmOf(absl::string_view name) {
  std::vector<fleet::Farm>& farms = world_.snapshot.fleet.farms;
  for (fleet::Farm& farm : farms) {
    if (farm.name == name) return farm;
  }
  farms.emplace_back();
  farms.back().name = std::string(name);
  return farms.back();
}

std::string Stage::AddFeature(absl::string_view text) {
  // "@feature a MLST type*;size*;"
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits(' ', 1));
  if (farm().backends.empty()) SetBackend({});
  fleet::Backend* backend = FindBackend(parts.first);
  if (backend == nullptr) return "no such backend";
  std::vector<std::string> lines;
  if (backend->status->features() != nullptr) {
    lines = *backend->status->features();
  }
  if (!parts.second.empty()) lines.push_back(parts.second);
  backend->status->SetFeatures(
      std::make_shared<const std::vector<std::string>>(std::move(lines)));
  return "";
}

std::string Stage::SetTimeouts(const Arguments& arguments) {
  session::SessionTimeouts& timeouts = world_.options.timeouts;
  const std::map<std::string, absl::Duration*> known = {
      {"idle", &timeouts.idle},
      {"login", &timeouts.login},
      {"backend_connect", &timeouts.backend_connect},
      {"backend_reply", &timeouts.backend_reply},
      {"data_connect", &timeouts.data_connect},
      {"transfer_stall", &timeouts.transfer_stall},
      {"lease_wait", &timeouts.lease_wait}};
  for (const auto& [key, value] : arguments) {
    auto found = known.find(key);
    if (found == known.end() || !absl::ParseDuration(value, found->second)) {
      return absl::StrCat("not a time-out: ", key);
    }
  }
  return "";
}

std::string Stage::SetGuard(const Arguments& arguments) {
  guard::GuardOptions options = {.gateway = "gw"};
  const std::map<std::string, absl::Duration*> durations = {
      {"window", &options.failed_logins.window},
      {"base", &options.failed_logins.base},
      {"longest", &options.failed_logins.longest}};
  for (const auto& [key, value] : arguments) {
    auto duration = durations.find(key);
    if (duration != durations.end()) {
      if (!absl::ParseDuration(value, duration->second)) return "not a time";
    } else if (key == "failed_logins") {
      options.failed_logins.most = Number(arguments, key);
    } else if (key == "sessions_per_user") {
      options.clients.sessions_per_user = Number(arguments, key);
    } else {
      return absl::StrCat("a guard has no ", key);
    }
  }
  world_.guard = std::make_unique<guard::Guard>(options);
  return "";
}

// Another session of that user is logged in.
std::string Stage::AddOthers(const Arguments& arguments) {
  others_.push_back(
      world_.guard->counter().LogIn(Get(arguments, "user", "")).value());
  return "";
}

std::string Stage::AddBan(const Arguments& arguments) {
  const std::optional<Cidr> client =
      guard::ParseBanClient(Get(arguments, "client", ""));
  absl::Duration duration;
  if (!client.has_value() ||
      !absl::ParseDuration(Get(arguments, "for", "1h"), &duration)) {
    return "not a ban";
  }
  world_.guard->bans().Add({.client = *client,
                            .user = Get(arguments, "user", ""),
                            .reason = "a dialogue's",
                            .origin = guard::kOperator,
                            .started = world_.now,
                            .expires = world_.now + duration});
  return "";
}

std::string Stage::SetOption(const Arguments& arguments) {
  session::SessionOptions& options = world_.options;
  for (const auto& [key, value] : arguments) {
    if (key == "banner") {
      options.banner = value;
    } else if (key == "public_address") {
      options.public_address.default_address = value;
    } else if (key == "for_client") {  // CIDR>ADDRESS
      const std::pair<std::string, std::string> rule =
          absl::StrSplit(value, absl::MaxSplits('>', 1));
      options.public_address.by_client.push_back(
          {Cidr::Parse(rule.first).value(), rule.second});
    } else if (key == "active_source_port") {
      options.active_source_port =
          value == "twenty" ? session::ActiveSourcePort::kTwenty
                            : session::ActiveSourcePort::kListenerMinusOne;
    } else if (key == "replace_private_port_address") {
      options.replace_private_port_address = value == "yes";
    } else if (key == "allow_ccc") {
      options.allow_ccc = value == "yes";
    } else if (key == "tarpit") {
      if (!absl::ParseDuration(value, &options.tarpit)) return "not a time";
    } else if (key == "require_private_data") {
      options.require_private_data = value == "yes";
    } else {
      return absl::StrCat("no option is called ", key);
    }
  }
  return "";
}

fleet::Backend* Stage::FindBackend(absl::string_view id) {
  for (fleet::Farm& farm : world_.snapshot.fleet.farms) {
    for (fleet::Backend& backend : farm.backends) {
      if (backend.id == id) return &backend;
    }
  }
  return nullptr;
}

}  // namespace pinnace::dialogues
