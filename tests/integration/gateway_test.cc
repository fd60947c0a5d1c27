// The whole gateway on real sockets: what it does for clients and backends that
// behave.
#include "proxy/gateway/gateway.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proxy/ftp/data_address.h"
#include "proxy/ingress/proxy_header.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using gateway::Gateway;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(GatewayTest, GreetsAndLogsIn) {
  AddBackend();
  Start();
  PlainClient client(ipv4());
  EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
  EXPECT_EQ(client.Login(), "230 Welcome");
  EXPECT_EQ(client.Command("SITE anything"), "200 OK");
  EXPECT_THAT(client.Command("QUIT"), StartsWith("221"));
  EXPECT_EQ(client.Reply(), "");
}

TEST_F(GatewayTest, PublicPortsOfAnotherGatewayAreSaidOnceAndDoNoHarm) {
  AddBackend();
  farm_.backends[0].public_ports = PortRange{1, 2};
  ::testing::internal::CaptureStderr();
  Start();
  PlainClient client(ipv4());
  ASSERT_EQ(client.Login(), "230 Welcome");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.Upload(Mode::kPasv, "STOR file", "content"), "226 Stored");
  }
  const metrics::CounterValues counters = gateway_->Counters();
  EXPECT_EQ(counters[static_cast<size_t>(metrics::Counter::kForeignSlices)], 2);
  EXPECT_THAT(client.Command("QUIT"), StartsWith("221"));
  const std::string log = ::testing::internal::GetCapturedStderr();
  const std::string notice = "backend b0 has public_ports 1-2, none of which";
  const size_t first = log.find(notice);
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find(notice, first + 1), std::string::npos) << log;
}

struct ModeCase {
  Mode mode;
  bool client_ipv6;
  bool backend_ipv6;
  fleet::DataMode backend_mode;
};

class GatewayModeTest : public GatewayTest,
                        public ::testing::WithParamInterface<ModeCase> {};

TEST_P(GatewayModeTest, MovesFilesOfEverySize) {
  PlainBackend& backend =
      AddBackend(GetParam().backend_ipv6 ? kLoopback6 : kLoopback);
  farm_.data_mode = GetParam().backend_mode;
  Start();
  PlainClient client(GetParam().client_ipv6 ? ipv6() : ipv4());
  ASSERT_EQ(client.Login(), "230 Welcome");
  for (const size_t size : {0, 1, 1024, 65536, 65537, 3'000'000}) {
    std::string content(size, 'x');
    for (size_t i = 0; i < size; i += 7) content[i] = static_cast<char>(i);
    EXPECT_EQ(client.Upload(GetParam().mode, "STOR file", content),
              "226 Stored");
    EXPECT_TRUE(backend.File("file") == content) << size;
    std::string back;
    EXPECT_EQ(client.Download(GetParam().mode, "RETR file", &back), "226 Done");
    EXPECT_TRUE(back == content) << size << " got " << back.size();
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, GatewayModeTest,
    ::testing::Values(
        ModeCase{Mode::kPasv, false, false, fleet::DataMode::kPassive},
        ModeCase{Mode::kEpsv, false, false, fleet::DataMode::kPassive},
        ModeCase{Mode::kPort, false, false, fleet::DataMode::kPassive},
        ModeCase{Mode::kEprt, false, false, fleet::DataMode::kPassive},
        ModeCase{Mode::kPasv, false, false, fleet::DataMode::kActive},
        ModeCase{Mode::kPort, false, false, fleet::DataMode::kActive},
        ModeCase{Mode::kEpsv, true, false, fleet::DataMode::kPassive},
        ModeCase{Mode::kEprt, true, false, fleet::DataMode::kActive},
        ModeCase{Mode::kPasv, false, true, fleet::DataMode::kPassive},
        ModeCase{Mode::kPasv, false, true, fleet::DataMode::kActive},
        ModeCase{Mode::kEpsv, true, true, fleet::DataMode::kPassive}));

TEST_F(GatewayTest, TwoHundredClientsShareOnePublicPort) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", std::string(100'000, 'f'));
  options_.public_ports = {FreePorts(1)};
  Start();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([this, i, &good] {
      const IpAddress from =
          IpAddress::FromIpv4({127, 1, 1, static_cast<uint8_t>(i + 1)});
      PlainClient client(ipv4(), from);
      std::string content;
      if (client.Login() == "230 Welcome" &&
          client.Download(Mode::kPasv, "RETR file", &content) == "226 Done" &&
          content == std::string(100'000, 'f')) {
        ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST_F(GatewayTest, FiftyTransfersOfOneClientWaitForFourPorts) {
  PlainBackend& backend = AddBackend();
  for (int i = 0; i < 50; ++i) {
    backend.SetFile(absl::StrCat("file", i),
                    std::string(50'000 + i, static_cast<char>('A' + i % 26)));
  }
  Start();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([this, i, &good, &backend] {
      PlainClient client(ipv4());
      std::string content;
      const std::string name = absl::StrCat("file", i);
      if (client.Login() == "230 Welcome" &&
          client.Download(Mode::kEpsv, "RETR " + name, &content) ==
              "226 Done" &&
          content == backend.File(name)) {
        ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 50);
}

TEST_F(GatewayTest, TransferWithoutFreshDataPathIsRefused) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  Start();
  PlainClient client(ipv4());
  client.Login();
  EXPECT_THAT(client.Command("RETR file"), StartsWith("425"));
  std::string content;
  EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_THAT(client.Command("RETR file"), StartsWith("425"));
}

TEST_F(GatewayTest, NextCandidateIsTriedAtUser) {
  // Nobody listens there.
  AddAddress(BlockingSocket::Listen({kLoopback, 0}).LocalAddress());
  AddBackend(kLoopback, {.greeting = "421 Full"});
  PlainBackend& good = AddBackend();
  Start();
  for (int i = 0; i < 6; ++i) {
    PlainClient client(ipv4());
    EXPECT_EQ(client.Login(), "230 Welcome");
  }
  EXPECT_EQ(good.logins(), 6);
}

TEST_F(GatewayTest, NoBackendLeftIsA421ThatSaysWhy) {
  AddBackend(kLoopback, {.greeting = "421 Full"});
  Start();
  PlainClient client(ipv4());
  EXPECT_THAT(client.Command("USER alice"),
              ::testing::AllOf(StartsWith("421"), HasSubstr("b0"),
                               HasSubstr("421 Full")));
}

TEST_F(GatewayTest, BackendWithoutEpsvIsAskedByPasvFromThenOn) {
  PlainBackend& backend =
      AddBackend(kLoopback, {.answers = {{"EPSV", "502 What?"}}});
  backend.SetFile("file", "content");
  Start();
  PlainClient client(ipv4());
  client.Login();
  std::string content;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Download(Mode::kEpsv, "RETR file", &content), "226 Done");
    EXPECT_EQ(content, "content");
  }
  int epsv = 0;
  for (const std::string& verb : backend.verbs()) epsv += verb == "EPSV";
  EXPECT_EQ(epsv, 1);
}

TEST_F(GatewayTest, PortTakenStopsTheStartAndIsNamed) {
  BlockingSocket taken = BlockingSocket::Listen({kLoopback, 0});
  const uint16_t port = taken.LocalAddress().port;
  options_.public_ports = {{port, port}};
  absl::StatusOr<std::unique_ptr<Gateway>> started =
      Gateway::Start(options_, std::make_shared<snapshot::Snapshot>());
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()),
              ::testing::AllOf(HasSubstr(absl::StrCat(":", port)),
                               HasSubstr("in use")));
}

TEST_F(GatewayTest, WildcardAndOneAddressShareThePublicPorts) {
  AddBackend();
  options_.listeners = {{{IpAddress(), 0}, "main"}, {{kLoopback, 0}, "main"}};
  Start();
  std::string content;
  for (const Address& address : gateway_->listening()) {
    PlainClient client({kLoopback, address.port});
    client.Login();
    EXPECT_EQ(client.Download(Mode::kEpsv, "LIST", &content), "226 Done");
  }
}

TEST_F(GatewayTest, KillAndDrainEndSessionsWith421) {
  AddBackend();
  Start();
  PlainClient killed(ipv4());
  killed.Login();
  ASSERT_EQ(gateway_->Sessions().size(), 1u);
  EXPECT_EQ(gateway_->Sessions()[0].user, "alice");
  EXPECT_FALSE(gateway_->KillSession(0xffffff));
  EXPECT_TRUE(gateway_->KillSession(gateway_->Sessions()[0].id));
  EXPECT_THAT(killed.Reply(), StartsWith("421"));
  PlainClient drained(ipv4());
  drained.Login();
  EXPECT_TRUE(gateway_->ready());
  gateway_->StartDrain();
  EXPECT_FALSE(gateway_->ready());
  EXPECT_THAT(drained.Reply(), StartsWith("421"));
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("421"));
}

TEST_F(GatewayTest, ActiveDialComesFromThePortBelowTheListener) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  const PortRange ports = FreePorts(2);
  options_.listeners = {{{kLoopback, ports.last}, "main"}};
  options_.session.active_source_port =
      session::ActiveSourcePort::kListenerMinusOne;
  Start();
  PlainClient client(ipv4());
  client.Login();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.OpenData(Mode::kPort));
    EXPECT_THAT(client.Command("RETR file"), StartsWith("150"));
    BlockingSocket data = client.TakeData();
    EXPECT_EQ(data.PeerAddress(), (Address{kLoopback, ports.first}));
    EXPECT_EQ(data.ReceiveToEnd(), "content");
    EXPECT_EQ(client.Reply(), "226 Done");
  }
}

TEST_F(GatewayTest, ActiveDialIsTriedAgainWhenTheClientListensLate) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  Start();
  PlainClient client(ipv4());
  client.Login();
  const Address target{kLoopback, FreePorts(1).first};
  const std::string port =
      absl::StrCat("PORT ", ftp::FormatPortArgument(target));
  EXPECT_THAT(client.Command(port), StartsWith("200"));
  EXPECT_THAT(client.Command("RETR file"), StartsWith("150"));
  BlockingSocket listener = BlockingSocket::Listen(target);
  BlockingSocket data = listener.Accept();
  EXPECT_EQ(data.ReceiveToEnd(), "content");
  EXPECT_EQ(client.Reply(), "226 Done");
  // Nobody listens at all: a 425, in bounded time.
  listener.Close();
  EXPECT_THAT(client.Command(port), StartsWith("200"));
  EXPECT_THAT(client.Command("RETR file"), StartsWith("150"));
  EXPECT_THAT(client.Reply(), StartsWith("425"));
  EXPECT_EQ(client.Command("NOOP"), "200 OK");
}

TEST_F(GatewayTest, PublicAddressIsByClientOrResolvedFromItsName) {
  AddBackend();
  options_.session.public_address.default_address = "localhost";
  options_.session.public_address.by_client = {
      {*Cidr::Parse("127.5.0.0/16"), "203.0.113.9"}};
  Start();
  PlainClient by_name(ipv4());
  by_name.Login();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (absl::StartsWith(by_name.Command("PASV"), "425") &&
         absl::Now() < deadline) {
    // The name is not resolved yet.
    EXPECT_THAT(by_name.last_reply(), HasSubstr("EPSV"));
  }
  EXPECT_THAT(by_name.last_reply(), HasSubstr("(127,0,0,1,"));
  PlainClient by_network(ipv4(), *IpAddress::Parse("127.5.6.7"));
  by_network.Login();
  EXPECT_THAT(by_network.Command("PASV"), HasSubstr("(203,0,113,9,"));
}

TEST_F(GatewayTest, ProbesLearnFeaturesAndHealth) {
  AddBackend();
  AddAddress(BlockingSocket::Listen({kLoopback, 0}).LocalAddress());
  options_.probe_interval = absl::Seconds(1);
  Start();
  const std::vector<fleet::Backend>& probed =
      gateway_->snapshot()->fleet.farms[0].backends;
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while ((probed[0].status->health() != fleet::Health::kHealthy ||
          probed[1].status->health() != fleet::Health::kUnhealthy) &&
         absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(probed[0].status->health(), fleet::Health::kHealthy);
  EXPECT_EQ(probed[1].status->health(), fleet::Health::kUnhealthy);
  EXPECT_THAT(probed[1].status->trouble(), HasSubstr("refused"));
  PlainClient client(ipv4());
  client.control().Send("FEAT\r\n");
  std::vector<std::string> lines;
  do {
    lines.push_back(client.control().ReceiveLine().value_or("211 lost"));
  } while (!absl::StartsWith(lines.back(), "211 "));
  EXPECT_THAT(lines, Contains(" REST STREAM"));
  EXPECT_THAT(lines, Contains(" EPSV"));
}

TEST_F(GatewayTest, ParallelSessionsOfOneClientMeetThePinnedBackend) {
  PlainBackend& first = AddBackend();
  PlainBackend& second = AddBackend();
  farm_.pin_ttl = absl::Minutes(1);
  Start();
  for (int i = 0; i < 8; ++i) PlainClient(ipv4()).Login();
  EXPECT_EQ(first.logins() + second.logins(), 8);
  EXPECT_TRUE(first.logins() == 0 || second.logins() == 0);
  ASSERT_EQ(gateway_->Pins().size(), 1u);
  EXPECT_EQ(gateway_->Pins()[0].Key(), "main/127.0.0.1");
}

TEST_F(GatewayTest, ABackendThatWantsItIsToldWhoTheClientIs) {
  BlockingSocket listener = BlockingSocket::Listen({kLoopback, 0});
  AddAddress(listener.LocalAddress());
  farm_.backends[0].proxy_protocol = fleet::ProxyProtocol::kV2;
  Start();
  PlainClient client(ipv4(), *IpAddress::Parse("127.5.6.7"));
  client.control().Send("USER anna\r\n");
  BlockingSocket control = listener.Accept();
  const std::vector<session::SessionFacts> sessions = gateway_->Sessions();
  ASSERT_EQ(sessions.size(), 1u);
  const std::string expected = ingress::ProxyV2(
      client.control().LocalAddress(), client.control().PeerAddress(),
      {.unique_id = absl::StrCat(sessions[0].id)});
  EXPECT_EQ(control.ReceiveExactly(expected.size()), expected);
  control.Send("220 Hi.\r\n");
  EXPECT_EQ(control.ReceiveLine(), "USER anna");
}

TEST_F(GatewayTest, ABackendsDataConnectionsBeginWithAHeaderIfItWantsThat) {
  const Address client_end = *Address::Parse("127.5.6.7:0");
  const std::string any_header = ingress::ProxyV2(client_end, client_end);
  PlainBackend& backend =
      AddBackend(kLoopback, {.data_header_bytes = any_header.size()});
  backend.SetFile("file", "content");
  farm_.backends[0].data_proxy_protocol = fleet::ProxyProtocol::kV2;
  Start();
  PlainClient client(ipv4(), client_end.ip);
  client.Login();
  std::string content;
  EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(content, "content");
  EXPECT_EQ(backend.data_header(),
            ingress::ProxyV2(client_end, client.control().PeerAddress()));
  EXPECT_EQ(client.Upload(Mode::kPort, "STOR other", "more"), "226 Stored");
  EXPECT_EQ(backend.File("other"), "more");
  // An active client has said its port.
  EXPECT_NE(backend.data_header().substr(24, 2), std::string(2, '\0'));
}

}  // namespace
}  // namespace pinnace::integration
