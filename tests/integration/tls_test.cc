// FTPS through the whole gateway, on more than one thread.
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/tls/tls_options.h"
#include "tests/integration/gateway_fixture.h"
#include "tests/integration/tls_client.h"
#include "tests/support/test_authority.h"

namespace pinnace::integration {
namespace {

using ::testing::StartsWith;

constexpr char kName[] = "ftp.example.com";

class TlsTest : public GatewayTest {
 protected:
  TlsTest() {
    const testing::TestAuthority::Files files = authority_.Issue(
        "gateway", {.common_name = "gateway", .names = "DNS:ftp.example.com"});
    options_.tls =
        tls::ServerOptions{.certificates = {{files.cert, files.key}},
                           .session_reuse = tls::SessionReuse::kRequire};
    for (gateway::ListenerOptions& listener : options_.listeners) {
      listener.tls = session::ClientTls::kExplicit;
    }
    context_ = *tls::ClientContext::Load({.ca = authority_.ca_file()});
  }

  // Logged in, and with PROT P.
  std::unique_ptr<TlsClient> Ready() {
    auto client = std::make_unique<TlsClient>(ipv4(), context_, kName);
    EXPECT_TRUE(client->Secure());
    EXPECT_EQ(client->Login(), "230 Welcome");
    EXPECT_TRUE(client->Protect());
    return client;
  }

  testing::TestAuthority authority_{"authority"};
  ClientContextPtr context_;
};

TEST_F(TlsTest, MovesFilesOfEverySize) {
  PlainBackend& backend = AddBackend();
  Start();
  const std::unique_ptr<TlsClient> client = Ready();
  for (const size_t size : {0, 1, 65536, 65537, 3'000'000}) {
    std::string content(size, 'x');
    for (size_t i = 0; i < size; i += 7) content[i] = static_cast<char>(i);
    EXPECT_EQ(client->Upload("STOR file", content), "226 Stored");
    EXPECT_TRUE(backend.File("file") == content) << size;
    std::string back;
    EXPECT_EQ(client->Download("RETR file", &back), "226 Done");
    EXPECT_TRUE(back == content) << size << " got " << back.size();
  }
}

// One public port, one address: the TLS session alone tells who is who, and
// the worker that accepts is seldom the session's.
TEST_F(TlsTest, SessionsShareAPortByTheirTickets) {
  options_.public_ports = {FreePorts(1)};
  options_.data_source = ports::SourceMatch::kTlsSession;
  PlainBackend& backend = AddBackend();
  Start();
  constexpr int kClients = 6;
  constexpr int kRounds = 5;
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      const std::string name = absl::StrCat("file", i);
      const std::string content(200'000 + i, static_cast<char>('a' + i));
      const std::unique_ptr<TlsClient> client = Ready();
      for (int round = 0; round < kRounds; ++round) {
        EXPECT_EQ(client->Upload(absl::StrCat("STOR ", name), content),
                  "226 Stored");
        EXPECT_TRUE(backend.File(name) == content);
        std::string back;
        EXPECT_EQ(client->Download(absl::StrCat("RETR ", name), &back),
                  "226 Done");
        EXPECT_TRUE(back == content) << name;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(TlsTest, CertificatesChangeUnderRunningSessions) {
  AddBackend();
  Start();
  const std::unique_ptr<TlsClient> client = Ready();
  EXPECT_EQ(client->Upload("STOR file", "content"), "226 Stored");
  authority_.Issue("gateway",
                   {.common_name = "next", .names = "DNS:ftp.example.com"});
  gateway_->RefreshTls();
  std::string back;
  EXPECT_EQ(client->Download("RETR file", &back), "226 Done");
  EXPECT_EQ(back, "content");
  EXPECT_EQ(Ready()->Download("RETR file", &back), "226 Done");
}

TEST_F(TlsTest, ADownloadGoesOnFromAnotherBackend) {
  const std::string content(2'000'000, 'x');
  options_.workers = 1;
  farm_.failover.replace_backend = farm_.failover.resume_downloads = true;
  for (const bool dies : {true, false}) {
    PlainBackend::Behaviour behaviour;
    behaviour.dies_in_download = dies;
    behaviour.answers["SIZE"] = absl::StrCat("213 ", content.size());
    behaviour.answers["MDTM"] = "213 20260101120000";
    AddBackend(kLoopback, behaviour).SetFile("file", content);
  }
  Start();
  std::unique_ptr<TlsClient> client = Ready();
  EXPECT_EQ(client->Command("TYPE I"), "200 OK");
  std::string received;
  EXPECT_EQ(client->Download("RETR file", &received), "226 Done");
  EXPECT_TRUE(received == content) << received.size() << " bytes";
  EXPECT_EQ(gateway_->Counters()[static_cast<size_t>(
                metrics::Counter::kDownloadsResumed)],
            1);
}

TEST_F(TlsTest, EndsInEveryPhaseOfAHandshake) {
  options_.data_source = ports::SourceMatch::kTlsSession;
  AddBackend();
  Start();
  // Asked for and not begun; begun and not ended; a data connection that says
  // nothing, and one that says no TLS.
  TlsClient silent(ipv4(), context_, kName);
  EXPECT_THAT(silent.Command("AUTH TLS"), StartsWith("234"));
  TlsClient half(ipv4(), context_, kName);
  EXPECT_THAT(half.Command("AUTH TLS"), StartsWith("234"));
  half.plain().Send("\x16\x03\x01\x02");
  const Address port =
      ipv4().WithPort(static_cast<uint16_t>(options_.public_ports[0].first));
  BlockingSocket unsaid = BlockingSocket::Connect(port);
  BlockingSocket garbage = BlockingSocket::Connect(port);
  garbage.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(garbage.ReceiveToEnd(), "");
  for (const session::SessionFacts& facts : gateway_->Sessions()) {
    EXPECT_EQ(facts.phase, "tls_handshake");
    EXPECT_TRUE(gateway_->KillSession(facts.id));
  }
  EXPECT_EQ(silent.Reply(), "");
}

// The header, then the ClientHello, which still says whose connection it is.
TEST_F(TlsTest, BehindABalancerASessionIsFoundByItsTicketToo) {
  options_.data_source = ports::SourceMatch::kTlsSession;
  options_.proxy = {.data = ingress::ProxyMode::kRequired,
                    .trusted = {*Cidr::Parse("127.0.0.1")},
                    .patience = absl::Hours(1)};
  PlainBackend& backend = AddBackend();
  Start();
  const std::unique_ptr<TlsClient> client = Ready();
  client->set_data_header(
      "PROXY TCP4 198.51.100.7 192.0.2.200 40001 50000\r\n");
  EXPECT_EQ(client->Upload("STOR file", "content"), "226 Stored");
  EXPECT_EQ(backend.File("file"), "content");
  std::string back;
  EXPECT_EQ(client->Download("RETR file", &back), "226 Done");
  EXPECT_EQ(back, "content");
}

TEST_F(TlsTest, AHeaderGoesBeforeImplicitTls) {
  options_.listeners[0].tls = session::ClientTls::kImplicit;
  options_.proxy = {.control = ingress::ProxyMode::kOptional,
                    .trusted = {*Cidr::Parse("127.0.1.0/24")},
                    .patience = absl::Hours(1)};
  AddBackend();
  Start();
  const std::string header =
      "PROXY TCP4 198.51.100.7 192.0.2.200 40001 990\r\n";
  const auto connect = [&](const char* from, absl::string_view begin) {
    BlockingSocket socket =
        BlockingSocket::Connect(ipv4(), IpAddress::Parse(from));
    socket.Send(begin);
    return socket;
  };
  const auto greeting = [&](BlockingSocket socket) {
    SecureSocket secure(
        std::move(socket),
        tls::TlsEngine::Client(context_, {.server_name = kName}));
    EXPECT_TRUE(secure.Handshake());
    return secure.Receive();
  };
  EXPECT_EQ(greeting(connect("127.0.1.1", header)), "220 Pinnace ready.\r\n");
  EXPECT_EQ(greeting(connect("127.0.1.1", "")), "220 Pinnace ready.\r\n");
  EXPECT_EQ(greeting(connect("127.0.2.1", "")), "220 Pinnace ready.\r\n");
  BlockingSocket stranger = connect("127.0.2.1", header);
  EXPECT_EQ(stranger.Receive(), "");
  EXPECT_TRUE(stranger.was_reset());
  EXPECT_EQ(gateway_->Counters()[static_cast<size_t>(
                metrics::Counter::kProxySourcesRefused)],
            1);
}

}  // namespace
}  // namespace pinnace::integration
