// For tests: a gateway of one farm with one backend, one policy, two pins and
// the sessions it is given.
#ifndef PINNACE_PROXY_ADMIN_TESTING_GATEWAY_H_
#define PINNACE_PROXY_ADMIN_TESTING_GATEWAY_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "proxy/base/limits.h"
#include "proxy/gateway/gateway_view.h"

namespace pinnace::admin {

class FakeGateway final : public gateway::GatewayView {
 public:
  FakeGateway() {
    auto snapshot = std::make_shared<snapshot::Snapshot>();
    snapshot->version = 7;
    fleet::Farm farm;
    farm.name = "main";
    fleet::Backend backend;
    backend.id = "a";
    backend.address = {"127.0.0.11", 21};
    backend.status->sessions = 3;
    farm.backends.push_back(backend);
    status = backend.status;
    snapshot->fleet.farms.push_back(farm);
    policy::Policy policy;
    policy.name = "no-writes";
    policy.read_only = true;
    policy.deny_clients = policy::NetworkSet({*Cidr::Parse("10.0.0.0/8")});
    snapshot->policies = std::make_shared<const policy::PolicySet>(
        std::vector<policy::Policy>{policy});
    snapshot_ = snapshot;
    session::SessionFacts facts;
    facts.id = 257;
    facts.user = "ann";
    facts.client = *Address::Parse("203.0.113.7:4000");
    sessions.push_back(facts);
  }

  snapshot::SnapshotPtr snapshot() const override { return snapshot_; }
  int64_t SessionCount() const override {
    return static_cast<int64_t>(sessions.size());
  }
  std::vector<session::SessionFacts> Sessions() override { return sessions; }
  std::optional<session::SessionFacts> FindSession(SessionId id) override {
    for (const session::SessionFacts& facts : sessions) {
      if (facts.id == id) return facts;
    }
    return std::nullopt;
  }
  std::optional<std::vector<gateway::TimelineEntry>> TimelineOf(
      SessionId id, uint64_t after) override {
    if (!FindSession(id).has_value()) return std::nullopt;
    std::vector<gateway::TimelineEntry> entries;
    for (uint64_t number = after + 1; number <= 2; ++number) {
      entries.push_back({.number = number,
                         .time = absl::FromUnixSeconds(1000),
                         .kind = gateway::TimelineEntry::Kind::kCommand,
                         .text = number == 1 ? "USER ann" : "PASS ****"});
    }
    return entries;
  }
  bool KillSession(SessionId id) override { return id == 257; }
  std::vector<fleet::PinTable::Pin> Pins() override {
    return {{"main", *IpAddress::Parse("203.0.113.7"), "", "a",
             absl::FromUnixSeconds(1000)},
            {"main", *IpAddress::Parse("203.0.113.5"), "", "b",
             absl::FromUnixSeconds(1000)}};
  }
  gateway::PinFacts PinCounts() override {
    return {.pins = 2, .evictions_total = 0};
  }
  bool DeletePin(absl::string_view key) override {
    return key == "main/203.0.113.7";
  }
  guard::Guard& guard() override { return guard_; }
  ports::LeaseTable::Facts Ports() override {
    ports::LeaseTable::Facts facts;
    facts.ports = 2;
    facts.pending = 1;
    facts.by_port = {{50000, 1}, {50001, 0}};
    return facts;
  }
  metrics::CounterValues Counters() override {
    metrics::CounterValues values{};
    values[static_cast<size_t>(metrics::Counter::kLogins)] = 5;
    return values;
  }
  metrics::HistogramValues Histograms() override {
    metrics::HistogramValues values{};
    metrics::HistogramValue& login =
        values[static_cast<size_t>(metrics::Histogram::kLogin)];
    login.counts[0] = 2;
    login.counts[3] = 1;
    login.sum = 0.25;
    return values;
  }
  gateway::EventRing& events() override { return events_; }
  void StartDrain() override { draining_ = true; }
  bool draining() const override { return draining_; }

  void AddEvent(std::string text) {
    events_.Add({.kind = gateway::Event::Kind::kBan,
                 .time = absl::FromUnixSeconds(1000),
                 .text = std::move(text)});
  }

  std::vector<session::SessionFacts> sessions;
  std::shared_ptr<fleet::BackendStatus> status;  // of backend "a"

 private:
  guard::Guard guard_{{.gateway = "gw"}};
  gateway::EventRing events_{limits::kMaxEvents};
  snapshot::SnapshotPtr snapshot_;
  std::atomic<bool> draining_{false};
};

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_TESTING_GATEWAY_H_
