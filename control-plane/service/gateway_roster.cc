#include "control-plane/service/gateway_roster.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/message_differencer.h"
#include "proxy/base/limits.h"
#include "proxy/base/port_range.h"
#include "proxy/base/printable.h"
#include "proxy/snapshot/farm_check.h"

namespace pinnace::service {
namespace {

using google::protobuf::util::MessageDifferencer;

// Loads of backends that are gone are kept up to so many per gateway.
constexpr size_t kMaxStaleLoads = 1'000;
// More than that no gateway can have seen since they were last forgotten.
constexpr size_t kMaxLoads = 2 * snapshot::kMaxBackends;

// A gateway reports every second; one that is silent for so long may be gone.
constexpr absl::Duration kSilence = absl::Seconds(5);

}  // namespace

absl::Status GatewayRoster::CheckNameOf(const v1::Hello& hello,
                                        const std::string& caller) const {
  for (const auto& [link, member] : members_) {
    if (member.gateway.name() != hello.name()) continue;
    if (member.caller != caller) {
      return absl::AlreadyExistsError(
          absl::StrCat("hello.name: gateway \"", hello.name(),
                       "\" is connected already, as \"", member.caller, "\""));
    }
    const bool is_same_process =
        MessageDifferencer::Equals(member.gateway.started(), hello.started());
    if (!is_same_process && clock_() - member.heard < kSilence) {
      return absl::AlreadyExistsError(
          absl::StrCat("hello.name: another gateway \"", hello.name(),
                       "\" is connected, from ", member.gateway.address()));
    }
  }
  return absl::OkStatus();
}

absl::Status GatewayRoster::Join(GatewayLink* link, const v1::Hello& hello,
                                 absl::string_view address, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  // Here, so that none slips by EndRefused().
  const absl::StatusOr<registry::Caller> caller = link->Admitted();
  if (!caller.ok()) return caller.status();
  const absl::Status status = CheckNameOf(hello, caller->name);
  if (!status.ok()) return status;
  for (auto& [other, member] : members_) {
    if (member.gateway.name() == hello.name()) {
      other->End(absl::AbortedError(absl::StrCat(
          "hello.name: another gateway \"", hello.name(), "\" has connected")));
    }
  }
  v1::Gateway gateway;
  gateway.set_name(hello.name());
  gateway.set_zone(hello.zone());
  gateway.set_program_version(hello.program_version());
  gateway.set_address(std::string(address));
  *gateway.mutable_listeners() = hello.listeners();
  *gateway.mutable_public_ports() = hello.public_ports();
  *gateway.mutable_started() = hello.started();
  gateway.mutable_connected()->set_seconds(absl::ToUnixSeconds(now));
  if (snapshot_ != nullptr) {
    gateway.set_sent_version(link->OfferSnapshot(snapshot_));
  }
  link->OfferBans({});
  away_.erase(hello.name());
  members_[link] = {.gateway = std::move(gateway),
                    .caller = caller->name,
                    .heard = clock_(),
                    .backends = {}};
  return absl::OkStatus();
}

void GatewayRoster::Leave(GatewayLink* link) {
  absl::MutexLock lock(&mutex_);
  auto found = members_.find(link);
  if (found != members_.end()) {
    KeepSessionsOf(found->second);
    members_.erase(found);
  }
  for (auto& [id, question] : questions_) {
    auto waiting = question->waiting.find(link);
    if (waiting == question->waiting.end()) continue;
    question->answers.silent.push_back(waiting->second);
    question->waiting.erase(waiting);
  }
}

void GatewayRoster::KeepSessionsOf(const Member& member) {
  const absl::Time now = clock_();
  for (auto away = away_.begin(); away != away_.end();) {
    const bool is_over = now - away->second.since >= limits::kGatewayAway;
    away = is_over ? away_.erase(away) : std::next(away);
  }
  const std::string& name = member.gateway.name();
  // Its next stream is here already.
  for (const auto& [link, other] : members_) {
    if (&other != &member && other.gateway.name() == name) return;
  }
  if (member.gateway.draining() || away_.size() >= limits::kMaxGatewaysAway) {
    return;
  }
  Away kept = {.since = now, .sessions = {}};
  for (const auto& [id, load] : member.backends) {
    if (load.sessions() > 0) kept.sessions[id] = load.sessions();
  }
  if (!kept.sessions.empty()) away_[name] = std::move(kept);
}

void GatewayRoster::OfferSnapshot(SnapshotFramePtr snapshot) {
  absl::MutexLock lock(&mutex_);
  snapshot_ = std::move(snapshot);
  for (auto& [link, member] : members_) {
    member.gateway.set_sent_version(link->OfferSnapshot(snapshot_));
  }
}

void GatewayRoster::ForgetAllBut(const v1::Snapshot& snapshot) {
  size_t count = 0;
  for (const v1::Farm& farm : snapshot.farms()) count += farm.backends_size();
  absl::MutexLock lock(&mutex_);
  for (auto& [link, member] : members_) {
    if (member.backends.size() <= count + kMaxStaleLoads) continue;
    std::unordered_map<std::string, v1::BackendLoad> kept;
    for (const v1::Farm& farm : snapshot.farms()) {
      for (const v1::Backend& backend : farm.backends()) {
        auto found = member.backends.find(backend.id());
        if (found != member.backends.end()) kept.insert(std::move(*found));
      }
    }
    member.backends = std::move(kept);
  }
}

void GatewayRoster::OnVerdict(GatewayLink* link, const v1::Verdict& verdict) {
  absl::MutexLock lock(&mutex_);
  auto found = members_.find(link);
  if (found == members_.end()) return;
  v1::Gateway& gateway = found->second.gateway;
  gateway.set_last_error(verdict.error());
  if (verdict.error().empty()) gateway.set_acked_version(verdict.version());
}

void GatewayRoster::OnReport(GatewayLink* link, const v1::Report& report) {
  absl::MutexLock lock(&mutex_);
  auto found = members_.find(link);
  if (found == members_.end()) return;
  Member& member = found->second;
  member.heard = clock_();
  member.gateway.set_sessions(report.sessions());
  member.gateway.set_draining(report.draining());
  member.gateway.set_pins(report.pins());
  *member.gateway.mutable_ports() = report.ports();
  if (report.full()) member.backends.clear();
  for (const v1::BackendLoad& load : report.backends()) {
    auto known = member.backends.find(load.backend());
    if (known != member.backends.end()) {
      known->second = load;
    } else if (member.backends.size() < kMaxLoads) {
      member.backends.emplace(load.backend(), load);
    }
  }
}

void GatewayRoster::OfferBans() {
  absl::MutexLock lock(&mutex_);
  for (auto& [link, member] : members_) link->OfferBans({});
}

void GatewayRoster::OnAnswer(GatewayLink* link, v1::Answer answer) {
  absl::MutexLock lock(&mutex_);
  auto question = questions_.find(answer.id());
  if (question == questions_.end()) return;  // Too late.
  auto waiting = question->second->waiting.find(link);
  if (waiting == question->second->waiting.end()) return;
  question->second->answers.answers.push_back(
      {waiting->second, std::move(answer)});
  question->second->waiting.erase(waiting);
}

absl::StatusOr<Answers> GatewayRoster::Ask(absl::string_view gateway,
                                           v1::Query query,
                                           absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  if (members_.empty()) {
    return absl::UnavailableError("no gateway is connected");
  }
  Question question;
  for (const auto& [link, member] : members_) {
    if (gateway.empty() || member.gateway.name() == gateway) {
      question.waiting[link] = member.gateway.name();
    }
  }
  if (question.waiting.empty()) {
    return absl::NotFoundError(
        absl::StrCat("gateway: no gateway \"", gateway, "\" is connected"));
  }
  query.set_id(++last_query_id_);
  questions_[query.id()] = &question;
  for (const auto& [link, name] : question.waiting) link->Ask(query);
  const auto answered = [&question] { return question.waiting.empty(); };
  mutex_.AwaitWithTimeout(absl::Condition(&answered), patience);
  questions_.erase(query.id());
  for (const auto& [link, name] : question.waiting) {
    question.answers.silent.push_back(name);
  }
  if (question.answers.answers.empty()) {
    return absl::UnavailableError(
        absl::StrCat("no answer from gateway ",
                     absl::StrJoin(question.answers.silent, ", ")));
  }
  std::sort(question.answers.answers.begin(), question.answers.answers.end(),
            [](const GatewayAnswer& a, const GatewayAnswer& b) {
              return a.gateway < b.gateway;
            });
  return std::move(question.answers);
}

std::vector<v1::Gateway> GatewayRoster::List() const {
  std::vector<v1::Gateway> gateways;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [link, member] : members_) {
      gateways.push_back(member.gateway);
    }
  }
  std::sort(gateways.begin(), gateways.end(),
            [](const v1::Gateway& a, const v1::Gateway& b) {
              return a.name() < b.name();
            });
  return gateways;
}

absl::Status GatewayRoster::CheckPublicPorts(absl::string_view ports) const {
  const std::optional<PortRange> slice = PortRange::Parse(ports);
  if (!slice.has_value()) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  const v1::Gateway* without = nullptr;
  for (const auto& [link, member] : members_) {
    for (const std::string& text : member.gateway.public_ports()) {
      const std::optional<PortRange> range = PortRange::Parse(text);
      if (!range.has_value()) continue;
      if (range->Contains(slice->first) && range->Contains(slice->last)) {
        return absl::OkStatus();
      }
      without = &member.gateway;
    }
  }
  if (without == nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "backend.public_ports: ", slice->ToString(),
      " is outside of every gateway's public ports; gateway \"",
      without->name(), "\" has ",
      Printable(absl::StrJoin(without->public_ports(), ", "), 256)));
}

std::optional<v1::BackendLoad> GatewayRoster::Sum(const std::string& id) const {
  std::optional<v1::BackendLoad> sum;
  for (const auto& [link, member] : members_) {
    auto found = member.backends.find(id);
    if (found == member.backends.end()) continue;
    const v1::BackendLoad& one = found->second;
    if (!sum.has_value()) {
      sum = one;
      continue;
    }
    sum->set_sessions(sum->sessions() + one.sessions());
    sum->set_sessions_total(sum->sessions_total() + one.sessions_total());
    sum->set_transfers_total(sum->transfers_total() + one.transfers_total());
    sum->set_connect_failures(sum->connect_failures() + one.connect_failures());
    sum->set_bytes_to_clients(sum->bytes_to_clients() + one.bytes_to_clients());
    sum->set_bytes_from_clients(sum->bytes_from_clients() +
                                one.bytes_from_clients());
    // The worst that anybody sees: the enum is in that order.
    sum->set_health(std::max(sum->health(), one.health()));
    sum->set_ejected(sum->ejected() || one.ejected());
    if (!one.trouble().empty()) sum->set_trouble(one.trouble());
  }
  for (const auto& [name, away] : away_) {
    auto found = away.sessions.find(id);
    if (found == away.sessions.end() ||
        clock_() - away.since >= limits::kGatewayAway) {
      continue;
    }
    if (!sum.has_value()) {
      sum.emplace();
      sum->set_backend(id);
      sum->set_health(v1::BackendLoad::HEALTH_UNKNOWN);
    }
    sum->set_sessions(sum->sessions() + found->second);
  }
  return sum;
}

std::optional<v1::BackendLoad> GatewayRoster::LoadOf(
    absl::string_view id) const {
  absl::MutexLock lock(&mutex_);
  return Sum(std::string(id));
}

void GatewayRoster::AddLoads(std::vector<v1::BackendRecord>& records) const {
  absl::MutexLock lock(&mutex_);
  for (v1::BackendRecord& record : records) {
    if (auto load = Sum(record.backend().id())) {
      *record.mutable_load() = *std::move(load);
    }
  }
}

void GatewayRoster::EndAll(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  for (auto& [link, member] : members_) link->End(status);
}

void GatewayRoster::EndRefused() {
  absl::MutexLock lock(&mutex_);
  for (auto& [link, member] : members_) {
    const absl::Status admitted = link->Admitted().status();
    if (!admitted.ok()) link->End(admitted);
  }
}

}  // namespace pinnace::service
