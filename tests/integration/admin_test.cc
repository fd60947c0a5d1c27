// What operators see of real sessions: facts of transfers that run, timelines
// without a secret, events, histograms.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "httplib.h"
#include "proxy/admin/admin_server.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using gateway::Event;
using gateway::TimelineEntry;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "c4n4ry-Passw0rd";

class AdminTest : public GatewayTest {
 protected:
  session::SessionFacts OnlySession() {
    const std::vector<session::SessionFacts> sessions = gateway_->Sessions();
    EXPECT_EQ(sessions.size(), 1u);
    return sessions.empty() ? session::SessionFacts() : sessions[0];
  }
  // What `look` says once it satisfies; within ten seconds.
  template <typename Look, typename Satisfies>
  auto Await(Look look, Satisfies satisfies) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    auto seen = look();
    while (!satisfies(seen) && absl::Now() < deadline) {
      std::this_thread::yield();
      seen = look();
    }
    EXPECT_TRUE(satisfies(seen));
    return seen;
  }
  std::vector<std::string> Lines(SessionId id) {
    std::vector<std::string> lines;
    const auto entries = gateway_->TimelineOf(id, 0);
    if (!entries.has_value()) return lines;
    for (const TimelineEntry& entry : *entries) {
      constexpr const char* kMarks[] = {"C> ", "C< ", "B> ", "B< ", "! "};
      lines.push_back(kMarks[static_cast<size_t>(entry.kind)] + entry.text);
    }
    return lines;
  }
  int64_t Count(metrics::Counter counter) {
    return gateway_->Counters()[static_cast<size_t>(counter)];
  }
  metrics::HistogramValue Of(metrics::Histogram histogram) {
    return gateway_->Histograms()[static_cast<size_t>(histogram)];
  }
};

TEST_F(AdminTest, FactsOfARunningDownload) {
  constexpr int64_t kSize = 50'000'000;
  PlainBackend& backend = AddBackend();
  backend.SetFile("big", std::string(kSize, 'x'));
  farm_.pin_ttl = absl::Minutes(1);
  options_.session.public_address.default_address =
      ingress::PublicAddress("127.0.0.1");
  Start();
  PlainClient client(ipv4());
  BlockingSocket data = StartTransfer(client, "RETR big");
  const int64_t read = 1'000'000;
  EXPECT_EQ(data.ReceiveExactly(read).size(), static_cast<size_t>(read));
  // The backend may not have accepted yet when the first look comes.
  const session::SessionFacts facts =
      Await([&] { return OnlySession(); },
            [&](const session::SessionFacts& seen) {
              return seen.transfer.has_value() && seen.transfer->bytes >= read;
            });
  const session::TransferFacts& transfer = *facts.transfer;
  EXPECT_EQ(transfer.verb, "RETR");
  EXPECT_EQ(transfer.client_data, data.LocalAddress());
  EXPECT_EQ(transfer.client_local, data.PeerAddress());
  EXPECT_EQ(transfer.client_local.port, transfer.public_port);
  EXPECT_EQ(transfer.backend_data.ip, backend.address().ip);
  EXPECT_NE(transfer.backend_data.port, 0);
  EXPECT_EQ(transfer.backend_local.ip, kLoopback);
  EXPECT_NE(transfer.backend_local.port, 0);
  EXPECT_NE(transfer.backend_local, transfer.backend_data);
  EXPECT_GT(transfer.rate, 0);
  EXPECT_EQ(facts.public_address, kLoopback);
  EXPECT_EQ(facts.pin, "main/127.0.0.1");
  EXPECT_GE(facts.bytes_to_client, read);
  EXPECT_EQ(facts.bytes_to_backend, 0);
  // Those who sum it up hear of it while it runs.
  const fleet::BackendStatus& status =
      *gateway_->snapshot()->fleet.farms[0].backends[0].status;
  Await([&] { return status.bytes_to_clients.load(); },
        [&](int64_t bytes) { return bytes >= read; });
  EXPECT_GE(Count(metrics::Counter::kBytesToClients), read);
  EXPECT_EQ(data.ReceiveToEnd().size(), static_cast<size_t>(kSize - read));
  EXPECT_EQ(client.Reply(), "226 Done");
  const session::SessionFacts after = OnlySession();
  EXPECT_FALSE(after.transfer.has_value());
  EXPECT_EQ(after.bytes_to_client, kSize);
  EXPECT_EQ(status.bytes_to_clients.load(), kSize);
  EXPECT_EQ(Count(metrics::Counter::kBytesToClients), kSize);
  EXPECT_EQ(Of(metrics::Histogram::kLogin).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kBackendConnect).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kLeaseWait).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kFirstByte).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kTransferSeconds).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kTransferRate).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kTransferBytes).count(), 1);
  EXPECT_EQ(Of(metrics::Histogram::kTransferBytes).sum, kSize);
}

TEST_F(AdminTest, FactsOfARunningActiveUpload) {
  AddBackend();
  Start();
  PlainClient client(ipv4());
  client.Login();
  ASSERT_TRUE(client.OpenData(Mode::kPort));
  EXPECT_THAT(client.Command("STOR new"), ::testing::StartsWith("150"));
  BlockingSocket data = client.TakeData();
  EXPECT_TRUE(data.Send("0123456789"));
  const session::SessionFacts facts =
      Await([&] { return OnlySession(); },
            [](const session::SessionFacts& seen) {
              return seen.transfer.has_value() && seen.transfer->bytes == 10;
            });
  const session::TransferFacts& transfer = *facts.transfer;
  EXPECT_EQ(transfer.client_mode, "active");
  EXPECT_EQ(transfer.public_port, 0);
  EXPECT_EQ(transfer.client_data, data.LocalAddress());
  EXPECT_EQ(transfer.client_local, data.PeerAddress());
  EXPECT_NE(transfer.backend_local.port, 0);
  EXPECT_EQ(facts.bytes_to_backend, 10);
  data.ShutdownWrite();
  EXPECT_EQ(client.Reply(), "226 Stored");
  EXPECT_EQ(OnlySession().bytes_to_backend, 10);
}

TEST_F(AdminTest, ATimelineHasWhatWasSaidAndNoSecret) {
  AddBackend(kLoopback,
             {.answers = {{"PASS", absl::StrCat("530 Not ", kCanary)},
                          {"SITE", "200 Fine"}}});
  Start();
  PlainClient client(ipv4());
  const SessionId id = OnlySession().id;
  client.Command(absl::StrCat("PASS ", kCanary));
  client.Command(kCanary);
  client.Command("USER ann");
  for (const char c : absl::StrCat("pass ", kCanary, "\r\n")) {
    ASSERT_TRUE(client.control().Send(absl::string_view(&c, 1)));
  }
  EXPECT_EQ(client.Reply(), absl::StrCat("530 Not ", kCanary));
  client.Command(absl::StrCat("ACCT ", kCanary));
  client.Command(absl::StrCat("SITE PSWD x ", kCanary));
  client.Command(absl::StrCat("RETR ftp://ann:", kCanary, "@host/x"));
  const std::vector<std::string> lines = Lines(id);
  for (const std::string& line : lines)
    EXPECT_THAT(line, Not(HasSubstr(kCanary)));
  EXPECT_THAT(lines, Contains("C> PASS ****"));
  EXPECT_THAT(lines, Contains("C> pass ****"));
  EXPECT_THAT(lines, Contains("C> USER ann"));
  EXPECT_THAT(lines, Contains("B> USER ann"));
  EXPECT_THAT(lines, Contains("B> pass ****"));
  EXPECT_THAT(lines, Contains("B< 530 Not ****"));
  EXPECT_THAT(lines, Contains("C< 530 Not ****"));
  EXPECT_THAT(lines, Contains("C> ACCT ****"));
  EXPECT_THAT(lines, Contains("C> SITE PSWD ****"));
  EXPECT_THAT(lines, Contains("C> RETR ftp://ann:****@host/x"));
  EXPECT_THAT(lines, Contains("! login refused by backend b0"));
  // Each is there from where it is asked for.
  const auto rest = gateway_->TimelineOf(id, lines.size() - 1);
  ASSERT_TRUE(rest.has_value());
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->front().number, lines.size());
  EXPECT_EQ(gateway_->TimelineOf(id + 256, 0), std::nullopt);
  EXPECT_EQ(gateway_->FindSession(id)->id, id);
  EXPECT_FALSE(gateway_->FindSession(id + 256).has_value());
  EXPECT_FALSE(gateway_->FindSession(id + 99).has_value());  // no such worker
}

TEST_F(AdminTest, APathMayHoldASecret) {
  PlainBackend& backend = AddBackend();
  const std::string path = absl::StrCat("ftp://ann:", kCanary, "@host/big");
  backend.SetFile(path, std::string(20'000'000, 'x'));
  Start();
  testing::internal::CaptureStderr();
  {
    PlainClient client(ipv4());
    BlockingSocket data = StartTransfer(client, "RETR " + path);
    data.ReceiveExactly(1);
    const session::SessionFacts facts =
        Await([&] { return OnlySession(); },
              [](const session::SessionFacts& seen) {
                return seen.transfer.has_value() && seen.transfer->bytes > 0;
              });
    EXPECT_EQ(facts.transfer->path, "ftp://ann:****@host/big");
    data.ReceiveToEnd();
    EXPECT_EQ(client.Reply(), "226 Done");
    client.Command("NOOP");
  }
  for (const Event& event :
       gateway_->events().Read(0, 100, absl::ZeroDuration())) {
    if (!event.transfer.has_value()) continue;
    EXPECT_EQ(event.transfer->path, "ftp://ann:****@host/big");
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("transfer RETR \"ftp://ann:****@host/big\""));
  EXPECT_THAT(log, Not(HasSubstr(kCanary)));
}

TEST_F(AdminTest, WhatHappensIsAnEvent) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  Start();
  {
    PlainClient client(ipv4());
    client.Login();
    std::string content;
    EXPECT_EQ(client.Download(Mode::kPasv, "RETR file", &content), "226 Done");
    EXPECT_THAT(client.Command("QUIT"), ::testing::StartsWith("221"));
  }
  std::vector<Event> events;
  Await(
      [&] {
        events = gateway_->events().Read(0, 100, absl::ZeroDuration());
        return events.size();
      },
      [](size_t size) { return size >= 5; });
  ASSERT_EQ(events.size(), 5u);
  const std::vector<Event::Kind> kinds = {
      Event::Kind::kSessionStart, Event::Kind::kLogin,
      Event::Kind::kTransferStart, Event::Kind::kTransferEnd,
      Event::Kind::kSessionEnd};
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].kind, kinds[i]) << i;
    EXPECT_EQ(events[i].number, i + 1);
    EXPECT_EQ(events[i].session, events[0].session);
    EXPECT_EQ(events[i].client.ip, kLoopback);
    EXPECT_TRUE(events[i].ok) << i;
  }
  EXPECT_EQ(events[1].backend, "b0");
  EXPECT_EQ(events[1].farm, "main");
  EXPECT_EQ(events[2].transfer->path, "file");
  EXPECT_NE(events[2].transfer->public_port, 0);
  EXPECT_EQ(events[3].transfer->bytes, 7);
  EXPECT_EQ(events[4].text, "client_quit");
}

TEST_F(AdminTest, BansAndDrainsAreEvents) {
  AddBackend();
  Start();
  gateway_->guard().bans().Add({.client = *guard::ParseBanClient("203.0.113.9"),
                                .user = "",
                                .reason = "noise",
                                .origin = "operator",
                                .started = absl::Now(),
                                .expires = absl::Now() + absl::Hours(1)});
  const auto texts = [&] {
    std::vector<std::string> all;
    for (const Event& event :
         gateway_->events().Read(0, 100, absl::ZeroDuration())) {
      all.push_back(absl::StrCat(event.text, event.ok ? " ok" : ""));
    }
    return all;
  };
  const auto await = [&](const std::string& text) {
    Await(texts, [&](const std::vector<std::string>& all) {
      return std::find(all.begin(), all.end(), text) != all.end();
    });
  };
  await("203.0.113.9/32 banned: noise");
  EXPECT_TRUE(gateway_->guard().bans().Lift("203.0.113.9/32", absl::Now()));
  await("203.0.113.9/32 lifted ok");
  auto drained = std::make_shared<snapshot::Snapshot>(*gateway_->snapshot());
  drained->version = 2;
  drained->fleet.farms[0].backends[0].state = fleet::AdminState::kDraining;
  gateway_->Publish(drained);
  await("drained");
  auto resumed = std::make_shared<snapshot::Snapshot>(*drained);
  resumed->version = 3;
  resumed->fleet.farms[0].backends[0].state = fleet::AdminState::kUp;
  gateway_->Publish(resumed);
  await("resumed ok");
  gateway_->StartDrain();
  await("the gateway drains");
}

TEST_F(AdminTest, BackendsThatFailAreEvents) {
  // Nobody listens there.
  AddAddress(BlockingSocket::Listen({kLoopback, 0}).LocalAddress());
  AddBackend();
  farm_.outlier_ejection.connect_failures = 1;
  farm_.outlier_ejection.most_percent = 100;
  Start();
  for (int i = 0; i < 2; ++i) {
    PlainClient client(ipv4());
    EXPECT_EQ(client.Login(), "230 Welcome");
  }
  const auto health = [&] {
    std::vector<Event> found;
    for (Event& event : gateway_->events().Read(0, 100, absl::ZeroDuration())) {
      if (event.kind == Event::Kind::kBackendHealth) {
        found.push_back(std::move(event));
      }
    }
    return found;
  };
  const std::vector<Event> events = Await(
      health, [](const std::vector<Event>& found) { return !found.empty(); });
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].backend, "b0");
  EXPECT_FALSE(events[0].ok);
  EXPECT_THAT(events[0].text, HasSubstr("left out for "));
}

TEST_F(AdminTest, WhatProbesFindIsAnEvent) {
  AddAddress(BlockingSocket::Listen({kLoopback, 0}).LocalAddress());
  farm_.health_check.kind = fleet::ProbeKind::kConnect;
  farm_.health_check.fall = 1;
  options_.probe_interval = absl::Seconds(1);
  Start();
  const std::vector<Event> events = Await(
      [&] { return gateway_->events().Read(0, 100, absl::ZeroDuration()); },
      [](const std::vector<Event>& found) { return !found.empty(); });
  EXPECT_EQ(events[0].kind, Event::Kind::kBackendHealth);
  EXPECT_EQ(events[0].farm, "main");
  EXPECT_EQ(events[0].backend, "b0");
  EXPECT_FALSE(events[0].ok);
  EXPECT_THAT(events[0].text, HasSubstr("refused"));
}

TEST_F(AdminTest, OverHttp) {
  AddBackend();
  Start();
  auto server = admin::AdminServer::Start({kLoopback, 0}, *gateway_, {});
  ASSERT_TRUE(server.ok()) << server.status();
  httplib::Client http("127.0.0.1", (*server)->address().port);
  PlainClient client(ipv4());
  client.Login();
  const std::string id = absl::StrCat(OnlySession().id);
  EXPECT_THAT(http.Get("/api/v1/sessions?order_by=bytes%20desc&limit=1")->body,
              HasSubstr(absl::StrCat("\"id\":\"", id, "\"")));
  EXPECT_THAT(http.Get(("/api/v1/sessions/" + id).c_str())->body,
              HasSubstr("\"phase\":\"ready\""));
  EXPECT_THAT(http.Get(("/api/v1/sessions/" + id + "/timeline").c_str())->body,
              HasSubstr("\"text\":\"PASS ****\""));
  EXPECT_EQ(http.Delete(("/api/v1/sessions/" + id).c_str())->status, 200);
  EXPECT_THAT(client.Reply(), ::testing::StartsWith("421"));
}

}  // namespace
}  // namespace pinnace::integration
