// Backends that are drained or go away under their sessions, and a gateway that
// drains: on real sockets.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using ::testing::StartsWith;

class DrainTest : public GatewayTest {
 protected:
  // The farm as it is now, to all workers.
  void Publish() {
    auto snapshot = std::make_shared<snapshot::Snapshot>();
    snapshot->version = ++version_;
    snapshot->fleet.farms = {farm_};
    gateway_->Publish(std::move(snapshot));
  }

  uint64_t version_ = 1;
};

TEST_F(DrainTest, ABackendLosesItsIdleSessionsAndKeepsItsTransfers) {
  PlainBackend& first = AddBackend();
  farm_.drain = {.grace = absl::ZeroDuration(), .deadline = absl::Minutes(1)};
  Start();
  PlainClient idle(ipv4());
  idle.Login();
  PlainClient busy(ipv4());
  BlockingSocket upload = StartTransfer(busy, "STOR file");
  upload.Send("begun ");
  PlainBackend& second = AddBackend();
  farm_.backends[0].state = fleet::AdminState::kDraining;
  Publish();
  EXPECT_EQ(idle.Reply(),
            "421 The backend is going down, please connect again.");
  EXPECT_EQ(idle.Reply(), "");
  PlainClient newcomer(ipv4());
  newcomer.Login();
  EXPECT_EQ(first.logins(), 2);
  EXPECT_EQ(second.logins(), 1);
  upload.Send("and ended");
  upload.Close();
  EXPECT_THAT(busy.Reply(), StartsWith("226"));
  EXPECT_EQ(first.File("file"), "begun and ended");
  EXPECT_THAT(busy.Reply(), StartsWith("421"));
}

TEST_F(DrainTest, TheDeadlineOfABackendsDrainEndsItsTransfers) {
  PlainBackend& backend = AddBackend();
  farm_.drain = {.grace = absl::ZeroDuration(),
                 .deadline = absl::Milliseconds(100)};
  Start();
  PlainClient busy(ipv4());
  BlockingSocket upload = StartTransfer(busy, "STOR file");
  upload.Send("half");
  farm_.backends[0].state = fleet::AdminState::kDraining;
  Publish();
  EXPECT_THAT(busy.Reply(), StartsWith("426"));
  EXPECT_THAT(busy.Reply(), StartsWith("421"));
  EXPECT_FALSE(backend.HasFile("file"));
}

TEST_F(DrainTest, ABackendThatIsGoneFinishesItsTransfers) {
  PlainBackend& first = AddBackend();
  AddBackend();
  Start();
  PlainClient busy(ipv4());
  BlockingSocket upload = StartTransfer(busy, "STOR file");
  ASSERT_EQ(first.logins(), 1);
  farm_.backends.erase(farm_.backends.begin());
  Publish();
  upload.Send("all of it");
  upload.Close();
  EXPECT_THAT(busy.Reply(), StartsWith("226"));
  EXPECT_EQ(first.File("file"), "all of it");
  EXPECT_THAT(busy.Reply(), StartsWith("421"));
}

TEST_F(DrainTest, TheGatewayTakesNewSessionsWhileItGivesNotice) {
  AddBackend();
  options_.drain_notice = absl::Seconds(1);
  Start();
  PlainClient before(ipv4());
  before.Login();
  gateway_->StartDrain();
  EXPECT_EQ(gateway_->why_not_ready(), "draining");
  PlainClient during(ipv4());
  EXPECT_THAT(during.Login(), StartsWith("230"));
  EXPECT_EQ(before.Command("NOOP"), "200 OK");
  // The notice is over: the idle ones are told, newcomers refused.
  EXPECT_THAT(before.Reply(), StartsWith("421"));
  EXPECT_THAT(during.Reply(), StartsWith("421"));
  EXPECT_TRUE(gateway_->refuses_new_sessions());
  EXPECT_EQ(PlainClient(ipv4()).greeting(),
            "421 The gateway is going down, try again later.");
}

TEST_F(DrainTest, FirstSessionsOfOneClientThatComeAtOnceMeet) {
  std::vector<PlainBackend*> backends;
  for (int i = 0; i < 4; ++i) backends.push_back(&AddBackend());
  farm_.pin_ttl = absl::Minutes(1);
  Start();
  for (int round = 1; round <= 20; ++round) {
    const IpAddress client =
        IpAddress::FromIpv4({127, 9, 0, static_cast<uint8_t>(round)});
    std::vector<int64_t> before;
    for (PlainBackend* backend : backends) before.push_back(backend->logins());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { PlainClient(ipv4(), client).Login(); });
    }
    for (std::thread& thread : threads) thread.join();
    int met = 0;
    for (size_t i = 0; i < backends.size(); ++i) {
      met += backends[i]->logins() > before[i] ? 1 : 0;
    }
    EXPECT_EQ(met, 1) << "round " << round;
  }
}

TEST_F(DrainTest, MaxSessionsHoldsWhenManyComeAtOnce) {
  PlainBackend& first = AddBackend();
  PlainBackend& second = AddBackend();
  farm_.backends[0].max_sessions = 3;
  farm_.backends[1].max_sessions = 2;
  Start();
  std::vector<std::unique_ptr<PlainClient>> clients(8);
  std::vector<std::thread> threads;
  for (std::unique_ptr<PlainClient>& client : clients) {
    threads.emplace_back([&] {
      client = std::make_unique<PlainClient>(ipv4());
      client->Login();
    });
  }
  for (std::thread& thread : threads) thread.join();
  int refused = 0;
  for (const std::unique_ptr<PlainClient>& client : clients) {
    // PASS after the 421 finds the connection closed.
    refused += absl::StartsWith(client->Command("NOOP"), "200") ? 0 : 1;
  }
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(first.logins(), 3);
  EXPECT_EQ(second.logins(), 2);
}

}  // namespace
}  // namespace pinnace::integration
