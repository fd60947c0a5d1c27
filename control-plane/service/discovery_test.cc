#include <thread>

#include "control-plane/service/control_plane_fixture.h"

namespace pinnace::service {
namespace {

TEST_F(ControlPlaneTest, AFollowerGetsEveryVersionAndSaysWhatItThinks) {
  Follower gateway(channel_, "gw");
  const uint64_t first = gateway.Next().snapshot().version();
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  const v1::Snapshot snapshot = gateway.Snapshot(record_.version());
  EXPECT_GT(snapshot.version(), first);
  EXPECT_EQ(snapshot.farms(0).backends(0).id(), "a");
  gateway.Send("verdict { version: " + std::to_string(snapshot.version()) +
               " }");
  EXPECT_EQ(Call(*registry_, &Registry::DrainBackend, "id: 'a'", &record_),
            "OK");
  const uint64_t next = gateway.Snapshot(record_.version()).version();
  gateway.Send("verdict { version: " + std::to_string(next) +
               " error: 'farms[0].name: no' }");
  gateway.Send(
      "report { sessions: 3 draining: true backends { backend: 'a' sessions: 3 "
      "health: HEALTH_HEALTHY } }");
  // Messages of a stream are taken in order: the answer comes after the report.
  std::thread answer([&] {
    const v1::Query query = gateway.Next().query();
    EXPECT_TRUE(query.has_list_pins());
    gateway.Send("answer { id: " + std::to_string(query.id()) +
                 " pins { pins { key: 'main/1.2.3.4' } } }");
  });
  v1::ListPinsResponse pins;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListPins, "", &pins), "OK");
  answer.join();
  ASSERT_EQ(pins.pins_size(), 1);
  EXPECT_EQ(pins.pins(0).gateway(), "gw");
  v1::ListGatewaysResponse gateways;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListGateways, "", &gateways), "OK");
  ASSERT_EQ(gateways.gateways_size(), 1);
  EXPECT_EQ(gateways.gateways(0).name(), "gw");
  EXPECT_EQ(gateways.gateways(0).sent_version(), next);
  EXPECT_EQ(gateways.gateways(0).acked_version(), snapshot.version());
  EXPECT_EQ(gateways.gateways(0).last_error(), "farms[0].name: no");
  EXPECT_EQ(gateways.gateways(0).sessions(), 3);
  EXPECT_TRUE(gateways.gateways(0).draining());
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_EQ(record_.load().sessions(), 3);
  EXPECT_EQ(record_.load().health(), v1::BackendLoad::HEALTH_HEALTHY);
  gateway.Cancel();
  gateway.End();
}

TEST_F(ControlPlaneTest, KillsTheSessionWhereItIs) {
  v1::KillSessionResponse killed;
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "id: 7", &killed),
            "UNAVAILABLE: no gateway is connected");
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "", &killed),
            "INVALID_ARGUMENT: id: must be set");
  Follower gateway(channel_, "gw");
  gateway.Next();
  std::thread answers([&] {
    // Asked twice: for its sessions, then to end one; then for its sessions.
    const auto id = [&] { return std::to_string(gateway.Next().query().id()); };
    gateway.Send("answer { id: " + id() + " sessions { sessions { id: 7 } } }");
    gateway.Send("answer { id: " + id() + " found: true }");
    gateway.Send("answer { id: " + id() + " sessions { } }");
  });
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "id: 7", &killed), "OK");
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "id: 7", &killed),
            "NOT_FOUND: id: no session 7");
  answers.join();
  v1::ReadAuditResponse audit;
  EXPECT_EQ(Call(*registry_, &Registry::ReadAudit, "", &audit), "OK");
  ASSERT_EQ(audit.entries_size(), 1);
  EXPECT_EQ(audit.entries(0).actor(), "local");
  EXPECT_EQ(audit.entries(0).address(), "in-process");
  EXPECT_EQ(audit.entries(0).method(), "KillSession");
  EXPECT_EQ(audit.entries(0).subject(), "session/gw/7");
  v1::ListSessionsResponse list;
  EXPECT_EQ(
      Call(*sessions_, &Sessions::ListSessions, "gateway: 'other'", &list),
      "NOT_FOUND: gateway: no gateway \"other\" is connected");
  gateway.Cancel();
  gateway.End();
}

TEST_F(ControlPlaneTest, AGatewayThatDoesNotAnswerIsNamed) {
  Follower silent(channel_, "silent");
  silent.Next();
  // It hangs up instead of answering, so that nobody waits the two seconds.
  std::thread hang_up([&] {
    silent.Next();
    silent.Cancel();
    silent.End();
  });
  v1::ListSessionsResponse list;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListSessions, "", &list),
            "UNAVAILABLE: no answer from gateway silent");
  hang_up.join();
}

TEST_F(ControlPlaneTest, TheSecondGatewayOfANameReplacesTheFirst) {
  Follower first(channel_, "gw");
  first.Next();
  Follower second(channel_, "gw");
  second.Next();
  EXPECT_EQ(first.End(),
            "ABORTED: hello.name: another gateway \"gw\" has connected");
  second.Cancel();
  second.End();
}

TEST_F(ControlPlaneTest, AnotherProcessTakesANameOnlyFromOneThatIsSilent) {
  Follower first(channel_, "gw", 1);
  first.Next();
  Follower second(channel_, "gw", 2);
  EXPECT_EQ(second.End().substr(0, 62),
            "ALREADY_EXISTS: hello.name: another gateway \"gw\" is connected,");
  now_ = now_ + 5;
  Follower third(channel_, "gw", 3);
  third.Next();
  EXPECT_EQ(first.End(),
            "ABORTED: hello.name: another gateway \"gw\" has connected");
  third.Cancel();
  third.End();
}

TEST_F(ControlPlaneTest, WhereTheFileHasNoPoolTheGatewaysHaveOne) {
  Start({}, NewStore(), {});
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' "
                     "public_ports: '60000-60009' }"),
            "OK");
  Follower gateway(channel_, "gw");
  gateway.Next();
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' "
                     "public_ports: '50005-50010' }"),
            "INVALID_ARGUMENT: backend.public_ports: 50005-50010 is outside of "
            "every gateway's public ports; gateway \"gw\" has 50000-50009");
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' "
                     "public_ports: '50005-50009' }"),
            "OK");
  gateway.Cancel();
  gateway.End();
}

TEST_F(ControlPlaneTest, AStreamBeginsWithAHello) {
  Follower nameless(channel_, "");
  EXPECT_EQ(nameless.End(), "INVALID_ARGUMENT: hello.name: must be set");
}

TEST_F(ControlPlaneTest, StopEndsTheStreams) {
  Follower gateway(channel_, "gw");
  gateway.Next();
  control_plane_->Stop();
  // With our words, or gRPC's when the transport went first.
  EXPECT_EQ(gateway.End().substr(0, 12), "UNAVAILABLE:");
}

TEST_F(ControlPlaneTest, ReportsAreDeltas) {
  Follower one(channel_, "one");
  Follower two(channel_, "two");
  one.Next();
  two.Next();
  // Reports are taken when the answer that follows them is.
  const auto flush = [&] {
    std::vector<std::thread> answers;
    for (Follower* gateway : {&one, &two}) {
      answers.emplace_back([gateway] {
        v1::ControlMessage message = gateway->Next();
        while (!message.has_query()) message = gateway->Next();
        const std::string id = std::to_string(message.query().id());
        gateway->Send("answer { id: " + id + " pins { } }");
      });
    }
    v1::ListPinsResponse pins;
    EXPECT_EQ(Call(*sessions_, &Sessions::ListPins, "", &pins), "OK");
    for (std::thread& answer : answers) answer.join();
  };
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_FALSE(record_.has_load());
  one.Send(
      "report { full: true pins: 4 ports { ports: 10 } backends { backend: 'a' "
      "sessions: 3 bytes_to_clients: 100 bytes_from_clients: 7 health: "
      "HEALTH_HEALTHY } backends { backend: 'b' } }");
  one.Send("report { backends { backend: 'b' sessions: 9 } }");
  two.Send(
      "report { full: true backends { backend: 'a' sessions: 2 "
      "bytes_to_clients: 20 bytes_from_clients: 1 health: "
      "HEALTH_UNHEALTHY trouble: 'no answer' } }");
  flush();
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_EQ(record_.load().sessions(), 5);
  EXPECT_EQ(record_.load().bytes_to_clients(), 120);
  EXPECT_EQ(record_.load().bytes_from_clients(), 8);
  EXPECT_EQ(record_.load().health(), v1::BackendLoad::HEALTH_UNHEALTHY);
  EXPECT_EQ(record_.load().trouble(), "no answer");
  v1::ListBackendsResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListBackends, "", &list), "OK");
  EXPECT_EQ(list.backends(0).load().sessions(), 5);
  two.Send("report { full: true pins: 2 }");
  flush();
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_EQ(record_.load().sessions(), 3);
  v1::ListGatewaysResponse gateways;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListGateways, "", &gateways), "OK");
  ASSERT_EQ(gateways.gateways_size(), 2);
  EXPECT_EQ(gateways.gateways(1).pins(), 2);
  for (Follower* gateway : {&one, &two}) {
    gateway->Cancel();
    gateway->End();
  }
}

TEST_F(ControlPlaneTest, TheSessionsOfAGatewayThatIsAwayCountOn) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  const auto report = [&](Follower& gateway, const std::string& report) {
    gateway.Send("report { full: true " + report + " }");
    // Taken when the answer that follows it is.
    std::thread answer([&] {
      v1::ControlMessage message = gateway.Next();
      while (!message.has_query()) message = gateway.Next();
      gateway.Send("answer { id: " + std::to_string(message.query().id()) +
                   " pins { } }");
    });
    v1::ListPinsResponse pins;
    EXPECT_EQ(Call(*sessions_, &Sessions::ListPins, "", &pins), "OK");
    answer.join();
  };
  const auto leave = [&](Follower& gateway) {
    gateway.Cancel();
    gateway.End();
    v1::ListGatewaysResponse list;
    do {
      list.Clear();
      EXPECT_EQ(Call(*sessions_, &Sessions::ListGateways, "", &list), "OK");
    } while (list.gateways_size() > 0);
  };
  {
    Follower gateway(channel_, "gw");
    gateway.Next();
    report(gateway,
           "backends { backend: 'a' sessions: 3 health: HEALTH_UNHEALTHY }");
    leave(gateway);
  }
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_EQ(record_.load().sessions(), 3);
  EXPECT_EQ(record_.load().health(), v1::BackendLoad::HEALTH_UNKNOWN);
  {
    Follower gateway(channel_, "gw");
    gateway.Next();
    report(gateway, "backends { backend: 'a' sessions: 2 }");
    EXPECT_EQ(Get("a"), "OK");
    EXPECT_EQ(record_.load().sessions(), 2);
    leave(gateway);
  }
  now_ = now_ + 600;
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_FALSE(record_.has_load());
  {
    // One that drains takes its sessions with it.
    Follower gateway(channel_, "gw");
    gateway.Next();
    report(gateway, "draining: true backends { backend: 'a' sessions: 2 }");
    leave(gateway);
  }
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_FALSE(record_.has_load());
}

}  // namespace
}  // namespace pinnace::service
