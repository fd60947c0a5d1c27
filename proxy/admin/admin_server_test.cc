#include "proxy/admin/admin_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "httplib.h"
#include "proxy/admin/testing_gateway.h"
#include "proxy/base/limits.h"

namespace pinnace::admin {
namespace {

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
  EXPECT_EQ(Show(http_->Post("/api/v1/sessions/257")),
            "405 {\"error\":\"only DELETE, GET here, not POST\"}\n");
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

TEST_F(AdminServerTest, ABodyIsNoParameter) {
  Start();
  const std::string body = R"({"client": "203.0.113.9"})";
  const httplib::Result made =
      http_->Post("/api/v1/bans", body, "application/x-www-form-urlencoded");
  EXPECT_EQ(made->status, 200) << made->body;
  EXPECT_NE(Get("/api/v1/bans").find("203.0.113.9/32"), std::string::npos);
  EXPECT_EQ(Show(http_->Post("/api/v1/bans?x=1", body, "application/json")),
            "400 {\"error\":\"x: no such parameter here\"}\n");
  EXPECT_EQ(Get("/api/v1/sessions?order_by=bytes%20desc&limit=1").substr(0, 3),
            "200");
}

TEST_F(AdminServerTest, APostWithoutABodyNeedsNoLength) {
  Start();
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage storage;
  const socklen_t length = server_->address().ToSockaddr(&storage);
  ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&storage), length), 0);
  const absl::string_view request =
      "POST /api/v1/drain HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  ASSERT_EQ(send(fd, request.data(), request.size(), 0),
            static_cast<ssize_t>(request.size()));
  std::string answer(1024, '\0');
  // At once: the library would give up after five seconds.
  const timeval patience = {.tv_sec = 4, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  answer.resize(static_cast<size_t>(
      std::max<ssize_t>(recv(fd, answer.data(), 1024, 0), 0)));
  close(fd);
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_TRUE(gateway_.draining());
}

TEST_F(AdminServerTest, AsksForTheToken) {
  Start({.token = "secret"});
  const httplib::Result refused = http_->Get("/metrics");
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->get_header_value("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(
      http_->Get("/metrics", {{"Authorization", "Bearer secreT"}})->status,
      401);
  EXPECT_EQ(
      http_->Get("/metrics", {{"Authorization", "Bearer secret"}})->status,
      200);
  EXPECT_EQ(http_->Get("/metrics", {{"Authorization", "Bearer secret"}})
                ->get_header_value("Cache-Control"),
            "no-store");
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
            "admin.token_file or admin.tokens");
}

// A reader of /api/v1/events, on a thread of its own.
class Reader {
 public:
  Reader(int port, std::string path, httplib::Headers headers = {})
      : thread_(
            [this, port, path = std::move(path), headers = std::move(headers)] {
              httplib::Client http("127.0.0.1", port);
              http.set_read_timeout(60, 0);
              http.Get(
                  path.c_str(), headers,
                  [this](const httplib::Response& response) {
                    const std::lock_guard<std::mutex> lock(mutex_);
                    status_ = response.status;
                    type_ = response.get_header_value("Content-Type");
                    changed_.notify_all();
                    return response.status == 200;
                  },
                  [this](const char* data, size_t size) {
                    const std::lock_guard<std::mutex> lock(mutex_);
                    text_.append(data, size);
                    changed_.notify_all();
                    return !gone_;
                  });
              const std::lock_guard<std::mutex> lock(mutex_);
              ended_ = true;
              changed_.notify_all();
            }) {}
  ~Reader() { thread_.join(); }

  // What has come when `part` is in it; within ten seconds.
  std::string Await(const std::string& part) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return ended_ || text_.find(part) != std::string::npos;
    });
    return text_;
  }
  int AwaitStatus() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10),
                      [&] { return ended_ || status_ != 0; });
    return status_;
  }
  bool AwaitEnd() {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return ended_; });
  }
  std::string type() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return type_;
  }
  // Ends with the next bytes that come.
  void Leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    gone_ = true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  std::string type_;
  int status_ = 0;
  bool ended_ = false;
  bool gone_ = false;
  std::thread thread_;
};

TEST_F(AdminServerTest, StreamsEvents) {
  Start();
  gateway_.AddEvent("before");
  {
    Reader reader(server_->address().port, "/api/v1/events");
    EXPECT_EQ(reader.AwaitStatus(), 200);
    EXPECT_EQ(reader.type(), "text/event-stream");
    EXPECT_EQ(reader.Await(": events\n\n"), ": events\n\n");
    gateway_.AddEvent("now");
    const std::string text = reader.Await("now");
    EXPECT_EQ(text.find("before"), std::string::npos) << text;
    EXPECT_NE(text.find("id: 2\nevent: ban\ndata: {\"number\":\"2\""),
              std::string::npos)
        << text;
    reader.Leave();
    gateway_.AddEvent("last");
    EXPECT_TRUE(reader.AwaitEnd());
  }
  // What was missed, by the header and by the parameter.
  Reader by_header(server_->address().port, "/api/v1/events",
                   {{"Last-Event-ID", "1"}});
  Reader by_parameter(server_->address().port, "/api/v1/events?after=1");
  for (Reader* reader : {&by_header, &by_parameter}) {
    const std::string text = reader->Await("last");
    EXPECT_EQ(text.find("before"), std::string::npos) << text;
    EXPECT_NE(text.find("now"), std::string::npos) << text;
  }
  server_ = nullptr;  // Ends them at once.
  EXPECT_TRUE(by_header.AwaitEnd());
  EXPECT_TRUE(by_parameter.AwaitEnd());
}

TEST_F(AdminServerTest, WhoComesTooLateIsToldOfTheGap) {
  Start();
  for (size_t i = 0; i < limits::kMaxEvents + 5; ++i) gateway_.AddEvent("x");
  Reader reader(server_->address().port, "/api/v1/events?after=2");
  const std::string text = reader.Await("id: 6\n");
  EXPECT_NE(text.find("id: 5\nevent: gap\n"), std::string::npos)
      << text.substr(0, 500);
  EXPECT_LT(text.find("event: gap"), text.find("id: 6\n"));
  server_ = nullptr;
}

TEST_F(AdminServerTest, StreamsAreBoundedAndLeaveRoomForOthers) {
  Start();
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < limits::kMaxEventStreams; ++i) {
    readers.push_back(
        std::make_unique<Reader>(server_->address().port, "/api/v1/events"));
    EXPECT_EQ(readers.back()->AwaitStatus(), 200) << i;
  }
  EXPECT_EQ(Get("/api/v1/events"),
            "503 {\"error\":\"there are 16 readers of events already\"}\n");
  EXPECT_EQ(Get("/healthz"), "200 ok\n");
  const std::string metrics = Get("/metrics");
  EXPECT_NE(metrics.find("pinnace_event_streams 16\n"), std::string::npos);
  EXPECT_NE(metrics.find("pinnace_event_streams_refused_total 1\n"),
            std::string::npos);
  server_ = nullptr;
  for (const auto& reader : readers) EXPECT_TRUE(reader->AwaitEnd());
}

}  // namespace
}  // namespace pinnace::admin
