#include "proxy/admin/admin_server.h"

#include "gtest/gtest.h"
#include "httplib.h"

namespace pinnace::admin {
namespace {

// A gateway of one farm with one backend, one session and one pin.
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
    snapshot_ = snapshot;
  }

  snapshot::SnapshotPtr snapshot() const override { return snapshot_; }
  std::vector<session::SessionFacts> Sessions() override {
    session::SessionFacts facts;
    facts.id = 257;
    facts.user = "ann";
    facts.client = *Address::Parse("203.0.113.7:4000");
    return {facts};
  }
  bool KillSession(SessionId id) override { return id == 257; }
  std::vector<fleet::PinTable::Pin> Pins() override {
    return {{"main", *IpAddress::Parse("203.0.113.7"), "", "a",
             absl::FromUnixSeconds(1000)}};
  }
  gateway::PinFacts PinCounts() override {
    return {.pins = 1, .evictions_total = 0};
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
  void StartDrain() override { draining_ = true; }
  bool draining() const override { return draining_; }

  std::shared_ptr<fleet::BackendStatus> status;

 private:
  guard::Guard guard_{{.gateway = "gw"}};
  snapshot::SnapshotPtr snapshot_;
  std::atomic<bool> draining_{false};
};

class AdminServerTest : public testing::Test {
 protected:
  void Start(Routes::Options options = {}) {
    auto server = AdminServer::Start(*Address::Parse("127.0.0.1:0"), gateway_,
                                     std::move(options));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    http_ =
        std::make_unique<httplib::Client>("127.0.0.1", server_->address().port);
  }

  // "STATUS BODY"
  static std::string Show(const httplib::Result& result) {
    return result ? std::to_string(result->status) + " " + result->body
                  : "no answer";
  }
  std::string Get(const std::string& path) { return Show(http_->Get(path)); }

  FakeGateway gateway_;
  std::unique_ptr<AdminServer> server_;
  std::unique_ptr<httplib::Client> http_;
};

TEST_F(AdminServerTest, ProbesFollowTheGateway) {
  Start();
  EXPECT_EQ(Get("/healthz"), "200 ok\n");
  EXPECT_EQ(Get("/readyz"), "200 ready\n");
  gateway_.status->SetHealth(fleet::Health::kUnhealthy, absl::UnixEpoch());
  EXPECT_EQ(Get("/readyz"), "503 not ready: no usable backend\n");
  gateway_.status->SetHealth(fleet::Health::kHealthy, absl::UnixEpoch());
  EXPECT_EQ(Show(http_->Post("/api/v1/drain")), "200 {}\n");
  EXPECT_EQ(Get("/readyz"), "503 not ready: draining\n");
  EXPECT_EQ(Get("/healthz"), "200 ok\n");
}

TEST_F(AdminServerTest, ShowsMetrics) {
  Start({.program_version = "1.2"});
  const std::string text = Get("/metrics");
  for (const char* line : {
           "pinnace_build_info{version=\"1.2\"} 1\n",
           "pinnace_ready 1\n",
           "pinnace_sessions 1\n",
           "pinnace_public_ports 2\n",
           "pinnace_leases_pending 1\n",
           "pinnace_snapshot_version 7\n",
           "pinnace_backend_sessions{farm=\"main\",backend=\"a\"} 3\n",
           "pinnace_backend_healthy{farm=\"main\",backend=\"a\"} -1\n",
           "pinnace_logins_total 5\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST_F(AdminServerTest, ListsInCanonicalJson) {
  Start();
  EXPECT_NE(Get("/api/v1/sessions").find("\"id\":\"257\",\"user\":\"ann\""),
            std::string::npos)
      << Get("/api/v1/sessions");
  EXPECT_NE(Get("/api/v1/backends").find("\"id\":\"a\""), std::string::npos);
  EXPECT_NE(Get("/api/v1/farms").find("\"name\":\"main\""), std::string::npos);
  EXPECT_NE(Get("/api/v1/pins").find("\"key\":\"main/203.0.113.7\""),
            std::string::npos);
  EXPECT_NE(Get("/api/v1/ports").find("{\"port\":50000,\"pending\":\"1\"}"),
            std::string::npos);
  EXPECT_EQ(Get("/api/v1/config").substr(0, 5), "200 {");
  EXPECT_NE(Get("/api").find("/api/v1/sessions"), std::string::npos);
}

TEST_F(AdminServerTest, EndsSessionsAndPins) {
  Start();
  EXPECT_EQ(Show(http_->Delete("/api/v1/sessions/257")), "200 {}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/sessions/9")),
            "404 {\"error\":\"no session 9\"}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/sessions/x")),
            "400 {\"error\":\"not a session id: x\"}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/pins/main/203.0.113.7")), "200 {}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/pins/main%2F203.0.113.7")), "200 {}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/pins/main/1.1.1.1")),
            "404 {\"error\":\"no pin main/1.1.1.1\"}\n");
}

TEST_F(AdminServerTest, ListsAndLiftsBans) {
  Start();
  EXPECT_EQ(Get("/api/v1/bans"), "200 {\"bans\":[]}\n");
  for (const char* client : {"203.0.113.9", "10.0.0.0/8"}) {
    gateway_.guard().bans().Add({.client = *guard::ParseBanClient(client),
                                 .user = "",
                                 .reason = "3 failed logins",
                                 .origin = "gw",
                                 .started = absl::Now(),
                                 .expires = absl::Now() + absl::Hours(1)});
  }
  const std::string bans = Get("/api/v1/bans");
  EXPECT_LT(bans.find("\"key\":\"10.0.0.0/8\""),
            bans.find("\"key\":\"203.0.113.9/32\""));
  EXPECT_NE(bans.find("\"reason\":\"3 failed logins\""), std::string::npos);
  EXPECT_NE(Get("/metrics").find("pinnace_bans 2\n"), std::string::npos);
  EXPECT_EQ(Show(http_->Delete("/api/v1/bans/203.0.113.9")), "200 {}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/bans/10.0.0.0/8")), "200 {}\n");
  EXPECT_EQ(Show(http_->Delete("/api/v1/bans/10.0.0.0/8")),
            "404 {\"error\":\"no ban 10.0.0.0/8\"}\n");
  EXPECT_EQ(Get("/api/v1/bans"), "200 {\"bans\":[]}\n");
}

TEST_F(AdminServerTest, OtherPathsAndMethodsAreJsonErrors) {
  Start();
  EXPECT_EQ(Get("/api/v2"), "404 {\"error\":\"no such path: /api/v2\"}\n");
  EXPECT_EQ(Get("/api/v1/sessions/257"),
            "405 {\"error\":\"only DELETE here, not GET\"}\n");
  const httplib::Result result = http_->Get("/api/v1/drain");
  EXPECT_EQ(Show(result), "405 {\"error\":\"only POST here, not GET\"}\n");
  EXPECT_EQ(result->get_header_value("Allow"), "POST");
  EXPECT_EQ(http_->Head("/healthz")->status, 200);
}

TEST_F(AdminServerTest, RefusesAnotherSitesPage) {
  Start();
  EXPECT_EQ(http_
                ->Post("/api/v1/drain",
                       httplib::Headers{{"Origin", "http://evil.example"}})
                ->status,
            403);
  EXPECT_FALSE(gateway_.draining());
}

TEST_F(AdminServerTest, AsksForTheToken) {
  Start({.token = "secret"});
  EXPECT_EQ(http_->Get("/metrics")->status, 401);
  EXPECT_EQ(
      http_->Get("/metrics", {{"Authorization", "Bearer secreT"}})->status,
      401);
  EXPECT_EQ(
      http_->Get("/metrics", {{"Authorization", "Bearer secret"}})->status,
      200);
  EXPECT_EQ(http_->Get("/healthz")->status, 200);
}

TEST_F(AdminServerTest, StartUpErrorsNameTheAddress) {
  Start();
  EXPECT_EQ(
      AdminServer::Start(server_->address(), gateway_, {}).status().message(),
      "admin.listen: " + server_->address().ToString() +
          " is in use, or not an address of this machine");
  EXPECT_EQ(AdminServer::Start(*Address::Parse("0.0.0.0:0"), gateway_, {})
                .status()
                .message(),
            "admin.listen: 0.0.0.0:0 is not a loopback address: it needs "
            "admin.token_file");
}

}  // namespace
}  // namespace pinnace::admin
