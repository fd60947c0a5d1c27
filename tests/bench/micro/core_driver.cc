#include "tests/bench/micro/core_driver.h"

#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"

namespace pinnace::bench {
namespace {

using session::Leg;
using session::Session;
using session::Turn;

constexpr int kBackends = 3;
constexpr int64_t kFileBytes = 1024;
constexpr absl::Duration kBetweenLogins = absl::Hours(1);
static_assert(kBetweenLogins > limits::kPinTtl);

const Address kClient = *Address::Parse("192.0.2.10:40000");
const Address kClientData = *Address::Parse("192.0.2.10:40001");
const Address kGateway = *Address::Parse("198.51.100.1:2121");
const Address kBackend = *Address::Parse("10.0.0.7:21");
const Address kBackendData = *Address::Parse("10.0.0.7:51201");

fleet::Farm NewFarm() {
  fleet::Farm farm;
  farm.name = "main";
  for (int i = 0; i < kBackends; ++i) {
    farm.backends.push_back(testing::TestWorld::NewBackend(
        absl::StrCat("backend-", i),
        {absl::StrCat("backend-", i, ".ftp.svc.cluster.local"), 21}));
  }
  return farm;
}

}  // namespace

CoreDriver::CoreDriver()
    : leases_({.pool = {{50000, 50099}}},
              [](const ports::LeaseOwner&, const IpAddress&, uint16_t) {}),
      start_({.id = MakeSessionId(1, 0),
              .client = kClient,
              .local = kGateway,
              .listener = "0.0.0.0:2121",
              .farm = "main"}) {
  world_.snapshot.fleet.farms.push_back(NewFarm());
  world_.snapshot.fleet.Prepare(/*gateway_zone=*/"", /*former=*/nullptr);
  world_.options.public_address.default_address = "203.0.113.9";
}

void CoreDriver::Login() {
  world_.now += kBetweenLogins;
  start_.now = world_.now;
  session_.emplace(world_.options, start_);
  Deliver([](Session& session, Turn& turn) { session.OnStart(turn); });
  ClientHears("220 Pinnace ready.\r\n");
  ClientSends("USER anonymous\r\n");
  BackendConnects();
  BackendSends("220 (vsFTPd 3.0.3)\r\n");
  BackendHears("USER anonymous\r\n");
  BackendSends("331 Please specify the password.\r\n");
  ClientHears("331 ");
  ClientSends("PASS guest@example.net\r\n");
  BackendHears("PASS guest@example.net\r\n");
  BackendSends("230 Login successful.\r\n");
  ClientHears("230 ");
}

void CoreDriver::Noop() {
  ClientSends("NOOP\r\n");
  BackendHears("NOOP\r\n");
  BackendSends("200 NOOP ok.\r\n");
  ClientHears("200 ");
}

void CoreDriver::Retr() {
  ClientSends("PASV\r\n");
  BackendHears("EPSV\r\n");
  BackendSends("229 Entering Extended Passive Mode (|||51201|)\r\n");
  ClientHears("227 ");
  OpenLegs();
  ClientSends("RETR pub/release-notes.txt\r\n");
  BackendHears("RETR pub/release-notes.txt\r\n");
  BackendSends(
      "150 Opening BINARY mode data connection for pub/release-notes.txt "
      "(1024 bytes).\r\n");
  ClientHears("150 ");
  RelayIsDone();
  BackendSends("226 Transfer complete.\r\n");
  ClientHears("226 ");
}

void CoreDriver::Stor() {
  ClientSends("EPSV\r\n");
  BackendHears("EPSV\r\n");
  BackendSends("229 Entering Extended Passive Mode (|||51201|)\r\n");
  ClientHears("229 ");
  OpenLegs();
  ClientSends("STOR pub/release-notes.txt\r\n");
  BackendHears("STOR pub/release-notes.txt\r\n");
  BackendSends("150 Ok to send data.\r\n");
  ClientHears("150 ");
  RelayIsDone();
  BackendSends("226 Transfer complete.\r\n");
  ClientHears("226 ");
}

template <typename Event>
void CoreDriver::Deliver(Event event) {
  Turn turn = world_.NewTurn();
  event(*session_, turn);
  CarryOut();
  timer_ = session_->deadline();
  TellLease();
}

void CoreDriver::CarryOut() {
  for (const session::Action& action : world_.out.actions()) {
    if (const auto* send = std::get_if<session::SendClient>(&action)) {
      const absl::string_view bytes = world_.out.Bytes(*send);
      to_client_.append(bytes.data(), bytes.size());
    } else if (const auto* send = std::get_if<session::SendBackend>(&action)) {
      const absl::string_view bytes = world_.out.Bytes(*send);
      to_backend_.append(bytes.data(), bytes.size());
    } else if (const auto* take = std::get_if<session::TakeLease>(&action)) {
      path_ = take->path;
      lease_answer_ =
          leases_.Take({.session = session_->id(), .data_path = path_},
                       kClient.ip, take->slice);
    }
  }
}

// Told when the turn is carried out.
void CoreDriver::TellLease() {
  if (!lease_answer_.has_value()) return;
  const auto taken = *std::exchange(lease_answer_, std::nullopt);
  PINNACE_CHECK(taken.outcome == ports::LeaseTable::Outcome::kGranted);
  public_port_ = taken.port;
  Deliver([this](Session& session, Turn& turn) {
    session.OnLease(path_, public_port_, turn);
  });
}

void CoreDriver::ClientSends(absl::string_view bytes) {
  Deliver([bytes](Session& session, Turn& turn) {
    session.OnClientBytes(bytes, turn);
  });
}

void CoreDriver::BackendSends(absl::string_view bytes) {
  Deliver([bytes](Session& session, Turn& turn) {
    session.OnBackendBytes(bytes, turn);
  });
}

void CoreDriver::BackendConnects() {
  Deliver([](Session& session, Turn& turn) {
    session.OnBackendConnected(kBackend, turn);
  });
}

void CoreDriver::OpenLegs() {
  Deliver([this](Session& session, Turn& turn) {
    session.OnLegOpen(path_, Leg::kBackend, kBackendData, turn);
  });
  const std::optional<ports::LeaseOwner> owner =
      leases_.Claim(public_port_, kClientData.ip);
  PINNACE_CHECK(owner.has_value() && owner->data_path == path_);
  Deliver([this](Session& session, Turn& turn) {
    session.OnLegOpen(path_, Leg::kClient, kClientData, turn);
  });
}

void CoreDriver::RelayIsDone() {
  Deliver([this](Session& session, Turn& turn) {
    session.OnRelayDone(path_, kFileBytes, turn);
  });
}

void CoreDriver::ClientHears(absl::string_view bytes) {
  PINNACE_CHECK(absl::StartsWith(to_client_, bytes));
  to_client_.clear();
}

void CoreDriver::BackendHears(absl::string_view bytes) {
  PINNACE_CHECK(to_backend_ == bytes);
  to_backend_.clear();
}

}  // namespace pinnace::bench
