#include "tests/simulation/model_shell.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "tests/support/action_text.h"

namespace pinnace::simulation {

using session::DataPathId;
using session::Direction;
using session::Leg;
using session::LegFault;
using session::Session;
using session::Turn;

namespace {

constexpr size_t kMostUnsentBytes =
    limits::kMaxUnsentBytes + limits::kMaxReplyBytes + 64 * 1024;
const absl::Duration kLongestSilence = absl::Minutes(1);

}  // namespace

ModelShell::ModelShell(ModelGateway& gateway, Session::Start start)
    : gateway_(gateway),
      agenda_(gateway.agenda()),
      random_(gateway.random()),
      session_(gateway.world().options, std::move(start)),
      audit_([this] { return WhatIsUntrue(); }),
      cut_(static_cast<Cut>(random_.Below(3))) {}

void ModelShell::Start(ModelClient* client) {
  client_ = client;
  Deliver([](Session& session, Turn& turn) { session.OnStart(turn); });
}

// --- Events -----------------------------------------------------------------

void ModelShell::Deliver(const Event& event) {
  if (session_.has_ended()) return;
  testing::TestWorld& world = gateway_.world();
  world.now = agenda_.now();
  session_.set_bytes_moved(path_.moved);
  Turn turn = world.NewTurn(unsent_bytes_);
  event(session_, turn);
  rules_.OnActions(world.out);
  for (const session::Action& action : world.out.actions()) {
    const std::string text = testing::ActionText(action, world.out, 0);
    gateway_.Trace(id(), text);
    if (!text.empty()) gateway_.News(id(), "! ", text);
    std::visit([this](const auto& asked) { Do(asked); }, action);
  }
  CheckTurn();
  SetTimer();
}

void ModelShell::CheckTurn() {
  if (is_faulty_) return;  // The first is the one to look at.
  if (!rules_.broken().empty()) Fault(rules_.broken().front());
  if (!audit_.faults().empty()) Fault(audit_.faults().front());
  if (unsent_bytes_ > kMostUnsentBytes) Fault("too many unsent bytes");
  if (rules_.path() != path_.id) Fault("the shell's data path is another");
}

void ModelShell::SetTimer() {
  const absl::Time deadline = session_.deadline();
  if (deadline == timer_) return;
  timer_ = deadline;
  if (deadline == absl::InfiniteFuture()) return;
  agenda_.At(deadline, [this, deadline] {
    if (deadline != timer_ || session_.has_ended()) return;
    timer_ = absl::InfiniteFuture();
    Deliver([this](Session& session, Turn& turn) {
      session.OnDeadline(path_.moved, turn);
    });
    if (session_.deadline() <= agenda_.now()) {
      Fault("a deadline stays in the past");
      timer_ = session_.deadline();  // No endless loop of it.
    }
  });
}

size_t ModelShell::NextCut(size_t all) {
  switch (cut_) {
    case Cut::kWhole:
      return all;
    case Cut::kByteWise:
      return 1;
    case Cut::kChunks:
      return std::min<size_t>(all, 1 + random_.Below(50));
  }
  return all;
}

void ModelShell::ClientSends(absl::string_view bytes) {
  if (client_fin_) return;
  gateway_.News(id(), "C>", bytes);
  inbox_.append(bytes.data(), bytes.size());
  Feed();
}

void ModelShell::ClientFin() {
  client_fin_ = true;
  Feed();
}

void ModelShell::Feed() {
  size_t read = 0;
  while (read < inbox_.size() && !paused_ && !session_.has_ended()) {
    const size_t size = NextCut(inbox_.size() - read);
    const absl::string_view bytes =
        absl::string_view(inbox_).substr(read, size);
    read += size;
    audit_.OnCommands(bytes);
    Deliver([&](Session& session, Turn& turn) {
      session.OnClientBytes(bytes, turn);
    });
  }
  inbox_.erase(0, read);
  if (inbox_.empty() && client_fin_ && !paused_) {
    Deliver([](Session& session, Turn& turn) {
      session.OnClientEnd(Session::Cleanness::kFin, turn);
    });
  }
}

void ModelShell::ClientReset() {
  client_fin_ = true;
  inbox_.clear();
  Deliver([](Session& session, Turn& turn) {
    session.OnClientEnd(Session::Cleanness::kBroken, turn);
  });
}

void ModelShell::BackendDrainChanged() {
  Deliver([](Session& session, Turn& turn) {
    session.OnBackendDrainChanged(turn);
  });
}

void ModelShell::Drain() {
  Deliver([](Session& session, Turn& turn) { session.OnDrain(turn); });
}

void ModelShell::Kill() {
  Deliver([](Session& session, Turn& turn) { session.OnKill(turn); });
}

void ModelShell::OnBackendBytes(uint64_t connection, absl::string_view bytes) {
  gateway_.News(id(), "B<", bytes);
  while (!bytes.empty() && connection == connection_ &&
         rules_.backend_is_open() && !session_.has_ended()) {
    const size_t size = NextCut(bytes.size());
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendBytes(bytes.substr(0, size), turn);
    });
    bytes.remove_prefix(size);
  }
}

void ModelShell::OnDataAccepted(DataPathId path, const IpAddress& from,
                                DataLegPtr leg) {
  if (path_.id != path) {
    leg->got_reset = true;
    return;
  }
  path_.lease = Lease::kNone;
  path_.mistaken = leg->session != id();
  OpenLeg(path, Leg::kClient, {from, 40001}, std::move(leg));
}

void ModelShell::OnLeaseGranted(DataPathId path, const IpAddress& source,
                                uint16_t port) {
  if (path_.id != path || path_.lease != Lease::kWaiting) {
    gateway_.leases().Release({id(), path}, source, port);
    return;
  }
  path_.lease = Lease::kHeld;
  path_.port = port;
  rules_.OnLease();
  Deliver(
      [&](Session& session, Turn& turn) { session.OnLease(path, port, turn); });
}

std::string ModelShell::Leftover() const {
  if (!session_.has_ended()) {
    return absl::StrCat("never ends, phase ", session_.facts().phase);
  }
  if (path_.id != 0) return "a data path is left open";
  return "";
}

// What is not so about the transfer that is just reported as done.
std::string ModelShell::WhatIsUntrue() const {
  if (!path_.done) return "success before the last byte has gone";
  const bool download = path_.direction == Direction::kDownload;
  const DataLeg& from = download ? *path_.backend : *path_.client;
  const DataLeg& to = download ? *path_.client : *path_.backend;
  if (!to.got_end) return "success without an end of file";
  if (to.received != from.source->size ||
      to.checksum != DataLeg::Checksum(*from.source)) {
    return "success, but the content is another";
  }
  ++(download ? gateway_.tally().downloads : gateway_.tally().uploads);
  return "";
}

// --- Control connections ----------------------------------------------------

void ModelShell::Do(const session::SendClient& action) {
  const std::string bytes(gateway_.world().out.Bytes(action));
  gateway_.Trace(id(), bytes);
  gateway_.News(id(), "C<", bytes);
  audit_.OnReplies(bytes);
  unsent_bytes_ += bytes.size();
  if (!client_->reads()) return;
  last_to_client_ =
      std::max(last_to_client_, agenda_.now() + client_->reading_delay());
  agenda_.At(last_to_client_, [this, bytes] {
    unsent_bytes_ -= bytes.size();
    client_->Receive(bytes);
    if (unsent_bytes_ == 0) {
      Deliver(
          [](Session& session, Turn& turn) { session.OnClientDrained(turn); });
    }
  });
}

void ModelShell::Do(const session::SendBackend& action) {
  const std::string bytes(gateway_.world().out.Bytes(action));
  gateway_.Trace(id(), bytes);
  gateway_.News(id(), "B>", bytes);
  last_to_backend_ = std::max(
      last_to_backend_, agenda_.now() + random_.Delay(absl::Milliseconds(20)));
  agenda_.At(last_to_backend_,
             [backend = backend_, bytes] { backend->OnBytes(bytes); });
}

void ModelShell::Do(const session::ConnectBackend& action) {
  const uint64_t connection = ++connection_;
  const Temper temper = Temper::Draw(random_);
  const absl::string_view host = gateway_.world().out.Bytes(action.host);
  ModelBackend* server = gateway_.BackendAt(IpAddress::Parse(host).value());
  const absl::Duration delay = random_.OneIn(40)
                                   ? action.timeout
                                   : random_.Delay(absl::Milliseconds(200));
  agenda_.After(delay, [this, connection, temper, server] {
    if (connection != connection_ || session_.has_ended()) return;
    if (temper.refuses_connect) {
      rules_.OnBackendConnectFailed();
      return Deliver([](Session& session, Turn& turn) {
        session.OnBackendConnectFailed("connection refused", turn);
      });
    }
    if (temper.babbles) audit_.StopMatchingTokens();
    backend_ = gateway_.NewConnection(
        *server, temper,
        {.receive =
             [this, connection](std::string bytes) {
               OnBackendBytes(connection, bytes);
             },
         .closed =
             [this, connection] {
               if (connection != connection_ || session_.has_ended()) return;
               rules_.OnBackendEnd();
               Deliver([](Session& session, Turn& turn) {
                 session.OnBackendEnd("it closed the connection", turn);
               });
             },
         .dial =
             [this, connection](uint16_t port, DataLegPtr leg) {
               return connection == connection_ &&
                      AcceptFromBackend(port, std::move(leg));
             },
         .session = id()});
    rules_.OnBackendConnected();
    const Address peer = {server->host(), 21};
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendConnected(peer, turn);
    });
    if (connection == connection_ && backend_ != nullptr) backend_->Greet();
  });
}

void ModelShell::Do(const session::CloseBackend&) { ReleaseBackend(); }

void ModelShell::ReleaseBackend() {
  ++connection_;
  if (backend_ == nullptr) return;
  // Behind what was sent.
  agenda_.At(std::max(last_to_backend_, agenda_.now()),
             [backend = backend_] { backend->OnClosed(); });
  backend_ = nullptr;
}

void ModelShell::Do(const session::PauseClient&) { paused_ = true; }

void ModelShell::Do(const session::ResumeClient&) {
  paused_ = false;
  agenda_.After(absl::ZeroDuration(), [this] { Feed(); });
}

void ModelShell::Do(const session::ReportTransfer& action) {
  if (action.bytes < path_.moved && path_.id != 0) {
    Fault("the report has lost bytes");
  }
}

void ModelShell::Do(const session::EndSession& action) {
  ++gateway_.tally().ends;
  ++gateway_.tally()
        .ends_by_reason[std::string(session::EndReasonName(action.reason))];
  audit_.OnEnd(action.reason);
  if (action.reason == session::EndReason::kIdle && !audit_.all_answered() &&
      unsent_bytes_ < limits::kMaxUnsentBytes) {
    Fault("a command was never answered");
  }
  ReleaseBackend();
  // What was sent still arrives.
  agenda_.At(std::max(last_to_client_, agenda_.now()),
             [this] { client_->OnClosed(); });
  timer_ = absl::InfiniteFuture();
}

// --- Data paths -------------------------------------------------------------

void ModelShell::Do(const session::TakeLease& action) {
  path_.id = action.path;
  const ports::LeaseTable::Taken taken = gateway_.leases().Take(
      {id(), action.path}, session_.start().client.ip, action.slice);
  std::optional<uint16_t> port;
  switch (taken.outcome) {
    case ports::LeaseTable::Outcome::kWaiting:
      path_.lease = Lease::kWaiting;
      return;
    case ports::LeaseTable::Outcome::kGranted:
      path_.lease = Lease::kHeld;
      path_.port = taken.port;
      port = taken.port;
      break;
    case ports::LeaseTable::Outcome::kRefused:
      break;
  }
  agenda_.After(absl::ZeroDuration(), [this, path = action.path, port] {
    if (path_.id != path) return;
    rules_.OnLease();
    Deliver([&](Session& session, Turn& turn) {
      session.OnLease(path, port, turn);
    });
  });
}

void ModelShell::Do(const session::ListenForBackend& action) {
  path_.id = action.path;
  std::optional<Address> address;
  if (!random_.OneIn(20)) {
    path_.listening = gateway_.NextListeningPort();
    address = {IpAddress::FromIpv4({10, 0, 0, 254}), path_.listening};
  }
  agenda_.After(absl::ZeroDuration(), [this, path = action.path, address] {
    if (path_.id != path) return;
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendListening(path, address, turn);
    });
  });
}

bool ModelShell::AcceptFromBackend(uint16_t port, DataLegPtr leg) {
  if (session_.has_ended() || path_.id == 0 || path_.listening != port ||
      path_.backend != nullptr) {
    return false;
  }
  const DataPathId path = path_.id;
  agenda_.After(absl::ZeroDuration(), [this, path, leg = std::move(leg)] {
    if (path_.id != path) return CloseLeg(leg, session::Closing::kReset);
    OpenLeg(path, Leg::kBackend, {IpAddress(), 20}, leg);
  });
  return true;
}

void ModelShell::OpenLeg(DataPathId path, Leg leg, const Address& from,
                         DataLegPtr end) {
  (leg == Leg::kClient ? path_.client : path_.backend) = std::move(end);
  rules_.OnLegOpen(leg);
  Deliver([&](Session& session, Turn& turn) {
    session.OnLegOpen(path, leg, from, turn);
  });
}

void ModelShell::FailLeg(DataPathId path, Leg leg) {
  rules_.OnLegFailed(leg);
  Deliver([&](Session& session, Turn& turn) {
    session.OnLegFailed(path, leg, "connection refused", turn);
  });
}

void ModelShell::Do(const session::DialBackend& action) {
  path_.id = action.path;
  ModelBackend* server = gateway_.BackendAt(action.target.ip);
  if (server == nullptr) return Fault("the gateway is sent to a third host");
  const absl::Duration delay = random_.Delay(
      random_.OneIn(15) ? absl::Seconds(25) : absl::Milliseconds(100));
  agenda_.After(
      delay, [this, path = action.path, server, target = action.target] {
        if (path_.id != path) return;
        const DataLegPtr leg = std::make_shared<DataLeg>();
        ModelBackend::Connection* listener = server->ListenerOf(target.port);
        if (listener == nullptr || !listener->AcceptData(leg)) {
          return FailLeg(path, Leg::kBackend);
        }
        OpenLeg(path, Leg::kBackend, target, leg);
      });
}

void ModelShell::Do(const session::DialClient& action) {
  agenda_.After(random_.Delay(absl::Seconds(1)),
                [this, path = action.path, target = action.target] {
                  if (path_.id != path) return;
                  const DataLegPtr leg = std::make_shared<DataLeg>();
                  if (!client_->AcceptActive(target.port, leg)) {
                    return FailLeg(path, Leg::kClient);
                  }
                  OpenLeg(path, Leg::kClient, target, leg);
                });
}

void ModelShell::Do(const session::SecureClient&) {}

void ModelShell::Do(const session::ClearClient&) {}

void ModelShell::Do(const session::SecureBackend&) {}

void ModelShell::Do(const session::StartRelay& action) {
  path_.relaying = true;
  path_.direction = action.direction;
  path_.pause = absl::Milliseconds(20);
  LookAgain(action.path, absl::ZeroDuration());
}

void ModelShell::LookAgain(DataPathId path, absl::Duration after) {
  agenda_.After(after, [this, path] { Relay(path); });
}

void ModelShell::Relay(DataPathId path) {
  if (path_.id != path || session_.has_ended()) return;
  const bool download = path_.direction == Direction::kDownload;
  DataLeg& from = download ? *path_.backend : *path_.client;
  DataLeg& to = download ? *path_.client : *path_.backend;
  const Leg source = download ? Leg::kBackend : Leg::kClient;
  const Leg sink = download ? Leg::kClient : Leg::kBackend;
  if (to.peer_gone ||
      (to.breaks_at.has_value() && to.received >= *to.breaks_at)) {
    to.peer_gone = true;
    return BreakRelay(path, sink);
  }
  if (from.peer_gone) return BreakRelay(path, source);
  const bool is_silent =
      !from.source.has_value() ||
      (from.source->stalls && from.sent == from.source->size);
  if (is_silent) {
    path_.pause = std::min(path_.pause * 2, kLongestSilence);
    return LookAgain(path, path_.pause);
  }
  const int64_t left = from.source->size - from.sent;
  const int64_t size = std::min<int64_t>(left, 1 + random_.Below(4000));
  for (int64_t i = 0; i < size; ++i) {
    to.checksum += DataLeg::ByteAt(from.source->tag, from.sent++);
  }
  to.received += size;
  path_.moved += size;
  if (size < left) {
    return LookAgain(path,
                     random_.Delay(random_.OneIn(30) ? absl::Minutes(3)
                                                     : absl::Milliseconds(50)));
  }
  if (from.source->stalls) return LookAgain(path, path_.pause);
  if (from.source->breaks) {
    from.peer_gone = true;
    if (from.changed) from.changed();
    return BreakRelay(path, source);
  }
  EndRelay(path);
}

void ModelShell::EndRelay(DataPathId path) {
  const bool download = path_.direction == Direction::kDownload;
  (download ? path_.client : path_.backend)->got_end = true;
  path_.done = true;
  for (const DataLegPtr& leg : {path_.client, path_.backend}) {
    if (leg->changed) leg->changed();
  }
  Deliver([this, path](Session& session, Turn& turn) {
    session.OnRelayDone(path, path_.moved, turn);
  });
}

void ModelShell::BreakRelay(DataPathId path, Leg leg) {
  Deliver([this, path, leg](Session& session, Turn& turn) {
    session.OnRelayBroken(path, leg, LegFault::kBroken, "", path_.moved, turn);
  });
}

void ModelShell::CloseLeg(const DataLegPtr& leg, session::Closing how) {
  if (leg == nullptr || leg->is_closed()) return;
  if (how == session::Closing::kReset) {
    leg->got_reset = true;
  } else {
    // A plain close() looks like the end of the file.
    leg->got_early_end = true;
  }
  if (leg->changed) leg->changed();
}

void ModelShell::Do(const session::CloseDataPath& action) {
  ClosePath(action.how);
}

void ModelShell::ClosePath(session::Closing how) {
  if (path_.lease != Lease::kNone) {
    gateway_.leases().Release(
        {id(), path_.id}, session_.start().client.ip,
        path_.lease == Lease::kHeld ? path_.port : uint16_t{0});
  }
  CloseLeg(path_.client, how);
  CloseLeg(path_.backend, how);
  path_ = Path();
}

}  // namespace pinnace::simulation
