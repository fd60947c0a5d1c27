#include "proxy/admin/routes.h"

#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "proxy/admin/json.h"
#include "proxy/admin/reference.h"
#include "proxy/admin/testing_gateway.h"
#include "proxy/base/log.h"

namespace pinnace::admin {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using testing::HasSubstr;
using testing::StartsWith;

session::SessionFacts Facts(SessionId id, const std::string& user,
                            const std::string& client) {
  session::SessionFacts facts;
  facts.id = id;
  facts.user = user;
  facts.client = *Address::Parse(client);
  facts.farm = "main";
  facts.backend = "a";
  facts.phase = "ready";
  return facts;
}

// A transfer that runs.
session::TransferFacts Moving(int64_t bytes, int64_t rate) {
  session::TransferFacts facts;
  facts.verb = "RETR";
  facts.path = "/big";
  facts.bytes = bytes;
  facts.rate = rate;
  facts.started = absl::FromUnixSeconds(1000 - bytes);
  return facts;
}

class RoutesTest : public testing::Test {
 protected:
  void Start(Routes::Options options = {}) {
    options.about.set_name("gw");
    routes_ = std::make_unique<Routes>(gateway_, std::move(options));
  }
  Response Ask(const std::string& method, const std::string& target,
               const std::string& body = "", const std::string& token = "") {
    if (routes_ == nullptr) Start();
    const std::vector<std::string> parts = absl::StrSplit(target, '?');
    Request request{.method = method, .path = parts[0], .host = "127.0.0.1:1"};
    if (parts.size() > 1) {
      for (const auto& pair : absl::StrSplit(parts[1], '&')) {
        const std::pair<std::string, std::string> one =
            absl::StrSplit(pair, absl::MaxSplits('=', 1));
        request.query.insert(one);
      }
    }
    request.body = body;
    if (!token.empty()) {
      request.authorization = absl::StrCat("Bearer ", token);
    }
    return routes_->Respond(request);
  }
  // "STATUS BODY", without the line's end.
  std::string Show(const Response& response) {
    return absl::StrCat(response.status, " ",
                        absl::StripSuffix(response.body, "\n"));
  }
  std::string Get(const std::string& target) {
    return Show(Ask("GET", target));
  }
  Struct Json(const std::string& target) {
    const Response response = Ask("GET", target);
    EXPECT_EQ(response.status, 200) << response.body;
    Struct value;
    const auto status =
        google::protobuf::util::JsonStringToMessage(response.body, &value);
    EXPECT_TRUE(status.ok()) << response.body;
    return value;
  }
  // The ids of a list of sessions, and the total.
  std::string Ids(const std::string& query) {
    const Struct list = Json(absl::StrCat("/api/v1/sessions", query));
    std::vector<std::string> ids;
    for (const Value& one :
         list.fields().at("sessions").list_value().values()) {
      ids.push_back(one.struct_value().fields().at("id").string_value());
    }
    return absl::StrCat(absl::StrJoin(ids, " "), " of ",
                        list.fields().at("total").string_value());
  }
  std::string Transfers(const std::string& query) {
    const Struct list = Json(absl::StrCat("/api/v1/transfers", query));
    std::vector<std::string> ids;
    for (const Value& one :
         list.fields().at("transfers").list_value().values()) {
      ids.push_back(one.struct_value().fields().at("session").string_value());
    }
    return absl::StrCat(absl::StrJoin(ids, " "), " of ",
                        list.fields().at("total").string_value());
  }
  void AddSessions() {
    gateway_.sessions = {Facts(256, "ann", "203.0.113.7:4000"),
                         Facts(512, "bob", "203.0.113.8:4001"),
                         Facts(768, "cyd", "198.51.100.9:4002"),
                         Facts(1024, "ann", "[2001:db8::1]:4003")};
    gateway_.sessions[1].backend = "b";
    gateway_.sessions[1].phase = "transfer";
    gateway_.sessions[1].transfer = Moving(100, 7);
    gateway_.sessions[1].bytes_to_client = 100;
    gateway_.sessions[1].commands = 9;
    gateway_.sessions[2].farm = "archive";
    gateway_.sessions[2].phase = "transfer";
    gateway_.sessions[2].transfer = Moving(50, 8);
    gateway_.sessions[2].bytes_to_backend = 500;
    gateway_.sessions[2].started = absl::FromUnixSeconds(-5);
  }

  FakeGateway gateway_;
  std::unique_ptr<Routes> routes_;
};

TEST_F(RoutesTest, FiltersSessions) {
  AddSessions();
  EXPECT_EQ(Ids(""), "256 512 768 1024 of 4");
  EXPECT_EQ(Ids("?user=ann"), "256 1024 of 2");
  EXPECT_EQ(Ids("?user=an"), " of 0");
  EXPECT_EQ(Ids("?client=203.0.113.7"), "256 of 1");
  EXPECT_EQ(Ids("?client=203.0.113.0/24"), "256 512 of 2");
  EXPECT_EQ(Ids("?client=2001:db8::/32"), "1024 of 1");
  EXPECT_EQ(Ids("?backend=b"), "512 of 1");
  EXPECT_EQ(Ids("?farm=archive"), "768 of 1");
  EXPECT_EQ(Ids("?phase=transfer"), "512 768 of 2");
  EXPECT_EQ(Ids("?phase=transfer&farm=main"), "512 of 1");
  EXPECT_EQ(Ids("?q=AN"), "256 1024 of 2");
  EXPECT_EQ(Ids("?q=100.9"), "768 of 1");
  EXPECT_EQ(Ids("?q=archive"), "768 of 1");
  EXPECT_EQ(Ids("?q=1024"), "1024 of 1");
}

TEST_F(RoutesTest, SortsAndPagesSessions) {
  AddSessions();
  EXPECT_EQ(Ids("?order_by=id desc"), "1024 768 512 256 of 4");
  EXPECT_EQ(Ids("?order_by=user"), "256 1024 512 768 of 4");
  EXPECT_EQ(Ids("?order_by=user desc"), "768 512 256 1024 of 4");
  EXPECT_EQ(Ids("?order_by=client"), "768 256 512 1024 of 4");
  EXPECT_EQ(Ids("?order_by=backend desc"), "512 256 768 1024 of 4");
  EXPECT_EQ(Ids("?order_by=farm"), "768 256 512 1024 of 4");
  EXPECT_EQ(Ids("?order_by=phase desc"), "512 768 256 1024 of 4");
  EXPECT_EQ(Ids("?order_by=started"), "768 256 512 1024 of 4");
  EXPECT_EQ(Ids("?order_by=commands desc"), "512 256 768 1024 of 4");
  EXPECT_EQ(Ids("?order_by=bytes desc"), "768 512 256 1024 of 4");
  EXPECT_EQ(Ids("?order_by=last_command&limit=2"), "256 512 of 4");
  EXPECT_EQ(Ids("?order_by=transfers&limit=2&offset=3"), "1024 of 4");
  EXPECT_EQ(Ids("?limit=1&offset=1"), "512 of 4");
  EXPECT_EQ(Ids("?offset=9"), " of 4");
}

TEST_F(RoutesTest, ListsTransfers) {
  AddSessions();
  EXPECT_EQ(Transfers(""), "512 768 of 2");
  EXPECT_EQ(Transfers("?order_by=bytes"), "768 512 of 2");
  EXPECT_EQ(Transfers("?order_by=rate desc"), "768 512 of 2");
  EXPECT_EQ(Transfers("?order_by=started"), "512 768 of 2");
  EXPECT_EQ(Transfers("?limit=1"), "512 of 2");
  EXPECT_EQ(Transfers("?user=bob"), "512 of 1");
  EXPECT_THAT(Get("/api/v1/transfers"),
              HasSubstr("\"gateway\":\"gw\",\"session\":\"512\",\"user\":"
                        "\"bob\",\"client\":\"203.0.113.8:4001\""));
}

TEST_F(RoutesTest, AWrongParameterIsNamed) {
  for (const auto& [target, words] :
       std::vector<std::pair<std::string, std::string>>{
           {"/api/v1/sessions?limit=0",
            "limit: must be a number from 1 to 1000, not \\\"0\\\""},
           {"/api/v1/sessions?limit=1001",
            "limit: must be a number from 1 to 1000, not \\\"1001\\\""},
           {"/api/v1/sessions?limit=-1",
            "limit: must be a number from 1 to 1000, not \\\"-1\\\""},
           {"/api/v1/sessions?offset=x",
            "offset: must be a number from 0 to 2147483647, not \\\"x\\\""},
           {"/api/v1/sessions?client=x",
            "client: must be an IP address, or a network like 10.0.0.0/8 "
            "without host bits, not \\\"x\\\""},
           {"/api/v1/sessions?client=10.0.0.1/8",
            "client: must be an IP address, or a network like 10.0.0.0/8 "
            "without host bits, not \\\"10.0.0.1/8\\\""},
           {"/api/v1/sessions?order_by=size",
            "order_by: must be one of id, user, client, backend, farm, phase, "
            "started, last_command, commands, transfers, bytes, with "
            "\\\" desc\\\" behind it or not, not \\\"size\\\""},
           {"/api/v1/sessions?usr=ann", "usr: no such parameter here"},
           {"/api/v1/sessions?user=ann&user=bob", "user: given more than once"},
           {"/api/v1/transfers?order_by=user",
            "order_by: must be one of session, bytes, rate, started, with "
            "\\\" desc\\\" behind it or not, not \\\"user\\\""},
           {"/api/v1/transfers?limit=x",
            "limit: must be a number from 1 to 1000, not \\\"x\\\""},
           {"/api/v1/pins?limit=0",
            "limit: must be a number from 1 to 1000, not \\\"0\\\""},
           {"/api/v1/pins?farm=main", "farm: no such parameter here"},
           {"/api/v1/sessions/257/timeline?after=x",
            "after: must be a number from 0 to 18446744073709551615, not "
            "\\\"x\\\""},
           {"/api/v1/events?after=-1",
            "after: must be a number from 0 to 18446744073709551615, not "
            "\\\"-1\\\""},
           {"/api/v1/sessions/x", "not a session id: x"},
           {"/api/v1/sessions/x/timeline", "not a session id: x"},
           {"/healthz?x=1", "x: no such parameter here"},
       }) {
    EXPECT_EQ(Get(target), absl::StrCat("400 {\"error\":\"", words, "\"}"));
  }
}

TEST_F(RoutesTest, ShowsOneSessionAndItsTimeline) {
  EXPECT_THAT(Get("/api/v1/sessions/257"),
              StartsWith("200 {\"gateway\":\"gw\",\"id\":\"257\",\"user\":"
                         "\"ann\""));
  EXPECT_EQ(Get("/api/v1/sessions/9"), "404 {\"error\":\"no session 9\"}");
  EXPECT_THAT(Get("/api/v1/sessions/257/timeline"),
              HasSubstr("\"kind\":\"KIND_COMMAND\",\"text\":\"USER ann\""));
  EXPECT_EQ(Get("/api/v1/sessions/257/timeline?after=1"),
            "200 {\"entries\":[{\"number\":\"2\",\"kind\":\"KIND_COMMAND\","
            "\"text\":\"PASS ****\",\"time\":\"1970-01-01T00:16:40Z\"}]}");
  EXPECT_EQ(Get("/api/v1/sessions/9/timeline"),
            "404 {\"error\":\"no session 9\"}");
}

TEST_F(RoutesTest, ListsPinsByKey) {
  EXPECT_LT(Get("/api/v1/pins").find("203.0.113.5"),
            Get("/api/v1/pins").find("203.0.113.7"));
  EXPECT_EQ(Get("/api/v1/pins?q=.7").find("203.0.113.5"), std::string::npos);
  EXPECT_THAT(Get("/api/v1/pins?limit=1&offset=1"), HasSubstr("203.0.113.7"));
  EXPECT_EQ(Get("/api/v1/pins?offset=2"),
            "200 {\"pins\":[],\"silentGateways\":[]}");
}

TEST_F(RoutesTest, AddsBans) {
  const Response made = Ask("POST", "/api/v1/bans",
                            R"({"client": "203.0.113.9", "duration": "60s",
                                "reason": "noise"})");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body, HasSubstr("\"key\":\"203.0.113.9/32\""));
  EXPECT_THAT(made.body, HasSubstr("\"origin\":\"operator\""));
  EXPECT_THAT(Get("/api/v1/bans"), HasSubstr("\"reason\":\"noise\""));
  EXPECT_THAT(Show(Ask("POST", "/api/v1/bans", "{")),
              StartsWith("400 {\"error\":\"body: not the JSON of a "
                         "AddBanRequest: "));
  EXPECT_THAT(Show(Ask("POST", "/api/v1/bans", R"({"clients": "x"})")),
              StartsWith("400 {\"error\":\"body: not the JSON of a "
                         "AddBanRequest: "));
  EXPECT_EQ(Show(Ask("POST", "/api/v1/bans", R"({})")),
            "400 {\"error\":\"client: must be set\"}");
  EXPECT_THAT(Show(Ask("POST", "/api/v1/bans", R"({"client": "x"})")),
              StartsWith("400 {\"error\":\"client: must be an IP address"));
  EXPECT_THAT(Show(Ask("POST", "/api/v1/bans",
                       R"({"client": "1.2.3.4", "duration": "0s"})")),
              StartsWith("400 {\"error\":\"duration: "));
}

TEST_F(RoutesTest, SetsTheLogLevel) {
  EXPECT_THAT(Get("/api/v1/status"), HasSubstr("\"logLevel\":\"info\""));
  EXPECT_EQ(Show(Ask("PUT", "/api/v1/log-level", R"({"level": "error"})")),
            "200 {}");
  EXPECT_THAT(Get("/api/v1/status"), HasSubstr("\"logLevel\":\"error\""));
  EXPECT_EQ(Show(Ask("PUT", "/api/v1/log-level", R"({"level": "loud"})")),
            "400 {\"error\":\"level: must be debug, info, warning or error, "
            "not \\\"loud\\\"\"}");
  EXPECT_EQ(Show(Ask("PUT", "/api/v1/log-level", R"({"level": "info"})")),
            "200 {}");
}

TEST_F(RoutesTest, DrainsAndResumesBackends) {
  EXPECT_EQ(Show(Ask("POST", "/api/v1/backends/a:drain")),
            "409 {\"error\":\"this gateway cannot drain or resume backends\"}");
  std::string asked;
  absl::Status status;
  Start({.set_backend_state = [&](const std::string& id, BackendState state,
                                  const std::string& caller) {
    asked = absl::StrCat(
        id, state == BackendState::kDrained ? " drained by " : " resumed by ",
        caller);
    return status;
  }});
  EXPECT_EQ(Show(Ask("POST", "/api/v1/backends/a:drain")), "200 {}");
  EXPECT_EQ(asked, "a drained by admin");
  EXPECT_EQ(Show(Ask("POST", "/api/v1/backends/a:resume")), "200 {}");
  EXPECT_EQ(asked, "a resumed by admin");
  EXPECT_EQ(Show(Ask("POST", "/api/v1/backends/x:drain")),
            "404 {\"error\":\"no backend x\"}");
  EXPECT_EQ(Show(Ask("POST", "/api/v1/backends/a:stop")),
            "404 {\"error\":\"no such path: /api/v1/backends/a:stop\"}");
  for (const auto& [code, http] : std::vector<std::pair<absl::StatusCode, int>>{
           {absl::StatusCode::kPermissionDenied, 403},
           {absl::StatusCode::kUnauthenticated, 403},
           {absl::StatusCode::kNotFound, 404},
           {absl::StatusCode::kFailedPrecondition, 409},
           {absl::StatusCode::kUnavailable, 503},
           {absl::StatusCode::kInternal, 500}}) {
    status = absl::Status(code, "words");
    EXPECT_EQ(Show(Ask("POST", "/api/v1/backends/a:drain")),
              absl::StrCat(http, " {\"error\":\"words\"}"));
  }
}

TEST_F(RoutesTest, ShowsStatusAndStats) {
  v1::GatewayStatus::ControlPlane control_plane;
  control_plane.set_address("cp:9021");
  control_plane.set_connected(true);
  Routes::Options options;
  options.program_version = "1.2";
  options.about.add_listeners("0.0.0.0:2121");
  options.control_plane = [&] { return control_plane; };
  Start(std::move(options));
  const Struct status = Json("/api/v1/status");
  EXPECT_EQ(status.fields().at("name").string_value(), "gw");
  EXPECT_EQ(status.fields().at("programVersion").string_value(), "1.2");
  EXPECT_TRUE(status.fields().at("ready").bool_value());
  EXPECT_EQ(status.fields().at("snapshotVersion").string_value(), "7");
  EXPECT_THAT(Get("/api/v1/status"),
              HasSubstr("\"controlPlane\":{\"address\":\"cp:9021\","
                        "\"connected\":true"));
  const Struct stats = Json("/api/v1/stats");
  EXPECT_EQ(stats.fields()
                .at("counters")
                .struct_value()
                .fields()
                .at("logins_total")
                .string_value(),
            "5");
  EXPECT_EQ(stats.fields()
                .at("gauges")
                .struct_value()
                .fields()
                .at("sessions")
                .string_value(),
            "1");
  EXPECT_THAT(Get("/api/v1/stats"),
              HasSubstr("\"counts\":[\"2\",\"0\",\"0\",\"1\",\"0\""));
  EXPECT_THAT(Get("/metrics"),
              HasSubstr("# TYPE pinnace_login_seconds histogram\n"
                        "pinnace_login_seconds_bucket{le=\"0.0005\"} 2\n"
                        "pinnace_login_seconds_bucket{le=\"0.001\"} 2\n"
                        "pinnace_login_seconds_bucket{le=\"0.0025\"} 2\n"
                        "pinnace_login_seconds_bucket{le=\"0.005\"} 3\n"));
  EXPECT_THAT(Get("/metrics"),
              HasSubstr("pinnace_login_seconds_bucket{le=\"+Inf\"} 3\n"
                        "pinnace_login_seconds_sum 0.25\n"
                        "pinnace_login_seconds_count 3\n"));
  EXPECT_THAT(Get("/metrics"),
              HasSubstr("pinnace_farm_sessions{farm=\"main\"} 3\n"));
}

TEST_F(RoutesTest, ListsGateways) {
  EXPECT_THAT(Get("/api/v1/gateways"), HasSubstr("\"name\":\"gw\""));
  absl::StatusOr<v1::ListGatewaysResponse> list =
      absl::PermissionDeniedError("no");
  Routes::Options options;
  options.list_gateways = [&] { return list; };
  Start(std::move(options));
  EXPECT_THAT(Get("/api/v1/gateways"), HasSubstr("\"name\":\"gw\""));
  list = v1::ListGatewaysResponse();
  list->add_gateways()->set_name("other");
  EXPECT_THAT(Get("/api/v1/gateways"), HasSubstr("\"name\":\"other\""));
  EXPECT_EQ(Get("/api/v1/gateways").find("\"name\":\"gw\""), std::string::npos);
}

TEST_F(RoutesTest, ListsPoliciesPortsAndTheRest) {
  EXPECT_THAT(Get("/api/v1/policies"),
              HasSubstr("{\"policy\":{\"name\":\"no-writes\""));
  EXPECT_THAT(Get("/api/v1/policies"),
              HasSubstr("\"denyClients\":[\"10.0.0.0/8\"],\"readOnly\":true"));
  EXPECT_THAT(Get("/api/v1/ports"),
              HasSubstr("{\"gateway\":\"gw\",\"ports\":2,\"pending\":\"1\""));
  EXPECT_EQ(Get("/api/v1/routes"), "200 {\"routes\":[]}");
  EXPECT_THAT(Get("/api/v1/farms"), HasSubstr("\"name\":\"main\""));
  EXPECT_THAT(Get("/api/v1/backends"), HasSubstr("\"bytesToClients\":\"0\""));
}

TEST_F(RoutesTest, EventsBeginNowOrWhereTheyAreAskedTo) {
  gateway_.AddEvent("one");
  gateway_.AddEvent("two");
  EXPECT_EQ(Ask("GET", "/api/v1/events").events_after, 2u);
  EXPECT_EQ(Ask("GET", "/api/v1/events?after=0").events_after, 0u);
  Request request{.method = "GET", .path = "/api/v1/events"};
  request.query.insert({"after", "0"});
  request.last_event_id = "1";
  EXPECT_EQ(routes_->Respond(request).events_after, 1u);
  request.last_event_id = "x";
  EXPECT_EQ(Show(routes_->Respond(request)),
            "400 {\"error\":\"Last-Event-ID: must be a number, not "
            "\\\"x\\\"\"}");
}

// Every row, for every kind of caller.
TEST_F(RoutesTest, RolesAreThoseOfTheTable) {
  Start({.tokens = {{.name = "grafana",
                     .role = v1::ROLE_VIEWER,
                     .secret = "viewer-token-0123456789"},
                    {.name = "ops",
                     .role = v1::ROLE_OPERATOR,
                     .secret = "operator-token-0123456789"}}});
  for (const RouteRow& row : Routes::Rows()) {
    SCOPED_TRACE(absl::StrCat(row.method, " ", row.path));
    const std::string path =
        absl::StrCat(absl::string_view(row.path).substr(
                         0, absl::string_view(row.path).find('{')),
                     ArgumentName(row.path).empty() ? "" : "9",
                     absl::EndsWith(row.path, "timeline") ? "/timeline" : "",
                     absl::EndsWith(row.path, ":drain") ? ":drain" : "",
                     absl::EndsWith(row.path, ":resume") ? ":resume" : "");
    const auto status = [&](const std::string& token) {
      return Ask(row.method, path, "", token).status;
    };
    switch (row.access) {
      case Access::kAnybody:
        EXPECT_EQ(status(""), 200);
        break;
      case Access::kViewer:
        EXPECT_EQ(status(""), 401);
        EXPECT_EQ(status("viewer-token-012345678"), 401);
        EXPECT_NE(status("viewer-token-0123456789"), 401);
        EXPECT_NE(status("viewer-token-0123456789"), 403);
        EXPECT_NE(status("operator-token-0123456789"), 401);
        break;
      case Access::kOperator:
        EXPECT_EQ(status(""), 401);
        EXPECT_EQ(status("viewer-token-0123456789"), 403);
        EXPECT_NE(status("operator-token-0123456789"), 401);
        EXPECT_NE(status("operator-token-0123456789"), 403);
        break;
    }
    EXPECT_EQ(absl::string_view(row.method) == "GET",
              row.access != Access::kOperator);
  }
  EXPECT_EQ(Show(Ask("POST", "/api/v1/drain", "", "viewer-token-0123456789")),
            "403 {\"error\":\"\\\"grafana\\\" has the role viewer; this needs "
            "the role operator\"}");
  EXPECT_EQ(Ask("GET", "/nowhere").status, 401);
}

TEST_F(RoutesTest, AnotherSitesPageChangesNothing) {
  Start();
  for (const RouteRow& row : Routes::Rows()) {
    if (row.access != Access::kOperator) continue;
    Request request{.method = row.method,
                    .path = std::string(row.path),
                    .host = "127.0.0.1:1",
                    .origin = "http://evil.example"};
    EXPECT_EQ(routes_->Respond(request).status, 403) << row.path;
    request.origin = "http://127.0.0.1:1";
    EXPECT_NE(routes_->Respond(request).status, 403) << row.path;
  }
}

TEST_F(RoutesTest, WithoutATokenANameThatLeadsHereShowsNothing) {
  Start();
  const auto status = [this](const char* path, const char* host) {
    return routes_->Respond({.method = "GET", .path = path, .host = host})
        .status;
  };
  for (const char* host :
       {"", "127.0.0.1", "127.0.0.1:8021", "[::1]", "[::1]:8021", "localhost",
        "LocalHost:8021", "10.0.0.7:80"}) {
    EXPECT_EQ(status("/api/v1/sessions", host), 200) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:8021", "127.0.0.1.evil.example:8021",
        "localhost.evil.example", "xlocalhost", "[evil]:8021", ":8021"}) {
    EXPECT_EQ(status("/api/v1/sessions", host), 403) << host;
    EXPECT_EQ(status("/healthz", host), 200) << host;
  }
  // Who has a token knows what he asks.
  Start({.token = "0123456789abcdef"});
  EXPECT_EQ(routes_
                ->Respond({.method = "GET",
                           .path = "/api/v1/sessions",
                           .host = "gateway.example",
                           .authorization = "Bearer 0123456789abcdef"})
                .status,
            200);
}

TEST_F(RoutesTest, EveryRowIsInTheDocuments) {
  Start({.program_version = "1.2"});
  const Struct openapi = Json("/api/v1/openapi.json");
  const auto& paths = openapi.fields().at("paths").struct_value().fields();
  const auto& schemas = openapi.fields()
                            .at("components")
                            .struct_value()
                            .fields()
                            .at("schemas")
                            .struct_value()
                            .fields();
  std::ifstream file("docs/REFERENCE.md");
  const std::string reference((std::istreambuf_iterator<char>(file)),
                              std::istreambuf_iterator<char>());
  for (const RouteRow& row : Routes::Rows()) {
    SCOPED_TRACE(absl::StrCat(row.method, " ", row.path));
    const std::string path = ShownPath(row.path);
    ASSERT_EQ(paths.count(path), 1u);
    const auto& operations = paths.at(path).struct_value().fields();
    const std::string method = absl::AsciiStrToLower(row.method);
    ASSERT_EQ(operations.count(method), 1u);
    const auto& operation = operations.at(method).struct_value().fields();
    EXPECT_EQ(operation.at("summary").string_value(), row.help);
    const bool has_argument = !ArgumentName(row.path).empty();
    EXPECT_EQ(operation.at("parameters").list_value().values_size(),
              static_cast<int>(row.parameters.size()) + has_argument);
    EXPECT_EQ(operation.count("requestBody"), row.body != nullptr ? 1u : 0u);
    if (row.answer != nullptr) {
      EXPECT_EQ(schemas.count(row.answer->GetDescriptor()->name()), 1u);
    }
    EXPECT_THAT(reference,
                HasSubstr(absl::StrCat("### ", row.method, " ", path, "\n")));
    for (const Parameter& one : row.parameters) {
      EXPECT_THAT(reference, HasSubstr(absl::StrCat("`", one.name, "`")));
    }
  }
  // The program's own words, letter by letter.
  EXPECT_EQ(reference, ReferenceText())
      << "write it anew: pinnace reference > docs/REFERENCE.md";
}

TEST_F(RoutesTest, EveryReferenceOfOpenApiLeadsSomewhere) {
  const std::string text = Get("/api/v1/openapi.json");
  const Struct openapi = Json("/api/v1/openapi.json");
  const auto& schemas = openapi.fields()
                            .at("components")
                            .struct_value()
                            .fields()
                            .at("schemas")
                            .struct_value()
                            .fields();
  const std::string mark = "\"$ref\":\"#/components/schemas/";
  int references = 0;
  for (size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + 1)) {
    const size_t begin = at + mark.size();
    const std::string name = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_EQ(schemas.count(name), 1u) << name;
    ++references;
  }
  EXPECT_GT(references, 40);
}

}  // namespace
}  // namespace pinnace::admin
