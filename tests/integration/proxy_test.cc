// The PROXY protocol from balancers in front, on control and data connections:
// whose word is taken, and what becomes of those whose is not.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/data_address.h"
#include "proxy/ingress/proxy_header.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using ingress::ProxyMode;
using metrics::Counter;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const IpAddress kBalancer = *IpAddress::Parse("127.0.1.1");
const IpAddress kStranger = *IpAddress::Parse("127.0.2.1");
// What clients dial: no address of this host.
const Address kPublic = *Address::Parse("192.0.2.200:21");
const Address kPublic6 = *Address::Parse("[2001:db8::200]:21");
const Address kAnna = *Address::Parse("198.51.100.7:40001");
const Address kBert = *Address::Parse("198.51.100.8:40001");
const Address kAnna6 = *Address::Parse("[2001:db8::7]:40001");
constexpr absl::Duration kForEver = absl::Hours(1);
constexpr absl::Duration kShortly = absl::Milliseconds(30);

std::string V1(const Address& from, const Address& to) {
  return absl::StrCat("PROXY ", from.ip.is_ipv4() ? "TCP4 " : "TCP6 ",
                      from.ip.ToString(), " ", to.ip.ToString(), " ", from.port,
                      " ", to.port, "\r\n");
}

std::string V2(const Address& from, const Address& to) {
  // As balancers do, with something besides.
  return ingress::ProxyV2(from, to, {.unique_id = "balancer-1"});
}

class ProxyTest : public GatewayTest {
 protected:
  ProxyTest() { options_.proxy.patience = kForEver; }

  void Trust(ProxyMode control, ProxyMode data) {
    options_.proxy.control = control;
    options_.proxy.data = data;
    options_.proxy.trusted = {*Cidr::Parse("127.0.1.0/24"),
                              *Cidr::Parse("::1/128")};
  }

  PlainBackend& AddBackendWithFile() {
    PlainBackend& backend = AddBackend();
    backend.SetFile("file", "content");
    return backend;
  }

  // A client behind the balancer, on both its connections.
  PlainClient Behind(const Address& client) {
    return PlainClient(ipv4(),
                       {.from = kBalancer,
                        .header = V2(client, kPublic),
                        .data_header = V2(client.WithPort(41000), kPublic)});
  }

  session::SessionFacts OnlySession() {
    const std::vector<session::SessionFacts> sessions = gateway_->Sessions();
    EXPECT_EQ(sessions.size(), 1u);
    return sessions.empty() ? session::SessionFacts() : sessions[0];
  }

  int64_t Count(Counter counter) {
    return gateway_->Counters()[static_cast<size_t>(counter)];
  }

  // Nothing comes but a RST.
  static void ExpectReset(BlockingSocket& socket) {
    EXPECT_EQ(socket.Receive(), "");
    EXPECT_TRUE(socket.was_reset());
  }
};

struct HeaderCase {
  const char* name;
  std::string (*header)(const Address& from, const Address& to);
};

class ProxyVersionTest : public ProxyTest,
                         public ::testing::WithParamInterface<HeaderCase> {};

INSTANTIATE_TEST_SUITE_P(All, ProxyVersionTest,
                         ::testing::Values(HeaderCase{"v1", &V1},
                                           HeaderCase{"v2", &V2}),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST_P(ProxyVersionTest, TheHeadersAddressesAreTheClients) {
  PlainBackend& backend = AddBackendWithFile();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  options_.session.public_address.default_address = "203.0.113.9";
  farm_.pin_ttl = absl::Minutes(1);
  Start();
  const auto header = GetParam().header;
  PlainClient client(ipv4(),
                     {.from = kBalancer,
                      .header = header(kAnna, kPublic),
                      .data_header = header(kAnna.WithPort(5), kPublic)});
  EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
  EXPECT_EQ(client.Login(), "230 Welcome");
  std::string content;
  EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(content, "content");
  // First of all rules: what the client has dialled.
  EXPECT_EQ(client.data_target().ip, kPublic.ip);
  EXPECT_EQ(client.Upload(Mode::kEpsv, "STOR other", "more"), "226 Stored");
  EXPECT_EQ(backend.File("other"), "more");
  const session::SessionFacts session = OnlySession();
  EXPECT_EQ(session.client, kAnna);
  EXPECT_EQ(session.local, kPublic);
  ASSERT_EQ(gateway_->Pins().size(), 1u);
  EXPECT_EQ(gateway_->Pins()[0].Key(), "main/198.51.100.7");
  EXPECT_EQ(Count(Counter::kProxyHeaders), 3);
}

TEST_P(ProxyVersionTest, OverIpv6) {
  AddBackendWithFile();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  const auto header = GetParam().header;
  PlainClient client(ipv6(),
                     {.from = kLoopback6,
                      .header = header(kAnna6, kPublic6),
                      .data_header = header(kAnna6.WithPort(5), kPublic6)});
  EXPECT_EQ(client.Login(), "230 Welcome");
  EXPECT_EQ(client.Command("PASV"),
            "425 Cannot open data connection: PASV is for IPv4, use EPSV.");
  std::string content;
  EXPECT_EQ(client.Download(Mode::kEpsv, "RETR file", &content), "226 Done");
  EXPECT_EQ(content, "content");
  EXPECT_EQ(OnlySession().client, kAnna6);
  EXPECT_EQ(OnlySession().local, kPublic6);
}

TEST_P(ProxyVersionTest, ByteByByteWithWhatFollows) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kOff);
  Start();
  BlockingSocket control = BlockingSocket::Connect(ipv4(), kBalancer);
  for (const char byte :
       absl::StrCat(GetParam().header(kAnna, kPublic), "NOOP\r\nSY")) {
    control.Send(std::string(1, byte));
  }
  EXPECT_EQ(control.ReceiveLine(), "220 Pinnace ready.");
  EXPECT_THAT(control.ReceiveLine().value_or(""), StartsWith("200 "));
  control.Send("ST\r\n");
  EXPECT_THAT(control.ReceiveLine().value_or(""), StartsWith("215 "));
}

TEST_P(ProxyVersionTest, NotAByteOfTheDataIsLost) {
  PlainBackend& backend = AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  const std::string content(300'000, 'x');
  const std::string header = GetParam().header(kAnna, kPublic);
  PlainClient client(ipv4(), {.from = kBalancer,
                              .header = header,
                              // The first data comes with it, and looks like
                              // another.
                              .data_header = absl::StrCat(header, header)});
  client.Login();
  EXPECT_EQ(client.Upload(Mode::kPasv, "STOR file", content), "226 Stored");
  EXPECT_EQ(backend.File("file"), absl::StrCat(header, content));
}

TEST_F(ProxyTest, TwoClientsBehindOneBalancerShareAPort) {
  PlainBackend& backend = AddBackendWithFile();
  options_.public_ports = {FreePorts(1)};
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  PlainClient anna = Behind(kAnna);
  PlainClient bert = Behind(kBert);
  anna.Login();
  bert.Login();
  ASSERT_TRUE(anna.OpenData(Mode::kPasv));
  ASSERT_TRUE(bert.OpenData(Mode::kPasv));
  EXPECT_EQ(anna.data_port(), bert.data_port());
  // The last to be promised the port is the first to come.
  BlockingSocket to_bert = bert.TakeData();
  BlockingSocket to_anna = anna.TakeData();
  EXPECT_THAT(anna.Command("STOR anna"), StartsWith("150"));
  EXPECT_THAT(bert.Command("STOR bert"), StartsWith("150"));
  to_anna.Send("from anna");
  to_bert.Send("from bert");
  to_anna.Close();
  to_bert.Close();
  EXPECT_EQ(anna.Reply(), "226 Stored");
  EXPECT_EQ(bert.Reply(), "226 Stored");
  EXPECT_EQ(backend.File("anna"), "from anna");
  EXPECT_EQ(backend.File("bert"), "from bert");
}

TEST_F(ProxyTest, ADataHeaderOfAnotherClaimsNothing) {
  AddBackendWithFile();
  options_.public_ports = {FreePorts(1)};
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  PlainClient anna = Behind(kAnna);
  anna.Login();
  ASSERT_TRUE(anna.OpenData(Mode::kPasv));
  BlockingSocket other =
      BlockingSocket::Connect(ipv4().WithPort(anna.data_port()), kBalancer);
  other.Send(V2(kBert, kPublic));
  ExpectReset(other);
  BlockingSocket own = anna.TakeData();
  EXPECT_THAT(anna.Command("RETR file"), StartsWith("150"));
  EXPECT_EQ(own.ReceiveToEnd(), "content");
  EXPECT_EQ(anna.Reply(), "226 Done");
}

TEST_F(ProxyTest, AnyDataSourceStillNeedsItsHeader) {
  AddBackendWithFile();
  options_.data_source = ports::SourceMatch::kAny;
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  PlainClient client(ipv4(), {.from = kBalancer,
                              .header = V2(kAnna, kPublic),
                              .data_header = V2(kBert, kPublic)});
  client.Login();
  std::string content;
  EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(content, "content");
}

TEST_F(ProxyTest, DataWithoutHeadersBehindControlWithThem) {
  AddBackendWithFile();
  Trust(ProxyMode::kRequired, ProxyMode::kOff);
  Start();
  // The client's own data connections keep its address.
  const IpAddress client_ip = *IpAddress::Parse("127.0.3.1");
  PlainClient control(
      ipv4(), {.from = kBalancer, .header = V2({client_ip, 40000}, kPublic)});
  control.Login();
  ASSERT_TRUE(control.OpenData(Mode::kPasv));
  BlockingSocket data =
      BlockingSocket::Connect(ipv4().WithPort(control.data_port()), client_ip);
  EXPECT_THAT(control.Command("RETR file"), StartsWith("150"));
  EXPECT_EQ(data.ReceiveToEnd(), "content");
  EXPECT_EQ(control.Reply(), "226 Done");
}

TEST_F(ProxyTest, AnActiveClientIsDialledByItsOwnAddress) {
  AddBackendWithFile();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  const IpAddress client_ip = *IpAddress::Parse("127.0.3.1");
  PlainClient client(ipv4(), {.from = kBalancer,
                              .header = V2({client_ip, 40000}, kPublic),
                              .listens_on = client_ip});
  client.Login();
  std::string content;
  for (const Mode mode : {Mode::kPort, Mode::kEprt}) {
    EXPECT_EQ(client.Download(mode, "RETR file", &content), "226 Done");
    EXPECT_EQ(content, "content");
  }
  EXPECT_EQ(
      client.Command("PORT 127,0,1,1,200,1"),
      "504 PORT must name your own address (127.0.3.1) and a port of 1024 "
      "or above.");
}

TEST_F(ProxyTest, ABalancersOwnConnections) {
  AddBackendWithFile();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  const std::string local = ingress::ProxyV2Local();
  for (const std::string& header :
       {local, std::string("PROXY UNKNOWN\r\n"),
        std::string("PROXY UNKNOWN 192.0.2.1 192.0.2.2 1 2\r\n")}) {
    PlainClient client(
        ipv4(), {.from = kBalancer, .header = header, .data_header = header});
    EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
    client.Login();
    const session::SessionFacts session = OnlySession();
    EXPECT_EQ(session.client, client.control().LocalAddress());
    EXPECT_EQ(session.local, ipv4());
    std::string content;
    EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
    EXPECT_EQ(content, "content");
    EXPECT_EQ(client.data_target().ip, kLoopback);
    EXPECT_THAT(client.Command("QUIT"), StartsWith("221"));
    EXPECT_EQ(client.Reply(), "");
  }
}

TEST_F(ProxyTest, RequiredOnlyTheTrustedMayConnect) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  ::testing::internal::CaptureStderr();
  Start();
  BlockingSocket control = BlockingSocket::Connect(ipv4(), kStranger);
  const Address from = control.LocalAddress();
  ExpectReset(control);
  BlockingSocket data = BlockingSocket::Connect(
      ipv4().WithPort(options_.public_ports[0].first), kStranger);
  ExpectReset(data);
  EXPECT_EQ(Count(Counter::kProxySourcesRefused), 2);
  EXPECT_EQ(Count(Counter::kSessionsAccepted), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(absl::StrCat("connection from ", from.ToString(),
                                     " to ", ipv4().ToString(),
                                     " refused: it is not trusted\n")));
}

TEST_F(ProxyTest, RequiredTheTrustedMustSendOne) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  ::testing::internal::CaptureStderr();
  Start();
  const uint16_t port = options_.public_ports[0].first;
  for (const Address& to : {ipv4(), ipv4().WithPort(port)}) {
    BlockingSocket socket = BlockingSocket::Connect(to, kBalancer);
    socket.Send("USER anna\r\n");
    ExpectReset(socket);
  }
  EXPECT_EQ(Count(Counter::kProxyHeadersMissing), 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(" refused: it begins without a PROXY header\n"));
}

TEST_F(ProxyTest, RequiredAHeaderThatDoesNotComeInTime) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  options_.proxy.patience = kShortly;
  ::testing::internal::CaptureStderr();
  Start();
  const uint16_t port = options_.public_ports[0].first;
  for (const Address& to : {ipv4(), ipv4().WithPort(port)}) {
    BlockingSocket silent = BlockingSocket::Connect(to, kBalancer);
    ExpectReset(silent);
    BlockingSocket slow = BlockingSocket::Connect(to, kBalancer);
    slow.Send("PROXY TCP4 192.0");
    ExpectReset(slow);
  }
  EXPECT_EQ(Count(Counter::kProxyHeadersMissing), 4);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(" refused: it sent no PROXY header\n"));
}

TEST_F(ProxyTest, ABalancersPlainCheckIsNoRefusal) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  Start();
  const uint16_t port = options_.public_ports[0].first;
  for (const Address& to : {ipv4(), ipv4().WithPort(port)}) {
    BlockingSocket check = BlockingSocket::Connect(to, kBalancer);
    check.ShutdownWrite();
    EXPECT_EQ(check.Receive(), "");
    EXPECT_FALSE(check.was_reset());
  }
  EXPECT_EQ(Count(Counter::kProxyHeadersMissing), 0);
}

TEST_F(ProxyTest, MalformedAndOverlongHeadersAreReset) {
  AddBackend();
  ::testing::internal::CaptureStderr();
  options_.workers = 1;  // which says each kind of thing once a second
  for (const ProxyMode mode : {ProxyMode::kOptional, ProxyMode::kRequired}) {
    Trust(mode, mode);
    Start();
    const std::string local = ingress::ProxyV2Local();
    const std::string headers[] = {
        "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
        absl::StrCat("PROXY UNKNOWN ", std::string(100, 'x')),
        absl::StrCat(local.substr(0, 14), "\xff\xff"),
        absl::StrCat(local.substr(0, 12), "\x31")};
    const uint16_t port = options_.public_ports[0].first;
    for (const std::string& header : headers) {
      for (const Address& to : {ipv4(), ipv4().WithPort(port)}) {
        BlockingSocket socket = BlockingSocket::Connect(to, kBalancer);
        socket.Send(header);
        ExpectReset(socket);
      }
    }
    EXPECT_EQ(Count(Counter::kProxyHeadersMalformed), 8);
    gateway_.reset();
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(" refused: malformed PROXY header: its family is none "
                        "of TCP4, TCP6 and UNKNOWN\n"));
}

TEST_F(ProxyTest, OptionalWithAndWithoutHeader) {
  AddBackendWithFile();
  Trust(ProxyMode::kOptional, ProxyMode::kOptional);
  Start();
  // The word of the trusted is taken.
  PlainClient anna = Behind(kAnna);
  anna.Login();
  std::string content;
  EXPECT_EQ(anna.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(content, "content");
  EXPECT_EQ(OnlySession().client, kAnna);
  anna.Command("QUIT");
  anna.Reply();
  // Others do not wait, though the trusted have for ever.
  PlainClient stranger(ipv4(), kStranger);
  stranger.Login();
  EXPECT_EQ(stranger.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(OnlySession().client.ip, kStranger);
  EXPECT_EQ(stranger.data_target().ip, kLoopback);
  // Who is trusted and speaks first is known by the first byte.
  BlockingSocket control = BlockingSocket::Connect(ipv4(), kBalancer);
  control.Send("N");
  EXPECT_EQ(control.ReceiveLine(), "220 Pinnace ready.");
  control.Send("OOP\r\n");
  EXPECT_THAT(control.ReceiveLine().value_or(""), StartsWith("200 "));
}

TEST_F(ProxyTest, OptionalWhoIsTrustedAndSilentIsAClientShortly) {
  AddBackendWithFile();
  Trust(ProxyMode::kOptional, ProxyMode::kOptional);
  options_.proxy.patience = kShortly;
  Start();
  PlainClient client(ipv4(), kBalancer);
  EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
  client.Login();
  EXPECT_EQ(OnlySession().client.ip, kBalancer);
  std::string content;
  EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
  EXPECT_EQ(content, "content");
}

TEST_F(ProxyTest, OptionalAnUploadThatEndsBeforeItCouldBeAHeader) {
  PlainBackend& backend = AddBackend();
  Trust(ProxyMode::kOff, ProxyMode::kOptional);
  Start();
  PlainClient client(ipv4(), kBalancer);
  client.Login();
  EXPECT_EQ(client.Upload(Mode::kPasv, "STOR empty", ""), "226 Stored");
  EXPECT_TRUE(backend.HasFile("empty"));
  EXPECT_EQ(client.Upload(Mode::kPasv, "STOR P", "P"), "226 Stored");
  EXPECT_EQ(backend.File("P"), "P");
}

TEST_F(ProxyTest, OptionalAHeaderThatComesTooLateEndsTheSession) {
  AddBackend();
  Trust(ProxyMode::kOptional, ProxyMode::kOff);
  options_.proxy.patience = kShortly;
  ::testing::internal::CaptureStderr();
  Start();
  PlainClient client(ipv4(), kBalancer);
  EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
  client.control().Send(V1(kAnna, kPublic));
  ExpectReset(client.control());
  EXPECT_EQ(Count(Counter::kProxyHeadersMissing), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(" refused: its PROXY header came too late\n"));
}

TEST_P(ProxyVersionTest, OptionalAHeaderOfOthersEndsTheSession) {
  AddBackend();
  Trust(ProxyMode::kOptional, ProxyMode::kOptional);
  ::testing::internal::CaptureStderr();
  Start();
  PlainClient client(ipv4(), kStranger);
  const Address from = client.control().LocalAddress();
  EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
  // In two pieces: the first could be a command's.
  const std::string header = GetParam().header(kAnna, kPublic);
  client.control().Send(header.substr(0, 3));
  client.control().Send(header.substr(3));
  client.control().Send("NOOP\r\n");
  while (!client.control().Receive().empty()) continue;
  EXPECT_TRUE(client.control().was_reset());
  EXPECT_EQ(Count(Counter::kProxySourcesRefused), 1);
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      HasSubstr(absl::StrCat(
          "connection from ", from.ToString(), " to ", ipv4().ToString(),
          " refused: it sent a PROXY header, and is not trusted to\n")));
}

TEST_F(ProxyTest, OptionalLaterCommandsMayLookLikeOne) {
  AddBackend();
  Trust(ProxyMode::kOptional, ProxyMode::kOff);
  Start();
  PlainClient client(ipv4(), kStranger);
  EXPECT_THAT(client.Command("NOOP"), StartsWith("200 "));
  EXPECT_THAT(client.Command("PROXY TCP4 1 2 3 4"), StartsWith("5"));
  EXPECT_THAT(client.Command("NOOP"), StartsWith("200 "));
}

TEST_F(ProxyTest, OffAHeaderIsNothingBetter) {
  AddBackend();
  Start();
  PlainClient client(ipv4(), {.from = kBalancer, .header = V1(kAnna, kPublic)});
  EXPECT_EQ(client.greeting(), "220 Pinnace ready.");
  EXPECT_EQ(OnlySession().client.ip, kBalancer);
}

TEST_F(ProxyTest, OfTooManyThatWaitTheOldestGoes) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kRequired);
  options_.workers = 1;
  ::testing::internal::CaptureStderr();
  Start();
  std::vector<BlockingSocket> waiting;
  for (size_t i = 0; i <= limits::kMaxProxyWaiting; ++i) {
    waiting.push_back(BlockingSocket::Connect(ipv4(), kBalancer));
    ASSERT_TRUE(waiting.back().is_open());
  }
  ExpectReset(waiting.front());
  // The others still have their time.
  waiting[1].Send(V2(kAnna, kPublic));
  EXPECT_EQ(waiting[1].ReceiveLine(), "220 Pinnace ready.");
  waiting.back().Send(V2(kBert, kPublic));
  EXPECT_EQ(waiting.back().ReceiveLine(), "220 Pinnace ready.");
  EXPECT_EQ(Count(Counter::kProxyWaitingFull), 1);
  // So many in TIME_WAIT would make the next binds slow.
  for (BlockingSocket& socket : waiting) socket.Reset();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(" refused: too many wait for their PROXY header\n"));
}

TEST_F(ProxyTest, ADrainIsToldBehindTheHeader) {
  AddBackend();
  Trust(ProxyMode::kRequired, ProxyMode::kOff);
  options_.workers = 1;
  Start();
  BlockingSocket early = BlockingSocket::Connect(ipv4(), kBalancer);
  early.Send("PROXY ");
  // The worker has it: what comes later is served behind it.
  EXPECT_EQ(Behind(kAnna).greeting(), "220 Pinnace ready.");
  gateway_->StartDrain();
  gateway_->Sessions();  // Asked behind it: every worker has heard.
  early.Send("TCP4 198.51.100.7 192.0.2.200 1 21\r\n");
  EXPECT_EQ(early.ReceiveLine(),
            "421 The gateway is going down, try again later.");
  PlainClient late(ipv4(), {.from = kBalancer, .header = V2(kAnna, kPublic)});
  EXPECT_EQ(late.greeting(), "421 The gateway is going down, try again later.");
}

}  // namespace
}  // namespace pinnace::integration
