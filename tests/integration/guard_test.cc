// Those who take more than their share, and those who guess passwords, on real
// sockets.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using metrics::Counter;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

const IpAddress kOther = *IpAddress::Parse("127.0.0.2");
constexpr char kBanned[] = "421 You are banned until 20..-..-..T..:..:..Z\\.";

class GuardTest : public GatewayTest {
 protected:
  int64_t Counted(Counter counter) {
    return gateway_->Counters()[static_cast<size_t>(counter)];
  }
  void AddBackendThatRefuses() {
    AddBackend(kLoopback, {.answers = {{"PASS", "530 Wrong."}}});
  }
};

TEST_F(GuardTest, SessionsOfOneAddress) {
  options_.guard.clients.sessions_per_address = 2;
  AddBackend();
  Start();
  PlainClient first(ipv4());
  PlainClient second(ipv4());
  EXPECT_THAT(second.greeting(), StartsWith("220"));
  PlainClient third(ipv4());
  EXPECT_EQ(third.greeting(),
            "421 Too many sessions from your address, try again later.");
  EXPECT_EQ(third.control().ReceiveToEnd(), "");
  EXPECT_THAT(PlainClient(ipv4(), kOther).greeting(), StartsWith("220"));
  // Who has read its last reply may come back at once.
  EXPECT_EQ(first.Command("QUIT"), "221 Goodbye.");
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("220"));
  EXPECT_EQ(Counted(Counter::kAddressSessionsRefused), 1);
  EXPECT_EQ(Counted(Counter::kSessionsRefused), 1);
}

TEST_F(GuardTest, ConnectionsPerSecondOfOneAddress) {
  options_.guard.clients = {.connections_per_second = 1,
                            .connections_burst = 2};
  AddBackend();
  Start();
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("220"));
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("220"));
  EXPECT_EQ(PlainClient(ipv4()).greeting(),
            "421 Too many connections from your address, slow down.");
  EXPECT_THAT(PlainClient(ipv4(), kOther).greeting(), StartsWith("220"));
  EXPECT_EQ(Counted(Counter::kConnectionRateRefused), 1);
}

TEST_F(GuardTest, NearTheMemoryLimitNobodyNewGetsIn) {
  // Less than any process has; the check of a configuration asks for more.
  options_.memory = 1024 * 1024;
  AddBackend();
  Start();
  std::string greeting;
  // The first look comes with the start of its thread.
  while (!absl::StartsWith(greeting, "421")) {
    greeting = PlainClient(ipv4()).greeting();
  }
  EXPECT_EQ(greeting, "421 The gateway is short of memory, try again later.");
  EXPECT_GE(Counted(Counter::kMemoryRefused), 1);
}

TEST_F(GuardTest, SessionsOfOneUser) {
  options_.guard.clients.sessions_per_user = 1;
  AddBackend();
  Start();
  PlainClient first(ipv4());
  EXPECT_THAT(first.Login(), StartsWith("230"));
  PlainClient second(ipv4(), kOther);
  EXPECT_EQ(second.Command("USER alice"),
            "530 Too many sessions of this user, try again later.");
  EXPECT_THAT(second.Command("USER bob"), StartsWith("331"));
  EXPECT_THAT(second.Command("PASS secret"), StartsWith("230"));
  EXPECT_EQ(first.Command("QUIT"), "221 Goodbye.");
  PlainClient third(ipv4());
  EXPECT_THAT(third.Login(), StartsWith("230"));
}

TEST_F(GuardTest, FailedLoginsBanTheAddressUntilItIsLifted) {
  options_.guard.failed_logins.most = 2;
  AddBackendThatRefuses();
  Start();
  PlainClient client(ipv4());
  EXPECT_EQ(client.Login(), "530 Wrong.");
  EXPECT_EQ(client.Login(), "530 Wrong.");
  EXPECT_THAT(client.Reply(), MatchesRegex(kBanned));
  EXPECT_EQ(client.control().ReceiveToEnd(), "");
  EXPECT_THAT(PlainClient(ipv4()).greeting(), MatchesRegex(kBanned));
  EXPECT_THAT(PlainClient(ipv4(), kOther).greeting(), StartsWith("220"));
  EXPECT_THAT(PlainClient(ipv6()).greeting(), StartsWith("220"));
  EXPECT_EQ(Counted(Counter::kBans), 1);
  EXPECT_EQ(Counted(Counter::kBannedRefused), 1);
  EXPECT_TRUE(gateway_->guard().bans().Lift("127.0.0.1", absl::Now()));
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("220"));
}

TEST_F(GuardTest, ASixtyFourIsBannedAsAWhole) {
  options_.guard.failed_logins.most = 1;
  AddBackendThatRefuses();
  Start();
  PlainClient client(ipv6());
  EXPECT_EQ(client.Login(), "530 Wrong.");
  EXPECT_THAT(client.Reply(), MatchesRegex(kBanned));
  EXPECT_EQ(gateway_->guard().bans().List(absl::Now())[0].Key(), "::/64");
  EXPECT_THAT(PlainClient(ipv6()).greeting(), MatchesRegex(kBanned));
}

TEST_F(GuardTest, ATarpitHoldsNobodyElseUp) {
  options_.workers = 1;
  options_.session.tarpit = absl::Milliseconds(300);
  AddBackendThatRefuses();
  Start();
  PlainClient client(ipv4());
  client.Command("USER eve");
  const absl::Time start = absl::Now();
  client.control().Send("PASS x\r\n");
  // Served, each in its turn, while the other waits.
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(PlainClient(ipv4()).Command("SYST"), StartsWith("215"));
  }
  EXPECT_EQ(client.Reply(), "530 Wrong.");
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(300));
  EXPECT_EQ(Counted(Counter::kTarpits), 1);
}

TEST_F(GuardTest, PendingDataConnectionsOfOneAddress) {
  options_.max_pending_data_per_address = 1;
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  Start();
  PlainClient first(ipv4());
  PlainClient second(ipv4());
  PlainClient other(ipv4(), kOther);
  for (PlainClient* client : {&first, &second, &other}) client->Login();
  ASSERT_TRUE(first.OpenData(Mode::kPasv));
  EXPECT_FALSE(second.OpenData(Mode::kPasv));
  EXPECT_EQ(second.last_reply(),
            "425 Cannot open data connection: too many data connections of "
            "your address are awaited, try again.");
  EXPECT_TRUE(other.OpenData(Mode::kPasv));
  // Once the first is connected there is room again.
  BlockingSocket data = first.TakeData();
  EXPECT_THAT(first.Command("RETR file"), StartsWith("150"));
  EXPECT_EQ(data.ReceiveToEnd(), "content");
  EXPECT_EQ(first.Reply(), "226 Done");
  std::string content;
  EXPECT_EQ(second.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(gateway_->Ports().too_many_total, 1);
}

}  // namespace
}  // namespace pinnace::integration
