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
  session_.set_bytes_moved(path_.moved, path_.moved);
  waits_for_client_ = session_.wants_turn() && unsent_bytes_ > 0;
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
    Deliver([](Session& session, Turn& turn) { session.OnDeadline(turn); });
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
  if (rules_.client_is_changing_tls()) {
    // What comes now waits for its end; that of the client is its end.
    if (!client_fin_) return;
    ++tls_changes_;
    return Deliver([](Session& session, Turn& turn) {
      session.OnClientEnd(Session::Cleanness::kFin, turn);
    });
  }
  const std::string all = std::exchange(inbox_, std::string());
  absl::string_view left = all;
  const int tls_changes = tls_changes_;
  while (!left.empty() && !paused_ && !session_.has_ended() &&
         tls_changes == tls_changes_) {
    const absl::string_view bytes = left.substr(0, NextCut(left.size()));
    left.remove_prefix(bytes.size());
    audit_.OnCommands(bytes);
    Deliver([&](Session& session, Turn& turn) {
      session.OnClientBytes(bytes, turn);
    });
  }
  // Behind the word for another TLS it is no command of this one's.
  if (tls_changes != tls_changes_) return;
  inbox_.insert(0, left.data(), left.size());
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
         rules_.backend_is_open() && !rules_.backend_is_changing_tls() &&
         !session_.has_ended()) {
    const size_t size = NextCut(bytes.size());
    Deliver([&](Session& session, Turn& turn) {
      session.OnBackendBytes(bytes.substr(0, size), turn);
    });
    bytes.remove_prefix(size);
  }
}

std::string ModelShell::Leftover() const {
  if (!session_.has_ended()) {
    return absl::StrCat("never ends, phase ", session_.facts().phase);
  }
  if (path_.id != 0) return "a data path is left open";
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
  CheckSecrets(bytes);
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
    // In implicit TLS the greeting comes once that is there.
    if (rules_.backend_is_changing_tls()) return;
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
  if (rules_.client_is_changing_tls()) {
    audit_.OnSilentEnd();
  } else {
    audit_.OnEnd(action.reason);
  }
  if (action.reason == session::EndReason::kIdle && !audit_.all_answered() &&
      !waits_for_client_) {
    Fault("a command was never answered");
  }
  ReleaseBackend();
  // What was sent still arrives.
  agenda_.At(std::max(last_to_client_, agenda_.now()),
             [this] { client_->OnClosed(); });
  timer_ = absl::InfiniteFuture();
}

}  // namespace pinnace::simulation
