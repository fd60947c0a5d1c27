// The whole gateway on real sockets: clients, backends and strangers that break
// off, flood, lie or go away.
#include <fcntl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proxy/ftp/data_address.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(GatewayTest, StrangerIsResetAndTheOwnerIsServed) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  Start();
  PlainClient client(ipv4());
  client.Login();
  ASSERT_TRUE(client.OpenData(Mode::kPasv));
  BlockingSocket stranger = BlockingSocket::Connect(
      {kLoopback, client.data_port()}, *IpAddress::Parse("127.9.9.9"));
  EXPECT_EQ(stranger.ReceiveToEnd(), "");
  EXPECT_TRUE(stranger.was_reset());
  BlockingSocket data = client.TakeData();
  EXPECT_THAT(client.Command("RETR file"), StartsWith("150"));
  EXPECT_EQ(data.ReceiveToEnd(), "content");
  EXPECT_EQ(client.Reply(), "226 Done");
  EXPECT_EQ(gateway_->Ports().strangers_total, 1);
}

TEST_F(GatewayTest, BackendThatDiesInMidTransferIsToldAtOnce) {
  PlainBackend& backend = AddBackend(kLoopback, {.dies_in_download = true});
  backend.SetFile("file", std::string(1'000'000, 'x'));
  Start();
  PlainClient client(ipv4());
  client.Login();
  std::string content;
  const absl::Time before = absl::Now();
  EXPECT_THAT(client.Download(Mode::kPasv, "RETR file", &content),
              StartsWith("426"));
  EXPECT_LT(absl::Now() - before, absl::Seconds(1));
  EXPECT_THAT(client.Reply(), StartsWith("421"));
}

TEST_F(GatewayTest, BrokenUploadNeverLooksComplete) {
  PlainBackend& backend = AddBackend();
  Start();
  PlainClient client(ipv4());
  BlockingSocket data = StartTransfer(client, "STOR file");
  data.Send(std::string(500'000, 'x'));
  data.Reset();
  EXPECT_THAT(client.Reply(), StartsWith("426"));
  EXPECT_FALSE(backend.HasFile("file"));
  EXPECT_EQ(client.Command("NOOP"), "200 OK");
}

TEST_F(GatewayTest, AbortIsAnsweredTwiceAndTheSessionGoesOn) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("big", std::string(30'000'000, 'x'));
  backend.SetFile("small", "s");
  Start();
  PlainClient client(ipv4());
  BlockingSocket data = StartTransfer(client, "RETR big");
  EXPECT_FALSE(data.Receive().empty());
  EXPECT_THAT(client.Command("ABOR"), StartsWith("426"));
  EXPECT_THAT(client.Reply(), StartsWith("226"));
  std::string content;
  EXPECT_EQ(client.Download(Mode::kEpsv, "RETR small", &content), "226 Done");
  EXPECT_EQ(content, "s");
}

TEST_F(GatewayTest, AbortBehindTelnetUrgentDataIsReadInLine) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("big", std::string(30'000'000, 'x'));
  Start();
  PlainClient client(ipv4());
  BlockingSocket data = StartTransfer(client, "RETR big");
  EXPECT_FALSE(data.Receive().empty());
  // RFC 959 §4.1.3: IP, then the Synch: IAC DM, its last byte urgent.
  const std::string interrupt = "\xff\xf4";
  const std::string synch = "\xff\xf2";
  client.control().Send(interrupt);
  ASSERT_EQ(send(client.control().fd(), synch.data(), synch.size(), MSG_OOB),
            static_cast<ssize_t>(synch.size()));
  EXPECT_THAT(client.Command("ABOR"), StartsWith("426"));
  EXPECT_THAT(client.Reply(), StartsWith("226"));
  EXPECT_EQ(client.Command("SITE anything"), "200 OK");
}

TEST_F(GatewayTest, ManyPipelinedCommandsAreAnsweredInOrder) {
  AddBackend();
  Start();
  PlainClient client(ipv4());
  client.Login();
  std::thread sender([&client] {
    std::string commands;
    for (int i = 0; i < 5000; ++i) commands += "NOOP\r\nSYNTAX!\r\n";
    client.control().Send(commands);
  });
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(client.Reply(), "200 OK") << i;
    ASSERT_THAT(client.Reply(), StartsWith("500")) << i;
  }
  sender.join();
}

TEST_F(GatewayTest, MebibyteWithoutNewlineIsA500AndTheSessionGoesOn) {
  AddBackend();
  Start();
  PlainClient client(ipv4());
  client.Login();
  client.control().Send(std::string(1 << 20, 'x'));
  EXPECT_THAT(client.Command("\r\nNOOP\rNOOP"), StartsWith("500"));
  EXPECT_THAT(client.Reply(), StartsWith("500"));  // the bare CR
  EXPECT_THAT(client.Command(absl::string_view("NO\0OP", 5)),
              StartsWith("500"));
  EXPECT_EQ(client.Command("NOOP"), "200 OK");
}

TEST_F(GatewayTest, BadBackendEndsItsOwnSessionOnly) {
  std::string endless = "211-Status";
  for (int i = 0; i < 200'000; ++i) endless += "\r\n211-more";
  PlainBackend::Behaviour bad;
  bad.answers = {{"STAT", endless}, {"SITE", "what is FTP?"}};
  AddBackend(kLoopback, bad);
  Start();
  PlainClient bystander(ipv4());
  bystander.Login();
  for (const char* command : {"STAT", "SITE x"}) {
    PlainClient client(ipv4());
    client.Login();
    EXPECT_THAT(client.Command(command), StartsWith("421")) << command;
    EXPECT_EQ(client.Reply(), "");
  }
  EXPECT_EQ(bystander.Command("NOOP"), "200 OK");
}

TEST_F(GatewayTest, BackendCannotAimTheGatewayAtAThirdHost) {
  // Somebody listens there, and must not be called.
  BlockingSocket third =
      BlockingSocket::Listen({*IpAddress::Parse("127.8.8.8"), 0});
  PlainBackend::Behaviour lures;
  lures.answers = {
      {"EPSV", "500 No EPSV"},
      {"PASV",
       absl::StrCat("227 Entering Passive Mode (",
                    ftp::FormatPortArgument(third.LocalAddress()), ")")}};
  PlainBackend& backend = AddBackend(kLoopback, lures);
  backend.SetFile("file", "content");
  Start();
  PlainClient client(ipv4());
  client.Login();
  ASSERT_TRUE(client.OpenData(Mode::kPasv));
  EXPECT_NE(client.data_port(), third.LocalAddress().port);
  // At the backend's own address nobody listens on that port.
  EXPECT_THAT(client.Command("RETR file"), StartsWith("425"));
  ASSERT_EQ(fcntl(third.fd(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_FALSE(third.Accept().is_open());
}

TEST_F(GatewayTest, PipelinedRepliesBeyondTheOutputLimitAllCome) {
  AddBackend();
  Start();
  PlainClient client(ipv4());
  std::thread sender([&client] {
    std::string commands;
    for (int i = 0; i < 10'000; ++i) commands += "PWD\r\n";
    client.control().Send(commands);
  });
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_THAT(client.Reply(), StartsWith("530")) << i;
  }
  sender.join();
}

TEST_F(GatewayTest, FloodOfStatInMidTransferLeavesOthersTheirTurn) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("big", std::string(30'000'000, 'x'));
  options_.workers = 1;
  Start();
  PlainClient flood(ipv4());
  PlainClient other(ipv4());
  other.Login();
  BlockingSocket data = StartTransfer(flood, "RETR big");
  std::string commands(50'000, '\n');
  for (int i = 0; i < 2'000; ++i) commands += "STAT\n";
  flood.control().Send(commands);
  const absl::Time before = absl::Now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(other.Command("NOOP"), "200 OK");
  EXPECT_LT(absl::Now() - before, absl::Seconds(1));
}

TEST_F(GatewayTest, BackendsOwnWordsAboutABrokenUploadReachTheClient) {
  AddBackend(kLoopback, {.upload_reply = "552 Quota exceeded"});
  Start();
  PlainClient client(ipv4());
  BlockingSocket data = StartTransfer(client, "STOR file");
  data.Send(std::string(5'000'000, 'x'));
  EXPECT_EQ(client.Reply(), "552 Quota exceeded");
  EXPECT_EQ(client.Command("NOOP"), "200 OK");
}

TEST_F(GatewayTest, StopInMidUploadIsNoEndOfFile) {
  PlainBackend& backend = AddBackend();
  Start();
  PlainClient client(ipv4());
  BlockingSocket data = StartTransfer(client, "STOR file");
  data.Send(std::string(500'000, 'x'));
  gateway_->Stop(absl::ZeroDuration());
  EXPECT_THAT(client.Reply(), StartsWith("426"));
  EXPECT_THAT(client.Reply(), StartsWith("421"));
  gateway_.reset();
  backend.Stop();  // What it has stored by now is all that it stores.
  EXPECT_FALSE(backend.HasFile("file"));
}

TEST_F(GatewayTest, SessionLimitIsA421AtTheDoor) {
  AddBackend();
  options_.max_sessions = 3;
  Start();
  std::vector<std::unique_ptr<PlainClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<PlainClient>(ipv4()));
    EXPECT_THAT(clients.back()->greeting(), StartsWith("220"));
  }
  EXPECT_THAT(PlainClient(ipv4()).greeting(), StartsWith("421"));
}

}  // namespace
}  // namespace pinnace::integration
