// What happens to the session. session_trial_actions.cc has what it asks for,
// and the promises that are checked.
#include "tests/fuzz/session_trial.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"
#include "proxy/ftp/command.h"
#include "tests/support/action_text.h"

namespace pinnace::fuzz {

using session::Culprit;
using session::Leg;
using session::LegFault;
using session::Session;
using session::Turn;

namespace {

// Each makes the tables of all farms anew.
constexpr int kMostFleetChanges = 4;
constexpr int kMostOthers = 4;
constexpr int kMostFloods = 8;
constexpr int kMostFloodSteps = 12;
// However small the pieces are cut.
constexpr size_t kMostPieces = 256;
// One turn of a session is far shorter; more is a loop.
constexpr int kMostDeadlines = 300;
constexpr int kMostDeadlinesAtOnce = 10;

constexpr absl::Duration kTimes[] = {absl::Milliseconds(10), absl::Seconds(1),
                                     absl::Seconds(4),       absl::Seconds(9),
                                     absl::Seconds(29),      absl::Minutes(1),
                                     absl::Minutes(4),       absl::Minutes(20)};
constexpr int64_t kSizes[] = {1, 100, 5000, 1'000'000};
constexpr LegFault kFaults[] = {LegFault::kBroken, LegFault::kTruncated,
                                LegFault::kHandshake, LegFault::kForeignSession,
                                LegFault::kTooLarge};

Leg LegFrom(int choice) {
  return choice % 2 == 0 ? Leg::kClient : Leg::kBackend;
}
Culprit CulpritFrom(int choice) {
  return choice % 2 == 0 ? Culprit::kBackend : Culprit::kGateway;
}

std::string Flood(absl::string_view line, int power) {
  std::string bytes;
  const size_t times = size_t{1} << (power % (kMostFloodSteps + 1));
  bytes.reserve(times * (line.size() + 2));
  for (size_t i = 0; i < times; ++i) absl::StrAppend(&bytes, line, "\r\n");
  return bytes;
}

size_t PieceSize(size_t all, size_t cut) {
  return cut == 0 ? all : std::max(cut, all / kMostPieces);
}

// One line, and no 1yz.
bool IsOneReply(absl::string_view bytes) {
  return bytes.size() > 5 && bytes[0] >= '2' && bytes[0] <= '5' &&
         absl::ascii_isdigit(bytes[1]) && absl::ascii_isdigit(bytes[2]) &&
         bytes[3] == ' ' && bytes.find("\r\n") == bytes.size() - 2;
}

bool IsTransfer(ftp::Verb verb) {
  using ftp::Verb;
  return verb == Verb::kRetr || verb == Verb::kStor || verb == Verb::kAppe ||
         verb == Verb::kStou || verb == Verb::kList || verb == Verb::kNlst ||
         verb == Verb::kMlsd;
}

// The final answer of a server that is well.
absl::string_view AnswerTo(ftp::Verb verb) {
  using ftp::Verb;
  switch (verb) {
    case Verb::kUser:
      return "331 Password, please.";
    case Verb::kPass:
    case Verb::kAcct:
      return "230 Logged in.";
    case Verb::kAuth:
      return "234 Begin TLS.";
    case Verb::kHost:
      return "220 Ready.";
    case Verb::kEpsv:
      return "229 Entering Extended Passive Mode (|||51201|)";
    case Verb::kPasv:
      return "227 Entering Passive Mode (10,0,0,1,200,1).";
    case Verb::kPwd:
    case Verb::kXpwd:
      return "257 \"/home\" is current.";
    case Verb::kSize:
      return "213 100";
    case Verb::kMdtm:
      return "213 20260101000000";
    case Verb::kRest:
    case Verb::kRnfr:
      return "350 Go on.";
    case Verb::kQuit:
      return "221 Bye.";
    case Verb::kCwd:
    case Verb::kCdup:
    case Verb::kDele:
      return "250 Done.";
    default:  // Whatever the verb, 2yz is a success.
      return IsTransfer(verb) || verb == Verb::kAbor ? "226 Done." : "200 OK.";
  }
}

}  // namespace

SessionTrial::SessionTrial(const Settings& settings)
    : session_(world_.options, SetUp(settings, world_)), audit_([this] {
        return path_.relay == Relay::kDone ? ""
                                           : "success before the last byte";
      }) {
  audit_.StopMatchingTokens();
  for (const fleet::Farm& farm : world_.snapshot.fleet.farms) {
    for (const fleet::Backend& backend : farm.backends) {
      statuses_.push_back(backend.status);
    }
  }
}

void SessionTrial::Start() {
  Deliver([](Session& s, Turn& t) { s.OnStart(t); });
}

void SessionTrial::Do(Operation operation, ScriptReader& script) {
  Show("*  operation ", absl::StrCat(static_cast<int>(operation)));
  switch (operation) {
    case Operation::kProceed:
    case Operation::kCount:
      return Proceed();
    case Operation::kClientLine:
      return ClientSends(absl::StrCat(script.Of(kClientLines), "\r\n"));
    case Operation::kClientText:
      return ClientSends(script.Bytes());
    case Operation::kClientFlood: {
      const absl::string_view line = script.Of(kClientLines);
      const int power = script.Byte();
      if (++floods_ > kMostFloods) return;
      return ClientSends(Flood(line, power));
    }
    case Operation::kClientCut:
      client_cut_ = script.Byte();
      return;
    case Operation::kClientFin:
      return ClientEnds(Session::Cleanness::kFin);
    case Operation::kClientBroken:
      return ClientEnds(Session::Cleanness::kBroken);
    case Operation::kClientSecured:
      return ClientSecured(script.Byte());
    case Operation::kClientCleared:
      return ClientCleared();
    case Operation::kClientTakes:
      return ClientTakes();
    case Operation::kClientStalls:
      client_stalls_ = true;
      return;
    case Operation::kBackendConnected:
      return BackendConnected();
    case Operation::kBackendConnectFailed:
      return BackendConnectFailed(CulpritFrom(script.Byte()));
    case Operation::kBackendAgrees:
      return BackendAgrees();
    case Operation::kBackendRefuses: {
      const absl::string_view reply = script.Of(kRefusals);
      if (!backend_can_speak()) return;
      greets_ = false;
      preliminary_said_ = false;
      if (!asked_.empty()) asked_.pop_front();
      return BackendSends(absl::StrCat(reply, "\r\n"));
    }
    case Operation::kBackendLine:
      return BackendSends(absl::StrCat(script.Of(kBackendLines), "\r\n"));
    case Operation::kBackendText:
      return BackendSends(script.Bytes());
    case Operation::kBackendFlood: {
      const absl::string_view line = script.Of(kBackendLines);
      const int power = script.Byte();
      if (++floods_ > kMostFloods) return;
      return BackendSends(Flood(line, power));
    }
    case Operation::kBackendCut:
      backend_cut_ = script.Byte();
      return;
    case Operation::kBackendSecured:
      return BackendSecured();
    case Operation::kBackendEnd:
      return BackendEnds(CulpritFrom(script.Byte()));
    case Operation::kLease:
      return AnswerLease(script.Byte());
    case Operation::kBackendListening:
      return AnswerListening(script.Byte());
    case Operation::kLegOpen: {
      const uint8_t choice = script.Byte();
      return OpenLeg(LegFrom(choice), choice / 2);
    }
    case Operation::kLegFailed: {
      const uint8_t choice = script.Byte();
      return FailLeg(LegFrom(choice), CulpritFrom(choice / 2));
    }
    case Operation::kBytesMove: {
      const uint8_t choice = script.Byte();
      if (path_.relay != Relay::kMoving) return;
      path_.moved += kSizes[choice % std::size(kSizes)];
      // A part of it may be on its way still.
      path_.delivered = choice >= 128 ? path_.moved : path_.moved / 2;
      return;
    }
    case Operation::kSourceEnded:
      return EndSource();
    case Operation::kRelayDone:
      return FinishRelay();
    case Operation::kRelayBroken: {
      const uint8_t choice = script.Byte();
      return BreakRelay(LegFrom(choice),
                        kFaults[choice / 2 % std::size(kFaults)]);
    }
    case Operation::kTimePasses: {
      const uint8_t choice = script.Byte();
      return PassTime(kTimes[choice % std::size(kTimes)], choice >= 128);
    }
    case Operation::kDeadline:
      return MeetDeadline();
    case Operation::kDrain:
      return Deliver([](Session& s, Turn& t) { s.OnDrain(t); });
    case Operation::kBackendChanges: {
      const uint8_t choice = script.Byte();
      const auto how = static_cast<BackendChange>(
          choice / 8 % static_cast<int>(BackendChange::kCount));
      if (++fleet_changes_ > kMostFleetChanges) return;
      if (!ChangeBackend(choice % 8, how, world_)) return;
      return Deliver([](Session& s, Turn& t) { s.OnBackendDrainChanged(t); });
    }
    case Operation::kKill:
      return Deliver([](Session& s, Turn& t) { s.OnKill(t); });
    case Operation::kPolicies:
      world_.snapshot.policies = PoliciesOf(script.Byte());
      return;
    case Operation::kBan:
      return Ban(script.Byte());
    case Operation::kOthers:
      return HearOthers(script.Byte() % 2 == 0);
    case Operation::kStale:
      return HearStaleNews(script.Byte());
  }
}

// --- Turns ------------------------------------------------------------------

void SessionTrial::Deliver(const Event& event) {
  DeliverOnce(event);
  // As the shell does, in later turns of its loop.
  while (session_.wants_turn() && unsent_bytes_ == 0) {
    DeliverOnce([](Session& s, Turn& t) { s.OnClientDrained(t); });
  }
}

void SessionTrial::DeliverOnce(const Event& event) {
  if (session_.has_ended()) return;  // As a shell retires its session.
  session_.set_bytes_moved(path_.moved, path_.delivered);
  waits_for_client_ = session_.wants_turn() && unsent_bytes_ > 0;
  Turn turn = world_.NewTurn(unsent_bytes_);
  event(session_, turn);
  rules_.OnActions(world_.out);
  for (const session::Action& action : world_.out.actions()) {
    CheckTexts(action);
    Show(action);
    std::visit([this](const auto& asked) { Do(asked); }, action);
  }
  CheckTurn();
  if (!client_stalls_) unsent_bytes_ = 0;
}

void SessionTrial::Show(absl::string_view who, absl::string_view text) const {
  if (shows_) std::cerr << who << Printable(text, 200) << "\n";
}

void SessionTrial::Show(const session::Action& action) const {
  if (!shows_) return;
  if (const auto* send = std::get_if<session::SendClient>(&action)) {
    Show("C< ", world_.out.Bytes(*send));
  } else if (const auto* send = std::get_if<session::SendBackend>(&action)) {
    Show("B> ", world_.out.Bytes(*send));
  } else {
    Show("!  ", testing::ActionText(action, world_.out, 0));
  }
}

void SessionTrial::PassTime(absl::Duration time, bool late) {
  const absl::Time end = world_.now + time;
  if (late) world_.now = end;  // A loop that was busy.
  int deadlines = 0;
  while (!session_.has_ended() && session_.deadline() <= end) {
    if (++deadlines > kMostDeadlines) Broken("one deadline after the other");
    MeetDeadline();
  }
  world_.now = end;
}

void SessionTrial::MeetDeadline() {
  if (session_.has_ended()) return;
  const absl::Time deadline = session_.deadline();
  if (deadline == absl::InfiniteFuture()) return;
  world_.now = std::max(world_.now, deadline);
  // Of several that have come, each may need a turn of its own.
  for (int i = 0; i < kMostDeadlinesAtOnce; ++i) {
    Deliver([](Session& s, Turn& t) { s.OnDeadline(t); });
    if (session_.deadline() > world_.now) return;
  }
  Broken("a deadline stays in the past");
}

// --- Control connections ----------------------------------------------------

void SessionTrial::Proceed() {
  if (rules_.backend_is_dialled()) return BackendConnected();
  if (client_change_ == ClientChange::kSecuring) return ClientSecured(0);
  if (client_change_ == ClientChange::kClearing) return ClientCleared();
  if (rules_.backend_is_changing_tls()) return BackendSecured();
  if (ProceedOnPath()) return;
  if (greets_ || !asked_.empty()) return BackendAgrees();
  if (path_.relay == Relay::kMoving && path_.asked.holds_end) {
    return EndSource();
  }
  FinishRelay();
}

bool SessionTrial::ProceedOnPath() {
  if (path_.lease == Lease::kAsked) {
    AnswerLease(0);
  } else if (path_.backend == LegState::kAwaited) {
    OpenLeg(Leg::kBackend, 0);
  } else if (path_.backend == LegState::kListening) {
    AnswerListening(0);
  } else if (path_.client == LegState::kAwaited &&
             path_.backend == LegState::kOpen) {
    OpenLeg(Leg::kClient, 0);
  } else {
    return false;
  }
  return true;
}

void SessionTrial::ClientSends(absl::string_view bytes) {
  const size_t piece_size = PieceSize(bytes.size(), client_cut_);
  while (!bytes.empty() && client_can_speak() && !session_.has_ended()) {
    const absl::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    Show("C> ", piece);
    if (is_audited_) audit_.OnCommands(piece);
    Deliver([&](Session& s, Turn& t) { s.OnClientBytes(piece, t); });
  }
}

void SessionTrial::ClientEnds(Session::Cleanness how) {
  // What it sent before is read first.
  if (how == Session::Cleanness::kFin && (client_fin_ || paused_)) return;
  client_fin_ = true;
  Deliver([how](Session& s, Turn& t) { s.OnClientEnd(how, t); });
}

void SessionTrial::ClientSecured(int names) {
  if (client_change_ != ClientChange::kSecuring || client_fin_) return;
  client_change_ = ClientChange::kNone;
  rules_.OnClientSecured();
  const char* const kNames[] = {"", "ftp.example.com", "other.example.com", ""};
  const TlsFacts facts = {.version = "TLSv1.3",
                          .server_name = kNames[names % 4],
                          .subject = names % 8 >= 4 ? "anna" : ""};
  Deliver([&](Session& s, Turn& t) { s.OnClientSecured(facts, t); });
}

void SessionTrial::ClientCleared() {
  if (client_change_ != ClientChange::kClearing || client_fin_) return;
  client_change_ = ClientChange::kNone;
  rules_.OnClientCleared();
  Deliver([](Session& s, Turn& t) { s.OnClientCleared(t); });
}

void SessionTrial::ClientTakes() {
  client_stalls_ = false;
  unsent_bytes_ = 0;
  Deliver([](Session& s, Turn& t) { s.OnClientDrained(t); });
}

void SessionTrial::BackendConnected() {
  if (!rules_.backend_is_dialled()) return;
  rules_.OnBackendConnected();
  asked_.clear();
  is_new_in_tls_ = false;
  preliminary_said_ = false;
  last_said_.clear();
  greets_ = true;
  awaits_proxy_header_ = session_.backend_link().wants_proxy_header();
  Deliver([&](Session& s, Turn& t) { s.OnBackendConnected(dialled_, t); });
}

void SessionTrial::BackendConnectFailed(Culprit culprit) {
  if (!rules_.backend_is_dialled()) return;
  rules_.OnBackendConnectFailed();
  Deliver([&](Session& s, Turn& t) {
    s.OnBackendConnectFailed("connection refused", t, culprit);
  });
}

void SessionTrial::BackendSends(absl::string_view bytes) {
  const size_t piece_size = PieceSize(bytes.size(), backend_cut_);
  while (!bytes.empty() && backend_can_speak() && !session_.has_ended()) {
    const absl::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    Show("B< ", piece);
    absl::StrAppend(&last_said_, piece);
    if (absl::StrContains(last_said_, "Abort successful.") ||
        absl::StrContains(last_said_, " in progress, ")) {
      is_audited_ = false;
    }
    if (last_said_.size() > 64) last_said_.erase(0, last_said_.size() - 64);
    Deliver([&](Session& s, Turn& t) { s.OnBackendBytes(piece, t); });
    // It was awaited. What came in clear, from whoever stood between, must not
    // have made it a part of something else.
    if (std::exchange(is_new_in_tls_, false) && IsOneReply(piece) &&
        world_.out.empty()) {
      Broken("what came in clear is a part of an answer in TLS");
    }
  }
}

void SessionTrial::BackendAgrees() {
  if (!backend_can_speak()) return;
  if (std::exchange(greets_, false)) return BackendSends("220 Ready.\r\n");
  if (asked_.empty()) return;
  const ftp::Verb verb = ftp::Command::FromLine(asked_.front()).verb;
  if (IsTransfer(verb) && !std::exchange(preliminary_said_, true)) {
    return BackendSends("150 Here it comes.\r\n");
  }
  preliminary_said_ = false;
  asked_.pop_front();
  BackendSends(absl::StrCat(AnswerTo(verb), "\r\n"));
}

void SessionTrial::BackendSecured() {
  if (!rules_.backend_is_changing_tls() || !rules_.backend_is_open()) return;
  rules_.OnBackendSecured();
  Deliver([](Session& s, Turn& t) {
    s.OnBackendSecured({.version = "TLSv1.3"}, t);
  });
  is_new_in_tls_ = true;
}

void SessionTrial::BackendEnds(Culprit culprit) {
  if (!rules_.backend_is_open()) return;
  rules_.OnBackendEnd();
  Deliver([&](Session& s, Turn& t) {
    s.OnBackendEnd("it closed the connection", t, culprit);
  });
}

// --- Data connections -------------------------------------------------------

void SessionTrial::AnswerLease(int outcome) {
  if (path_.lease != Lease::kAsked) return;
  const bool granted = outcome % 4 < 2;
  path_.lease = granted ? Lease::kHeld : Lease::kNone;
  if (granted) path_.client = LegState::kAwaited;
  rules_.OnLease();
  const std::optional<uint16_t> port =
      granted ? std::optional<uint16_t>(50000) : std::nullopt;
  const session::LeaseRefusal why =
      outcome % 4 == 2 ? session::LeaseRefusal::kPoolFull
                       : session::LeaseRefusal::kTooManyPending;
  Deliver([&](Session& s, Turn& t) { s.OnLease(path_.id, port, t, why); });
}

void SessionTrial::AnswerListening(int outcome) {
  if (path_.backend != LegState::kListening) return;
  std::optional<Address> address = Address::Parse("10.0.0.254:40002");
  if (outcome % 4 == 1) address = Address::Parse("[2001:db8::fe]:40002");
  if (outcome % 4 == 2) address = std::nullopt;
  path_.backend = address.has_value() ? LegState::kAwaited : LegState::kNone;
  Deliver(
      [&](Session& s, Turn& t) { s.OnBackendListening(path_.id, address, t); });
}

void SessionTrial::OpenLeg(Leg leg, int from) {
  if (StateOf(leg) != LegState::kAwaited) return;
  StateOf(leg) = LegState::kOpen;
  if (leg == Leg::kClient) path_.lease = Lease::kNone;
  rules_.OnLegOpen(leg);
  const Address address =
      *Address::Parse(from % 2 == 0 ? "192.0.2.10:40001" : "10.0.0.1:51201");
  Deliver([&](Session& s, Turn& t) { s.OnLegOpen(path_.id, leg, address, t); });
}

void SessionTrial::FailLeg(Leg leg, Culprit culprit) {
  // What is listened for fails by silence alone.
  const bool dialled = StateOf(leg) == LegState::kAwaited &&
                       (leg == Leg::kBackend || path_.lease == Lease::kNone);
  if (!dialled) return;
  StateOf(leg) = LegState::kNone;
  rules_.OnLegFailed(leg);
  Deliver([&](Session& s, Turn& t) {
    s.OnLegFailed(path_.id, leg, "connection refused", t, culprit);
  });
}

void SessionTrial::EndSource() {
  if (path_.relay != Relay::kMoving || !path_.asked.holds_end) return;
  path_.relay = Relay::kSourceEnded;
  path_.delivered = path_.moved;
  Deliver(
      [&](Session& s, Turn& t) { s.OnSourceEnded(path_.id, path_.moved, t); });
}

void SessionTrial::FinishRelay() {
  const bool can_end =
      path_.asked.holds_end
          ? path_.relay == Relay::kSourceEnded && path_.may_pass_end
          : path_.relay == Relay::kMoving;
  if (!can_end) return;
  path_.relay = Relay::kDone;
  path_.delivered = path_.moved;
  Deliver(
      [&](Session& s, Turn& t) { s.OnRelayDone(path_.id, path_.moved, t); });
}

void SessionTrial::BreakRelay(Leg leg, LegFault fault) {
  if (path_.relay != Relay::kMoving && path_.relay != Relay::kSourceEnded) {
    return;
  }
  const bool is_protected = leg == Leg::kClient ? path_.asked.client_protected
                                                : path_.asked.backend_protected;
  const bool is_about_tls = fault == LegFault::kTruncated ||
                            fault == LegFault::kHandshake ||
                            fault == LegFault::kForeignSession;
  if (is_about_tls && !is_protected) return;
  if (fault == LegFault::kTooLarge && path_.asked.max_bytes == 0) return;
  path_.relay = Relay::kBroken;
  Deliver([&](Session& s, Turn& t) {
    s.OnRelayBroken(path_.id, leg, fault, "it broke", path_.moved, t);
  });
}

// It was on its way when the path was closed.
void SessionTrial::HearStaleNews(int which) {
  if (last_path_ == 0) return;
  const session::DataPathId path =
      path_.id == last_path_ ? last_path_ - 1 : last_path_;
  const Address address = *Address::Parse("192.0.2.10:40001");
  Deliver([&](Session& s, Turn& t) {
    const Leg leg = LegFrom(which / 8);
    switch (which % 8) {
      case 0:
        return s.OnLease(path, 50001, t);
      case 1:
        return s.OnLease(path, std::nullopt, t);
      case 2:
        return s.OnBackendListening(path, address, t);
      case 3:
        return s.OnLegOpen(path, leg, address, t);
      case 4:
        return s.OnLegFailed(path, leg, "too late", t);
      case 5:
        return s.OnRelayDone(path, 7, t);
      case 6:
        return s.OnSourceEnded(path, 7, t);
      default:
        return s.OnRelayBroken(path, leg, LegFault::kBroken, "late", 7, t);
    }
  });
}

// --- Others -----------------------------------------------------------------

void SessionTrial::HearOthers(bool come) {
  if (!come) {
    if (!others_.empty()) others_.pop_back();
    return;
  }
  if (others_.size() >= kMostOthers) return;
  std::optional<guard::ClientCounter::Place> place =
      world_.guard->counter().LogIn("anna");
  if (place.has_value()) others_.push_back(*std::move(place));
}

void SessionTrial::Ban(int whom) {
  world_.guard->bans().Add(
      {.client = {session_.start().client.ip,
                  session_.start().client.ip.is_ipv4() ? 32 : 128},
       .user = whom % 2 == 0 ? "anna" : "",
       .reason = "the script's",
       .origin = guard::kOperator,
       .started = world_.now,
       .expires = world_.now + absl::Minutes(5)});
}

}  // namespace pinnace::fuzz
