// Policies on real sockets: published while sessions run, and counted over all
// workers.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using ::testing::StartsWith;

class PolicyTest : public GatewayTest {
 protected:
  void SetUp() override {
    AddBackend();
    Start();
  }

  void Publish(std::vector<policy::Policy> policies) {
    auto snapshot = std::make_shared<snapshot::Snapshot>();
    snapshot->version = ++version_;
    snapshot->fleet.farms = {farm_};
    snapshot->policies =
        std::make_shared<const policy::PolicySet>(std::move(policies));
    gateway_->Publish(std::move(snapshot));
  }

  // What a command is answered once every worker has the snapshot.
  static std::string Settled(PlainClient& client, absl::string_view command,
                             absl::string_view code) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    std::string reply;
    do {
      reply = client.Command(command);
    } while (!absl::StartsWith(reply, code) && absl::Now() < deadline);
    return reply;
  }

  int64_t Count(metrics::Counter counter) {
    return gateway_->Counters()[static_cast<size_t>(counter)];
  }

  uint64_t version_ = 1;
};

TEST_F(PolicyTest, CountsFromTheNextCommandOfARunningSession) {
  PlainClient client(ipv4());
  client.Login();
  EXPECT_EQ(client.Upload(Mode::kPasv, "STOR kept", "content").substr(0, 3),
            "226");
  Publish({{.name = "frozen", .farm = "main", .read_only = true}});
  EXPECT_EQ(Settled(client, "MKD d", "550"), "550 MKD is not allowed here.");
  ASSERT_TRUE(client.OpenData(Mode::kPasv));
  EXPECT_EQ(client.Command("STOR other"), "550 STOR is not allowed here.");
  EXPECT_FALSE(backends_[0]->HasFile("other"));
  std::string content;
  EXPECT_THAT(client.Download(Mode::kEpsv, "RETR kept", &content),
              StartsWith("226"));
  EXPECT_EQ(content, "content");
  EXPECT_GE(Count(metrics::Counter::kCommandsDenied), 2);
  Publish({});
  PlainClient later(ipv4());
  later.Login();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  std::string reply;
  do {
    reply = later.Upload(Mode::kPasv, "STOR other", "content");
  } while (!absl::StartsWith(reply, "226") && absl::Now() < deadline);
  EXPECT_TRUE(backends_[0]->HasFile("other"));
}

TEST_F(PolicyTest, ADeniedNetworkIsRefusedAtTheDoor) {
  Publish(
      {{.name = "door",
        .deny_clients = policy::NetworkSet({*Cidr::Parse("127.0.0.9/32")})}});
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  std::string greeting;
  do {
    greeting = PlainClient(ipv4(), *IpAddress::Parse("127.0.0.9")).greeting();
  } while (!absl::StartsWith(greeting, "421") && absl::Now() < deadline);
  EXPECT_EQ(greeting, "421 Your address is not allowed here.");
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("220"));
  EXPECT_GE(Count(metrics::Counter::kClientsDenied), 1);
}

TEST_F(PolicyTest, SessionsOfAllWorkersAreCountedTogether) {
  Publish({{.name = "few", .max_sessions_per_user = 3}});
  // Until both workers have it: a session that began before is counted from its
  // next command on.
  std::vector<std::unique_ptr<PlainClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<PlainClient>(ipv4()));
    EXPECT_THAT(clients.back()->Login(), StartsWith("230"));
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  int refused = 0;
  while (refused < 20 && absl::Now() < deadline) {
    for (const auto& client : clients) client->Command("NOOP");
    PlainClient more(ipv4());
    const std::string reply = more.Login();
    refused = absl::StartsWith(reply, "503") ? refused + 1 : 0;
    if (refused > 0) {
      EXPECT_EQ(more.Command("USER alice"),
                "530 This user has as many sessions as allowed, try again "
                "later.");
    }
  }
  EXPECT_EQ(refused, 20);
  // A place is free again as soon as its session has ended.
  clients.back()->Command("QUIT");
  EXPECT_EQ(clients.back()->Reply(), "");
  PlainClient next(ipv4());
  EXPECT_THAT(Settled(next, "USER alice", "331"), StartsWith("331"));
}

}  // namespace
}  // namespace pinnace::integration
