#include "tests/simulation/model_gateway.h"

#include <cstdio>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/fleet/drain.h"
#include "tests/simulation/model_client.h"
#include "tests/simulation/model_shell.h"

namespace pinnace::simulation {
namespace {

constexpr size_t kMostFaultsKept = 20;
constexpr int kBackends = 3;
constexpr int kClients = 4;
constexpr session::ClientTls kListeners[] = {
    session::ClientTls::kNone,     session::ClientTls::kNone,
    session::ClientTls::kExplicit, session::ClientTls::kExplicit,
    session::ClientTls::kRequire,  session::ClientTls::kImplicit};
constexpr fleet::BackendTlsMode kBackendTls[] = {
    fleet::BackendTlsMode::kNone, fleet::BackendTlsMode::kNone,
    fleet::BackendTlsMode::kExplicit, fleet::BackendTlsMode::kImplicit};
constexpr fleet::DataProtection kDataProtection[] = {
    fleet::DataProtection::kSame, fleet::DataProtection::kSame,
    fleet::DataProtection::kClear, fleet::DataProtection::kPrivate};
constexpr fleet::Balance kBalances[] = {
    fleet::Balance::kRoundRobin, fleet::Balance::kLeastSessions,
    fleet::Balance::kWeighted, fleet::Balance::kP2c, fleet::Balance::kMaglev};

}  // namespace

ModelGateway::ModelGateway(uint64_t seed)
    : random_(seed),
      leases_({.pool = {{50000, 50004}},
               .secret = seed,
               .max_waiters_per_client = 4,
               .max_pending_per_address = 8},
              [this](const ports::LeaseOwner& owner, const IpAddress& source,
                     uint16_t port) { OnLeaseGranted(owner, source, port); }) {
  world_.options.allow_ccc = random_.OneIn(2);
  world_.options.require_private_data = random_.OneIn(6);
  guard::GuardOptions guarding = {.gateway = "model"};
  if (random_.OneIn(8)) {
    guarding.failed_logins = {.most = 3,
                              .window = absl::Minutes(5),
                              .base = absl::Seconds(5),
                              .longest = absl::Minutes(1)};
  }
  if (random_.OneIn(3)) guarding.clients.sessions_per_user = 1;
  if (random_.OneIn(3)) world_.options.tarpit = absl::Seconds(1);
  world_.guard = std::make_unique<guard::Guard>(guarding);
  const char* const kFarms[] = {"passive", "active"};
  for (const char* name : kFarms) {
    fleet::Farm farm;
    farm.name = name;
    farm.data_mode = farm.name == "active" ? fleet::DataMode::kActive
                                           : fleet::DataMode::kPassive;
    farm.balance = kBalances[random_.Below(std::size(kBalances))];
    if (random_.OneIn(4)) farm.pin_by = fleet::ClientIdentity::kUser;
    if (random_.OneIn(3)) farm.pin_ttl = absl::ZeroDuration();
    farm.backend_tls.mode = random_.Of(kBackendTls);
    farm.backend_tls.data_protection = random_.Of(kDataProtection);
    farm.tolerate_missing_close_notify = random_.OneIn(4);
    farm.failover.replace_backend = random_.OneIn(2);
    farm.failover.resume_downloads =
        farm.failover.replace_backend && random_.OneIn(2);
    farm.drain.grace = random_.Delay(absl::Seconds(20));
    farm.drain.deadline = farm.drain.grace + random_.Delay(absl::Minutes(2));
    const bool is_small = random_.OneIn(8);
    for (int i = 0; i < kBackends; ++i) {
      const IpAddress host = IpAddress::FromIpv4(
          {10, 0, 0, static_cast<uint8_t>(backends_.size() + 1)});
      backends_.push_back(
          std::make_unique<ModelBackend>(agenda_, random_, host));
      fleet::Backend backend = testing::TestWorld::NewBackend(
          absl::StrCat(name, i), {host.ToString(), 21});
      if (is_small || random_.OneIn(8)) {
        backend.max_sessions = 1 + random_.Below(4);
      }
      if (random_.OneIn(4)) {
        backend.proxy_protocol = fleet::ProxyProtocol::kV2;
        backend.data_proxy_protocol = fleet::ProxyProtocol::kV2;
      }
      if (i == 0 && random_.OneIn(4)) backend.public_ports = {50000, 50001};
      farm.backends.push_back(std::move(backend));
    }
    world_.snapshot.fleet.farms.push_back(std::move(farm));
  }
  if (random_.OneIn(5)) ChangePolicies();
}

ModelGateway::~ModelGateway() = default;

void ModelGateway::StartSession() {
  const IpAddress ip = IpAddress::FromIpv4(
      {192, 0, 2, static_cast<uint8_t>(1 + random_.Below(kClients))});
  const SessionId id = MakeSessionId(shells_.size(), 0);
  shells_.push_back(std::make_unique<ModelShell>(
      *this, session::Session::Start{
                 .id = id,
                 .client = {ip, 40000},
                 .local = {IpAddress::FromIpv4({198, 51, 100, 1}), 2121},
                 .listener = "model",
                 .farm = random_.OneIn(4) ? "active" : "passive",
                 .tls = random_.Of(kListeners),
                 .now = agenda_.now()}));
  ModelShell& shell = *shells_.back();
  clients_.push_back(std::make_unique<ModelClient>(*this, shell, ip));
  shell.Start(clients_.back().get());
  clients_.back()->Start();
  const absl::Duration later = random_.Delay(absl::Minutes(10));
  if (random_.OneIn(40)) {
    agenda_.After(later, [&shell] { shell.Kill(); });
  } else if (random_.OneIn(40)) {
    agenda_.After(later, [&shell] { shell.Drain(); });
  }
  if (random_.OneIn(40)) agenda_.After(later, [this] { ChangeFleet(); });
  if (random_.OneIn(120)) agenda_.After(later, [this] { ChangePolicies(); });
}

void ModelGateway::ChangePolicies() {
  const policy::NetworkSet last_client(
      {{IpAddress::FromIpv4({192, 0, 2, static_cast<uint8_t>(kClients)}), 32}});
  const policy::Policy kPolicies[] = {
      {.name = "door", .deny_clients = last_client},
      {.name = "user", .user = "*", .deny_clients = last_client},
      {.name = "reading", .farm = "passive", .read_only = true},
      {.name = "words",
       .commands = {.deny = {"XFOO", "DELE"}},
       .upload_names = {.deny = {"*3"}}},
      {.name = "paths", .paths = {.deny = {"/**/*7"}}},
      {.name = "small", .max_upload_bytes = 700},
      {.name = "few",
       .max_sessions_per_user = 1,
       .max_sessions_per_address = 3},
  };
  std::vector<policy::Policy> policies;
  for (const policy::Policy& policy : kPolicies) {
    if (random_.OneIn(6)) policies.push_back(policy);
  }
  world_.snapshot.policies =
      policies.empty()
          ? nullptr
          : std::make_shared<const policy::PolicySet>(std::move(policies));
}

void ModelGateway::ChangeFleet() {
  fleet::Fleet& fleet = world_.snapshot.fleet;
  const fleet::Fleet former = fleet;
  fleet::Farm& farm = fleet.farms[random_.Below(fleet.farms.size())];
  const size_t chosen = random_.Below(farm.backends.size());
  fleet::Backend& backend = farm.backends[chosen];
  if (backend.state == fleet::AdminState::kDraining) {
    backend.state = fleet::AdminState::kUp;
  } else if (random_.OneIn(2)) {
    backend.state = fleet::AdminState::kDraining;
  } else if (farm.backends.size() > 1) {
    gone_.emplace_back(farm.name, backend);
    farm.backends.erase(farm.backends.begin() + static_cast<ptrdiff_t>(chosen));
  }
  if (!gone_.empty() && random_.OneIn(2)) {
    auto& [name, back] = gone_.back();
    // Registered anew: nothing is known of it.
    back.status = std::make_shared<fleet::BackendStatus>();
    for (fleet::Farm& its : fleet.farms) {
      if (its.name == name) its.backends.push_back(back);
    }
    gone_.pop_back();
  }
  fleet.Prepare("", &former);
  if (!fleet::UpdateDrains(former, fleet, agenda_.now())) return;
  // A session may start others: not by iterator.
  for (size_t i = 0; i < shells_.size(); ++i) {
    shells_[i]->BackendDrainChanged();
  }
}

void ModelGateway::Run(int sessions) {
  absl::Duration start;
  for (int i = 0; i < sessions; ++i) {
    start += random_.Delay(absl::Milliseconds(600));
    agenda_.After(start, [this] { StartSession(); });
  }
  while (!agenda_.empty() && faults_.size() < kMostFaultsKept) {
    agenda_.HappenNext();
  }
  for (const std::unique_ptr<ModelShell>& shell : shells_) {
    const std::string left = shell->Leftover();
    if (!left.empty()) Fault(shell->id(), left);
  }
  for (const auto& connection : connections_) {
    if (connection->was_fooled()) {
      Fault(connection->session(), "a broken upload looks complete");
    }
  }
}

std::vector<std::string> ModelGateway::Leftovers() const {
  std::vector<std::string> left;
  const auto zero = [&left](absl::string_view what, int64_t value) {
    if (value != 0) left.push_back(absl::StrCat(what, ": ", value));
  };
  const ports::LeaseTable::Facts leases = leases_.facts();
  zero("leases pending", leases.pending);
  zero("sessions waiting for a lease", leases.waiting);
  zero("users with sessions",
       static_cast<int64_t>(world_.guard->counter().users()));
  for (const fleet::Farm& farm : world_.snapshot.fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      zero(absl::StrCat("sessions of backend ", backend.id),
           backend.status->sessions.load());
    }
  }
  zero("sessions that policies count",
       static_cast<int64_t>(world_.session_counts.size()));
  metrics::CounterValues values{};
  world_.counters.AddTo(values);
  const auto value = [&values](metrics::Counter counter) {
    return values[static_cast<size_t>(counter)];
  };
  zero("sessions that did not end",
       value(metrics::Counter::kSessionsAccepted) -
           value(metrics::Counter::kSessionsEnded));
  return left;
}

// --- For the models ---------------------------------------------------------

ModelBackend* ModelGateway::BackendAt(const IpAddress& host) {
  for (const std::unique_ptr<ModelBackend>& backend : backends_) {
    if (backend->host() == host) return backend.get();
  }
  return nullptr;
}

ModelBackend::Connection* ModelGateway::NewConnection(
    ModelBackend& server, const Temper& temper,
    ModelBackend::Connection::Peer peer) {
  connections_.push_back(std::make_unique<ModelBackend::Connection>(
      server, temper, std::move(peer)));
  return connections_.back().get();
}

ModelShell& ModelGateway::ShellOf(SessionId session) {
  return *shells_[session >> 8];
}

void ModelGateway::ConnectData(uint16_t port, const IpAddress& from,
                               DataLegPtr leg) {
  const std::optional<ports::LeaseOwner> owner = leases_.Claim(port, from);
  if (!owner.has_value()) {
    leg->got_reset = true;
    return;
  }
  if (leg->session != owner->session) {
    ++tally_.mistaken;
    if (ShellOf(leg->session).HoldsLease(port)) {
      Fault(leg->session, "its data connection went to another session");
    }
  }
  // The listener's worker posts it to the session's.
  agenda_.After(
      random_.Delay(absl::Milliseconds(2)), [this, owner = *owner, from, leg] {
        ShellOf(owner.session).OnDataAccepted(owner.data_path, from, leg);
      });
}

void ModelGateway::OnLeaseGranted(const ports::LeaseOwner& owner,
                                  const IpAddress& source, uint16_t port) {
  agenda_.After(
      random_.Delay(absl::Milliseconds(2)), [this, owner, source, port] {
        ShellOf(owner.session).OnLeaseGranted(owner.data_path, source, port);
      });
}

void ModelGateway::Fault(SessionId session, absl::string_view what) {
  if (faults_.size() < kMostFaultsKept) {
    faults_.push_back(absl::StrCat(
        "session ", session >> 8, " at ",
        absl::FormatDuration(agenda_.now() - Agenda().now()), ": ", what));
  }
}

void ModelGateway::Trace(SessionId session, absl::string_view what) {
  uint64_t hash = trace_ ^ session;
  hash = Mix(hash ^ static_cast<uint64_t>(absl::ToUnixNanos(agenda_.now())));
  for (const char c : what) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  }
  trace_ = Mix(hash);
}

void ModelGateway::News(SessionId session, absl::string_view who,
                        absl::string_view what) {
  if (static_cast<int>(session >> 8) != shown_) return;
  std::printf("%14s %s %s\n",
              absl::FormatDuration(agenda_.now() - Agenda().now()).c_str(),
              std::string(who).c_str(), Printable(what, 200).c_str());
}

}  // namespace pinnace::simulation
