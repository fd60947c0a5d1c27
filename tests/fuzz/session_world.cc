#include "tests/fuzz/session_world.h"

#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proxy/fleet/drain.h"

namespace pinnace::fuzz {
namespace {

constexpr fleet::BackendTlsMode kBackendTls[] = {
    fleet::BackendTlsMode::kNone, fleet::BackendTlsMode::kExplicit,
    fleet::BackendTlsMode::kImplicit, fleet::BackendTlsMode::kNone};
constexpr fleet::DataProtection kDataProtection[] = {
    fleet::DataProtection::kSame, fleet::DataProtection::kClear,
    fleet::DataProtection::kPrivate, fleet::DataProtection::kSame};
constexpr session::ActiveSourcePort kSourcePorts[] = {
    session::ActiveSourcePort::kAny, session::ActiveSourcePort::kTwenty,
    session::ActiveSourcePort::kListenerMinusOne,
    session::ActiveSourcePort::kAny};
constexpr fleet::Balance kBalances[] = {
    fleet::Balance::kLeastSessions, fleet::Balance::kRoundRobin,
    fleet::Balance::kP2c, fleet::Balance::kMaglev};

void SetOptions(const Settings& settings, testing::TestWorld& world) {
  session::SessionOptions& options = world.options;
  options.allow_ccc = settings.Get(0, 6, 1) != 0;
  options.require_private_data = settings.Get(0, 7, 1) != 0;
  options.active_source_port = kSourcePorts[settings.Get(2, 2, 2)];
  options.replace_private_port_address = settings.Get(2, 4, 1) != 0;
  if (settings.Get(2, 6, 1) != 0) options.tarpit = absl::Seconds(1);
  if (settings.Get(4, 4, 1) == 0) {
    options.public_address.default_address = "203.0.113.9";
  }
}

void SetGuard(const Settings& settings, testing::TestWorld& world) {
  guard::GuardOptions options = {.gateway = "fuzz"};
  if (settings.Get(2, 7, 1) != 0) {
    options.failed_logins = {.most = 2,
                             .window = absl::Minutes(5),
                             .base = absl::Seconds(5),
                             .longest = absl::Minutes(1)};
  }
  if (settings.Get(4, 6, 1) != 0) options.clients.sessions_per_user = 1;
  world.guard = std::make_unique<guard::Guard>(options);
}

fleet::Backend MakeBackend(const Settings& settings, int farm, int number) {
  const bool is_ipv6 = settings.Get(4, 5, 1) != 0;
  const char* host = is_ipv6 ? "2001:db8::1" : "10.0.0.";
  fleet::Backend backend = testing::TestWorld::NewBackend(
      absl::StrCat(farm == 0 ? "a" : "b", number),
      {absl::StrCat(host, 1 + 3 * farm + number), 21});
  if (settings.Get(2, 5, 1) != 0) {
    backend.proxy_protocol = fleet::ProxyProtocol::kV2;
    backend.data_proxy_protocol = fleet::ProxyProtocol::kV2;
  }
  if (settings.Get(4, 2, 1) != 0 && number == 0) backend.max_sessions = 1;
  if (settings.Get(4, 3, 1) != 0) backend.status->lacks_epsv = true;
  if (settings.Get(4, 7, 1) != 0) backend.public_ports = {50000, 50001};
  backend.status->SetFeatures(
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{
          "SIZE", "MDTM", "REST STREAM", absl::StrCat("XFEATURE", number)}));
  return backend;
}

fleet::Farm MakeFarm(const Settings& settings, int number) {
  fleet::Farm farm;
  farm.name = number == 0 ? "main" : "other";
  farm.backend_tls.mode = kBackendTls[settings.Get(0, 2, 2)];
  farm.backend_tls.data_protection = kDataProtection[settings.Get(0, 4, 2)];
  farm.failover.replace_backend = settings.Get(1, 0, 2) > 0;
  farm.failover.resume_downloads = settings.Get(1, 0, 2) > 1;
  // The other farm has the other mode.
  farm.data_mode = settings.Get(1, 2, 1) != number ? fleet::DataMode::kActive
                                                   : fleet::DataMode::kPassive;
  farm.allow_foreign_data_address = settings.Get(1, 3, 1) != 0;
  if (settings.Get(1, 4, 1) != 0) farm.pin_by = fleet::ClientIdentity::kUser;
  if (settings.Get(1, 5, 1) != 0) farm.pin_ttl = absl::ZeroDuration();
  farm.tolerate_missing_close_notify = settings.Get(1, 6, 1) != 0;
  if (settings.Get(1, 7, 1) != 0) {
    farm.drain = {.grace = absl::Seconds(5), .deadline = absl::Seconds(30)};
  }
  farm.balance = kBalances[settings.Get(5, 0, 2)];
  if (settings.Get(5, 2, 1) != 0) farm.hash_on = fleet::ClientIdentity::kUser;
  if (settings.Get(5, 3, 1) != 0) farm.timeouts.idle = absl::Seconds(20);
  const int backends = (settings.Get(4, 0, 2) + 1) % 4;
  for (int i = 0; i < backends; ++i) {
    farm.backends.push_back(MakeBackend(settings, number, i));
  }
  return farm;
}

}  // namespace

session::Session::Start SetUp(const Settings& settings,
                              testing::TestWorld& world) {
  SetOptions(settings, world);
  SetGuard(settings, world);
  for (int number : {0, 1}) {
    world.snapshot.fleet.farms.push_back(MakeFarm(settings, number));
  }
  if (settings.Get(3, 4, 2) != 0) {
    policy::Route route = {.name = "r", .farm = "other"};
    (settings.Get(3, 4, 1) != 0 ? route.user : route.host) =
        settings.Get(3, 4, 1) != 0 ? "b*" : "other.example.com";
    world.snapshot.routes = policy::RouteTable({route});
  }
  world.snapshot.policies = PoliciesOf(settings.Get(3, 0, 4));
  session::Session::Start start = {
      .id = MakeSessionId(1, 0),
      .client =
          *Address::Parse(settings.Get(2, 0, 1) != 0 ? "[2001:db8::10]:40000"
                                                     : "192.0.2.10:40000"),
      .local =
          *Address::Parse(settings.Get(2, 0, 1) != 0 ? "[2001:db8::1]:2121"
                                                     : "198.51.100.1:2121"),
      .listener = "fuzz",
      .farm = "main",
      .tls = static_cast<session::ClientTls>(settings.Get(0, 0, 2)),
      .now = world.now};
  if (settings.Get(2, 1, 1) != 0) {
    start.dialled = IpAddress::FromIpv4({203, 0, 113, 77});
  }
  return start;
}

std::shared_ptr<const policy::PolicySet> PoliciesOf(int which) {
  const policy::NetworkSet everybody(
      {{IpAddress::FromIpv4({192, 0, 2, 0}), 24}});
  switch (which % 10) {
    case 1:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{{.name = "p", .read_only = true}});
    case 2:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{
              {.name = "p", .paths = {.deny = {"/secret/**"}}}});
    case 3:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{{.name = "p", .max_upload_bytes = 100}});
    case 4:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{
              {.name = "p", .user = "b*", .deny_clients = everybody}});
    case 5:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{
              {.name = "p",
               .commands = {.deny = {"XFOO", "DELE", "MLSD"}},
               .site = {.deny = {"CHMOD"}},
               .upload_names = {.deny = {"*.x"}}}});
    case 6:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{
              {.name = "p", .max_sessions_per_user = 1}});
    case 7:
      return std::make_shared<const policy::PolicySet>(
          std::vector<policy::Policy>{
              {.name = "p", .deny_clients = everybody}});
    default:
      return nullptr;
  }
}

bool ChangeBackend(int which, BackendChange how, testing::TestWorld& world) {
  fleet::Fleet& fleet = world.snapshot.fleet;
  const fleet::Fleet former = fleet;
  std::vector<fleet::Backend>& backends =
      fleet.farms[(which / 4) % fleet.farms.size()].backends;
  if (backends.empty()) return false;
  const size_t chosen = static_cast<size_t>(which % 4) % backends.size();
  switch (how) {
    case BackendChange::kDrain:
      backends[chosen].state = fleet::AdminState::kDraining;
      break;
    case BackendChange::kGo:
      backends.erase(backends.begin() + static_cast<ptrdiff_t>(chosen));
      break;
    case BackendChange::kResume:
    case BackendChange::kCount:
      backends[chosen].state = fleet::AdminState::kUp;
      break;
  }
  fleet.Prepare("", &former);
  return fleet::UpdateDrains(former, fleet, world.now);
}

}  // namespace pinnace::fuzz
