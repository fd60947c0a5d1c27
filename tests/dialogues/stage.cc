#include "tests/dialogues/stage.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "proxy/fleet/drain.h"
#include "tests/dialogues/arguments.h"
#include "tests/support/action_text.h"

namespace pinnace::dialogues {
namespace {

using session::Leg;
using session::Session;
using session::Turn;

// One turn of a session is far shorter; more is a loop.
constexpr int kMostDeadlinesAtOnce = 100;

Leg LegFrom(const Arguments& arguments) {
  return Get(arguments, "leg", "client") == "backend" ? Leg::kBackend
                                                      : Leg::kClient;
}

// Whoever is not named is the backend.
session::Culprit CulpritFrom(const Arguments& arguments) {
  return Get(arguments, "culprit", "backend") == "gateway"
             ? session::Culprit::kGateway
             : session::Culprit::kBackend;
}

}  // namespace

Stage::Stage() {
  fleet::Farm main;
  main.name = "main";
  world_.snapshot.fleet.farms.push_back(std::move(main));
  world_.options.public_address.default_address = "203.0.113.9";
  start_ = {.id = MakeSessionId(1, 0),
            .client = *Address::Parse("192.0.2.10:40000"),
            .local = *Address::Parse("198.51.100.1:2121"),
            .listener = "0.0.0.0:2121",
            .farm = "main"};
}

// --- Events -----------------------------------------------------------------

void Stage::Start() {
  if (!world_.snapshot.fleet.farms.empty() && farm().backends.empty()) {
    SetBackend({});
  }
  start_.now = world_.now;
  session_ = std::make_unique<Session>(world_.options, start_);
  Deliver([](Session& session, Turn& turn) { session.OnStart(turn); });
}

void Stage::Deliver(const Event& event) {
  DeliverOnce(event);
  while (session_->wants_turn() && unsent_bytes_ == 0) {
    DeliverOnce([](Session& s, Turn& t) { s.OnClientDrained(t); });
  }
}

void Stage::DeliverOnce(const Event& event) {
  if (session_->has_ended()) return;  // As a shell retires its session.
  Turn turn = world_.NewTurn(unsent_bytes_);
  session_->set_bytes_moved(bytes_moved_, bytes_moved_);
  event(*session_, turn);
  rules_.OnActions(world_.out);
  WriteDown();
}

std::optional<session::LegFault> Stage::FaultOf(absl::string_view name) {
  if (name == "broken") return session::LegFault::kBroken;
  if (name == "truncated") return session::LegFault::kTruncated;
  if (name == "handshake") return session::LegFault::kHandshake;
  if (name == "too-large") return session::LegFault::kTooLarge;
  if (name == "foreign-session") return session::LegFault::kForeignSession;
  return std::nullopt;
}

void Stage::ClientSends(absl::string_view bytes) {
  // Not in clear, nor in the TLS that is being closed.
  if (rules_.client_is_changing_tls()) return;
  Deliver([&](Session& session, Turn& turn) {
    session.OnClientBytes(bytes, turn);
  });
}

void Stage::BackendSends(absl::string_view bytes) {
  if (!rules_.backend_is_open()) return;  // Nobody reads there any more.
  if (rules_.backend_is_changing_tls()) return;
  Deliver([&](Session& session, Turn& turn) {
    session.OnBackendBytes(bytes, turn);
  });
}

session::DataPathId Stage::PathFrom(const Arguments& arguments) const {
  return Find(arguments, "path") ? Number(arguments, "path") : last_path_;
}

std::string Stage::Happen(const Line& event) {
  const Arguments arguments = ParseArguments(event.text);
  const std::string& name = event.name;
  const session::DataPathId path = PathFrom(arguments);
  const std::string why = Get(arguments, "why", "connection refused");
  if (name == "backend-connected") {
    const std::optional<Address> peer =
        Address::Parse(Get(arguments, "peer", dialled_.ToString()));
    if (!peer.has_value()) return "not an address";
    if (!rules_.backend_is_dialled()) return "nobody dials a backend";
    rules_.OnBackendConnected();
    Deliver([&](Session& s, Turn& t) { s.OnBackendConnected(*peer, t); });
  } else if (name == "backend-connect-failed") {
    if (!rules_.backend_is_dialled()) return "nobody dials a backend";
    rules_.OnBackendConnectFailed();
    Deliver([&](Session& s, Turn& t) {
      s.OnBackendConnectFailed(why, t, CulpritFrom(arguments));
    });
  } else if (name == "backend-lost") {
    rules_.OnBackendEnd();
    Deliver([&](Session& s, Turn& t) {
      s.OnBackendEnd(Get(arguments, "why", "it closed the connection"), t,
                     CulpritFrom(arguments));
    });
  } else if (name == "client-secured") {
    if (!rules_.client_is_changing_tls()) return "no handshake with the client";
    rules_.OnClientSecured();
    const TlsFacts facts = {.version = "TLSv1.3",
                            .cipher = "TLS_AES_256_GCM_SHA384",
                            .server_name = Get(arguments, "server_name", ""),
                            .subject = Get(arguments, "subject", "")};
    Deliver([&](Session& s, Turn& t) { s.OnClientSecured(facts, t); });
  } else if (name == "client-cleared") {
    if (!rules_.client_is_changing_tls()) return "TLS goes on with the client";
    rules_.OnClientCleared();
    Deliver([](Session& s, Turn& t) { s.OnClientCleared(t); });
  } else if (name == "backend-secured") {
    if (!rules_.backend_is_changing_tls()) return "no handshake with a backend";
    rules_.OnBackendSecured();
    Deliver([](Session& s, Turn& t) {
      s.OnBackendSecured({.version = "TLSv1.3"}, t);
    });
  } else if (name == "client-lost" || name == "client-fin") {
    const auto how = name == "client-fin" ? Session::Cleanness::kFin
                                          : Session::Cleanness::kBroken;
    Deliver([&](Session& s, Turn& t) { s.OnClientEnd(how, t); });
  } else if (name == "lease") {
    std::optional<uint16_t> port;
    if (Find(arguments, "port")) {
      port = static_cast<uint16_t>(Number(arguments, "port"));
    }
    const session::LeaseRefusal why =
        Find(arguments, "pending") ? session::LeaseRefusal::kTooManyPending
                                   : session::LeaseRefusal::kPoolFull;
    rules_.OnLease();
    Deliver([&](Session& s, Turn& t) { s.OnLease(path, port, t, why); });
  } else if (name == "ban") {
    return AddBan(arguments);
  } else if (name == "counted") {
    return AddCounted(arguments);
  } else if (name == "others") {
    return AddOthers(arguments);
  } else if (name == "backend-listening") {
    Deliver([&](Session& s, Turn& t) {
      s.OnBackendListening(path, Address::Parse(Get(arguments, "address", "")),
                           t);
    });
  } else if (name == "leg-open") {
    const std::optional<Address> from = Address::Parse(
        Get(arguments, "from",
            LegFrom(arguments) == Leg::kClient ? "192.0.2.10:40001"
                                               : "10.0.0.7:51201"));
    if (!from.has_value()) return "not an address";
    if (path == rules_.path()) rules_.OnLegOpen(LegFrom(arguments));
    Deliver([&](Session& s, Turn& t) {
      s.OnLegOpen(path, LegFrom(arguments), *from, t);
    });
  } else if (name == "leg-failed") {
    if (path == rules_.path()) rules_.OnLegFailed(LegFrom(arguments));
    Deliver([&](Session& s, Turn& t) {
      s.OnLegFailed(path, LegFrom(arguments), why, t, CulpritFrom(arguments));
    });
  } else if (name == "relay-done") {
    Deliver([&](Session& s, Turn& t) {
      s.OnRelayDone(path, Number(arguments, "bytes"), t);
    });
  } else if (name == "source-ended") {
    Deliver([&](Session& s, Turn& t) {
      s.OnSourceEnded(path, Number(arguments, "bytes"), t);
    });
  } else if (name == "relay-broken") {
    const std::optional<session::LegFault> fault =
        FaultOf(Get(arguments, "fault", "broken"));
    if (!fault.has_value()) return "no such fault";
    Deliver([&](Session& s, Turn& t) {
      s.OnRelayBroken(path, LegFrom(arguments), *fault, why,
                      Number(arguments, "bytes"), t);
    });
  } else if (name == "reports") {
    shows_reports_ = true;
  } else if (name == "moved") {
    bytes_moved_ = Number(arguments, "bytes");
  } else if (name == "unsent") {
    unsent_bytes_ = static_cast<size_t>(Number(arguments, "bytes"));
  } else if (name == "drained") {
    unsent_bytes_ = 0;
    Deliver([](Session& s, Turn& t) { s.OnClientDrained(t); });
  } else if (name == "drain") {
    Deliver([](Session& s, Turn& t) { s.OnDrain(t); });
  } else if (name == "backend-drain" || name == "backend-gone" ||
             name == "backend-resume") {
    ChangeBackend(name, Get(arguments, "id", "a"));
  } else if (name == "policy") {
    return AddPolicy(arguments);
  } else if (name == "policies-gone") {
    world_.snapshot.policies = nullptr;
  } else if (name == "counted-end") {
    others_places_.clear();
  } else if (name == "kill") {
    Deliver([](Session& s, Turn& t) { s.OnKill(t); });
  } else if (name == "after") {
    absl::Duration time;
    if (!absl::ParseDuration(event.text, &time)) return "not a time";
    LetPass(time);
  } else {
    return Unknown(event);
  }
  return "";
}

void Stage::ChangeBackend(absl::string_view how, absl::string_view id) {
  fleet::Fleet former = world_.snapshot.fleet;
  fleet::Fleet& fleet = world_.snapshot.fleet;
  for (fleet::Farm& farm : fleet.farms) {
    if (how == "backend-gone") {
      std::erase_if(farm.backends, [&](const fleet::Backend& backend) {
        return backend.id == id;
      });
    }
    for (fleet::Backend& backend : farm.backends) {
      if (backend.id != id) continue;
      backend.state = how == "backend-drain" ? fleet::AdminState::kDraining
                                             : fleet::AdminState::kUp;
    }
  }
  fleet.Prepare("", &former);
  if (!fleet::UpdateDrains(former, fleet, world_.now)) return;
  Deliver([](Session& s, Turn& t) { s.OnBackendDrainChanged(t); });
}

void Stage::LetPass(absl::Duration time) {
  const absl::Time end = world_.now + time;
  int deadlines = 0;
  while (!session_->has_ended() && session_->deadline() <= end) {
    world_.now = std::max(world_.now, session_->deadline());
    Deliver([](Session& s, Turn& t) { s.OnDeadline(t); });
    if (session_->deadline() <= world_.now) {
      broken_ = "a deadline stays in the past after OnDeadline";
      break;
    }
    if (++deadlines > kMostDeadlinesAtOnce) {
      broken_ = "one deadline after the other";
      break;
    }
  }
  world_.now = end;
}

void Stage::Finish() {
  Deliver([](Session& s, Turn& t) {
    s.OnClientEnd(Session::Cleanness::kBroken, t);
  });
  if (!session_->has_ended() || !rules_.has_ended()) {
    broken_ = "the session does not end";
  }
  int64_t sessions = 0;
  for (const fleet::Backend& backend : AllBackends()) {
    sessions += backend.status->sessions.load();
  }
  if (sessions != others_sessions_) {
    broken_ = absl::StrCat("backends keep ", sessions, " sessions");
  }
  session_.reset();
  others_places_.clear();
  if (world_.session_counts.size() != 0) {
    broken_ = "a session is counted that has ended";
  }
}

// --- Deeds ------------------------------------------------------------------

void Stage::AddDeed(LineKind kind, absl::string_view text) {
  if (kind == LineKind::kAction) {
    deeds_.push_back({kind, std::string(text)});
    return;
  }
  // Bytes are cut at line ends, however they came.
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const size_t size =
        newline == absl::string_view::npos ? text.size() : newline + 1;
    if (!deeds_.empty() && deeds_.back().kind == kind &&
        deeds_.back().text.back() != '\n') {
      deeds_.back().text.append(text.data(), size);
    } else {
      deeds_.push_back({kind, std::string(text.substr(0, size))});
    }
    text.remove_prefix(size);
  }
}

std::vector<fleet::Backend> Stage::AllBackends() const {
  std::vector<fleet::Backend> backends;
  for (const fleet::Farm& farm : world_.snapshot.fleet.farms) {
    backends.insert(backends.end(), farm.backends.begin(), farm.backends.end());
  }
  return backends;
}

void Stage::WriteDown() {
  for (const session::Action& action : world_.out.actions()) {
    if (const auto* send = std::get_if<session::SendClient>(&action)) {
      AddDeed(LineKind::kClientReceives, world_.out.Bytes(*send));
      continue;
    }
    if (const auto* send = std::get_if<session::SendBackend>(&action)) {
      AddDeed(LineKind::kBackendReceives, world_.out.Bytes(*send));
      continue;
    }
    if (const auto* dial = std::get_if<session::ConnectBackend>(&action)) {
      dialled_ = testing::AddressOf(*dial, world_.out);
    }
    const session::DataPathId path = testing::PathOf(action);
    last_path_ = std::max(last_path_, path);
    if (testing::IsReport(action) && !shows_reports_) continue;
    AddDeed(LineKind::kAction,
            testing::ActionText(action, world_.out, last_path_));
  }
}

std::vector<Deed> Stage::TakeDeeds() {
  return std::exchange(deeds_, std::vector<Deed>());
}

std::string Stage::broken_rule() const {
  return rules_.broken().empty() ? broken_ : rules_.broken().front();
}

std::string Stage::Fact(const std::string& key) const {
  const session::SessionFacts facts = session_->facts();
  if (key == "phase") return facts.phase;
  if (key == "farm") return facts.farm;
  if (key == "user") return facts.user;
  if (key == "backend") return facts.backend;
  if (key == "transfers") return absl::StrCat(facts.transfers);
  if (key == "deadline") {
    return absl::FormatDuration(session_->deadline() - world_.now);
  }
  metrics::CounterValues values{};
  world_.counters.AddTo(values);
  for (const metrics::CounterRow& row : metrics::CounterRows()) {
    if (key == row.name) {
      return absl::StrCat(values[static_cast<size_t>(row.counter)]);
    }
  }
  for (const fleet::Backend& backend : AllBackends()) {
    if (key == "sessions." + backend.id) {
      return absl::StrCat(backend.status->sessions.load());
    }
    if (key == "ejected." + backend.id) {
      return backend.status->IsEjected(world_.now) ? "yes" : "no";
    }
    if (key == "lacks_epsv." + backend.id) {
      return backend.status->lacks_epsv ? "yes" : "no";
    }
  }
  if (key == "session_places") {
    return absl::StrCat(world_.session_counts.size());
  }
  if (key == "pin") {
    const std::vector<fleet::PinTable::Pin> pins = world_.pins.List(world_.now);
    return pins.empty() ? "none" : pins[0].backend;
  }
  if (key == "bans") {
    const std::vector<guard::Ban> bans = world_.guard->bans().List(world_.now);
    return bans.empty() ? "none" : bans[0].Key();
  }
  if (key == "users") return absl::StrCat(world_.guard->counter().users());
  return "nothing of that name";
}

std::string Stage::Ask(const Line& query) const {
  for (const auto& [key, value] : ParseArguments(query.text)) {
    const std::string fact = Fact(key);
    if (fact != value) {
      return absl::StrCat(key, " is ", fact, ", not ", value);
    }
  }
  return "";
}

}  // namespace pinnace::dialogues
