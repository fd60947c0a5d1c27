#include "proxy/snapshot/snapshot_decoder.h"

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace pinnace::snapshot {
namespace {

v1::Snapshot Message(const std::string& text) {
  v1::Snapshot message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

std::string ProblemOf(const std::string& text) {
  return std::string(DecodeSnapshot(Message(text)).status().message());
}

TEST(SnapshotDecoderTest, DecodesEveryField) {
  absl::StatusOr<Snapshot> snapshot = DecodeSnapshot(Message(R"pb(
    version: 7
    farms {
      name: "main"
      balance: BALANCE_ROUND_ROBIN
      data_mode: DATA_MODE_ACTIVE
      allow_foreign_data_address: true
      pin_ttl { seconds: 90 nanos: 500000000 }
      backends {
        id: "a"
        address: "ftp-0.farm:21"
        weight: 10
        zone: "z1"
        capacity: 200
        labels { key: "rack" value: "r 7" }
        passive_ports: "40000-40099"
        public_ports: "50000"
        state: STATE_DRAINING
      }
    })pb"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->version, 7u);
  ASSERT_EQ(snapshot->fleet.farms.size(), 1u);
  const fleet::Farm& farm = snapshot->fleet.farms[0];
  EXPECT_EQ(farm.name, "main");
  EXPECT_EQ(farm.balance, fleet::Balance::kRoundRobin);
  EXPECT_EQ(farm.data_mode, fleet::DataMode::kActive);
  EXPECT_TRUE(farm.allow_foreign_data_address);
  EXPECT_EQ(farm.pin_ttl, absl::Milliseconds(90500));
  ASSERT_EQ(farm.backends.size(), 1u);
  const fleet::Backend& backend = farm.backends[0];
  EXPECT_EQ(backend.id, "a");
  EXPECT_EQ(backend.address, (HostPort{"ftp-0.farm", 21}));
  EXPECT_EQ(backend.weight, 10);
  EXPECT_EQ(backend.zone, "z1");
  EXPECT_EQ(backend.capacity, 200);
  EXPECT_EQ(backend.labels.at("rack"), "r 7");
  EXPECT_EQ(backend.state, fleet::AdminState::kDraining);
  EXPECT_EQ(backend.passive_ports, (PortRange{40000, 40099}));
  EXPECT_EQ(backend.public_ports, (PortRange{50000, 50000}));
}

TEST(SnapshotDecoderTest, DecodesAPolicy) {
  const absl::StatusOr<Snapshot> snapshot = DecodeSnapshot(Message(R"pb(
    farms { name: "main" }
    policies {
      name: "p"
      listener: "0.0.0.0:21"
      farm: "main"
      user: "web-*"
      client_cidr: "10.0.0.0/8"
      allow_clients: "10.1.0.0/16"
      deny_clients: "10.1.2.0/24"
      read_only: true
      allow_commands: "retr"
      deny_commands: "XCRC"
      allow_site: "HELP"
      deny_site: "CHMOD"
      allow_paths: "/pub/**"
      deny_paths: "/pub/x"
      allow_upload_names: "*.txt"
      deny_upload_names: ".*"
      max_sessions_per_user: 3
      max_sessions_per_address: 4
    }
    policies { name: "q" })pb"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  ASSERT_NE(snapshot->policies, nullptr);
  ASSERT_EQ(snapshot->policies->policies().size(), 2u);
  const policy::Policy& policy = snapshot->policies->policies()[0];
  EXPECT_EQ(policy.name, "p");
  EXPECT_EQ(policy.listener, "0.0.0.0:21");
  EXPECT_EQ(policy.farm, "main");
  EXPECT_EQ(policy.user, "web-*");
  EXPECT_EQ(policy.client->ToString(), "10.0.0.0/8");
  EXPECT_TRUE(policy.allow_clients.Contains(*IpAddress::Parse("10.1.9.9")));
  EXPECT_TRUE(policy.deny_clients.Contains(*IpAddress::Parse("10.1.2.9")));
  EXPECT_TRUE(policy.read_only);
  EXPECT_TRUE(policy.commands.Names("RETR"));
  EXPECT_TRUE(policy.commands.Refuses("XCRC"));
  EXPECT_TRUE(policy.site.Names("HELP"));
  EXPECT_TRUE(policy.site.Refuses("CHMOD"));
  EXPECT_EQ(policy.paths.allow, std::vector<std::string>{"/pub/**"});
  EXPECT_EQ(policy.paths.deny, std::vector<std::string>{"/pub/x"});
  EXPECT_EQ(policy.upload_names.allow, std::vector<std::string>{"*.txt"});
  EXPECT_EQ(policy.upload_names.deny, std::vector<std::string>{".*"});
  EXPECT_EQ(policy.max_sessions_per_user, 3u);
  EXPECT_EQ(policy.max_sessions_per_address, 4u);
}

TEST(SnapshotDecoderTest, WithoutPoliciesThereIsNoSetOfThem) {
  EXPECT_EQ(DecodeSnapshot(Message("version: 1"))->policies, nullptr);
}

TEST(SnapshotDecoderTest, WhatIsNotSetHasItsDefault) {
  absl::StatusOr<Snapshot> snapshot =
      DecodeSnapshot(Message(R"pb(farms {
                                    name: "main"
                                    backends { id: "a" address: "h:21" }
                                  })pb"));
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const fleet::Farm& farm = snapshot->fleet.farms[0];
  EXPECT_EQ(farm.balance, fleet::Balance::kLeastSessions);
  EXPECT_EQ(farm.data_mode, fleet::DataMode::kPassive);
  EXPECT_EQ(farm.pin_ttl, limits::kPinTtl);
  EXPECT_EQ(farm.backends[0].weight, 1);
  EXPECT_EQ(farm.backends[0].state, fleet::AdminState::kUp);
  EXPECT_FALSE(farm.backends[0].public_ports.has_value());
  EXPECT_EQ(farm.backend_tls.mode, fleet::BackendTlsMode::kNone);
  EXPECT_TRUE(farm.backend_tls.verify);
  EXPECT_EQ(farm.backend_tls.data_protection, fleet::DataProtection::kSame);
  EXPECT_FALSE(farm.tolerate_missing_close_notify);
}

TEST(SnapshotDecoderTest, EverySettingOfAFarm) {
  v1::Snapshot message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        farms {
          name: "m"
          balance: BALANCE_MAGLEV
          hash_on: CLIENT_IDENTITY_USER
          pin_by: CLIENT_IDENTITY_USER
          prefer_zone: true
          slow_start { seconds: 30 }
          health_check {
            kind: KIND_LIST
            interval { seconds: 7 }
            timeout { seconds: 2 }
            rise: 3
            fall: 4
            user: "probe"
            password_file: "/p"
          }
          outlier_ejection {
            connect_failures: 5
            data_failures: 6
            base { seconds: 8 }
            longest { seconds: 9 }
            most_percent: 10
          }
          failover {
            candidates: 2
            budget { seconds: 11 }
            replace_backend: true
            resume_downloads: true
          }
          drain {
            grace { seconds: 12 }
            deadline { seconds: 13 }
          }
          timeouts {
            idle { seconds: 14 }
            transfer_stall { seconds: 15 }
          }
          backend_tls {
            mode: MODE_EXPLICIT
            ca: "/ca"
            server_name: "ftp.example"
            cert: "/cert"
            key: "/key"
            data_protection: DATA_PROTECTION_PRIVATE
          }
          tolerate_missing_close_notify: true
          backends {
            id: "a"
            address: "h:21"
            max_sessions: 16
            proxy_protocol: PROXY_PROTOCOL_V2
            data_proxy_protocol: PROXY_PROTOCOL_V2
          }
        }
        routes { name: "late" order: 2 farm: "m" }
        routes {
          name: "early"
          order: 1
          listener: "0.0.0.0:21"
          host: "*.example.com"
          user: "u*"
          client_cidr: "10.0.0.0/8"
          client_subject: "s*"
          farm: "m"
        }
      )pb",
      &message));
  absl::StatusOr<Snapshot> snapshot = DecodeSnapshot(message);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  const fleet::Farm& farm = snapshot->fleet.farms[0];
  EXPECT_EQ(farm.balance, fleet::Balance::kMaglev);
  EXPECT_EQ(farm.hash_on, fleet::ClientIdentity::kUser);
  EXPECT_EQ(farm.pin_by, fleet::ClientIdentity::kUser);
  EXPECT_TRUE(farm.prefer_zone);
  EXPECT_EQ(farm.slow_start, absl::Seconds(30));
  EXPECT_EQ(farm.health_check.kind, fleet::ProbeKind::kList);
  EXPECT_EQ(farm.health_check.interval, absl::Seconds(7));
  EXPECT_EQ(farm.health_check.timeout, absl::Seconds(2));
  EXPECT_EQ(farm.health_check.rise, 3);
  EXPECT_EQ(farm.health_check.fall, 4);
  EXPECT_EQ(farm.health_check.user, "probe");
  EXPECT_EQ(farm.health_check.password_file, "/p");
  EXPECT_EQ(farm.outlier_ejection.connect_failures, 5);
  EXPECT_EQ(farm.outlier_ejection.data_failures, 6);
  EXPECT_EQ(farm.outlier_ejection.base, absl::Seconds(8));
  EXPECT_EQ(farm.outlier_ejection.longest, absl::Seconds(9));
  EXPECT_EQ(farm.outlier_ejection.most_percent, 10);
  EXPECT_EQ(farm.failover.candidates, 2);
  EXPECT_EQ(farm.failover.budget, absl::Seconds(11));
  EXPECT_TRUE(farm.failover.replace_backend);
  EXPECT_TRUE(farm.failover.resume_downloads);
  EXPECT_EQ(farm.drain.grace, absl::Seconds(12));
  EXPECT_EQ(farm.drain.deadline, absl::Seconds(13));
  EXPECT_EQ(farm.timeouts.idle, absl::Seconds(14));
  EXPECT_EQ(farm.timeouts.backend_reply, std::nullopt);
  EXPECT_EQ(farm.timeouts.transfer_stall, absl::Seconds(15));
  EXPECT_EQ(farm.backend_tls.mode, fleet::BackendTlsMode::kExplicit);
  EXPECT_EQ(farm.backend_tls.ca, "/ca");
  EXPECT_EQ(farm.backend_tls.server_name, "ftp.example");
  EXPECT_TRUE(farm.backend_tls.verify);
  EXPECT_EQ(farm.backend_tls.cert, "/cert");
  EXPECT_EQ(farm.backend_tls.key, "/key");
  EXPECT_EQ(farm.backend_tls.data_protection, fleet::DataProtection::kPrivate);
  EXPECT_TRUE(farm.tolerate_missing_close_notify);
  EXPECT_EQ(farm.backends[0].max_sessions, 16);
  EXPECT_EQ(farm.backends[0].proxy_protocol, fleet::ProxyProtocol::kV2);
  EXPECT_EQ(farm.backends[0].data_proxy_protocol, fleet::ProxyProtocol::kV2);
  ASSERT_EQ(snapshot->routes.routes().size(), 2u);
  const policy::Route& route = snapshot->routes.routes()[0];
  EXPECT_EQ(route.name, "early");
  EXPECT_EQ(route.listener, "0.0.0.0:21");
  EXPECT_EQ(route.host, "*.example.com");
  EXPECT_EQ(route.user, "u*");
  EXPECT_EQ(route.client->ToString(), "10.0.0.0/8");
  EXPECT_EQ(route.subject, "s*");
}

TEST(SnapshotDecoderTest, NamesTheFieldThatIsWrong) {
  const std::string a = R"pb(id: "a" address: "h:21")pb";
  const struct {
    std::string text;
    std::string problem;
  } kCases[] = {
      {"farms {}", "farms[0].name: must be set"},
      {R"(farms { name: "a b" })",
       "farms[0].name: must be 1 to 128 letters, digits, '.', '_' or '-' and "
       "begin with a letter or digit, not \"a b\""},
      {R"(farms { name: "m" } farms { name: "m" })",
       "farms[1].name: \"m\" is the name of farms[0] too"},
      {R"(farms { name: "m" balance: 99 })",
       "farms[0].balance: unknown value 99"},
      {R"(farms { name: "m" slow_start { seconds: 3601 } })",
       "farms[0].slow_start: must be 0 to 1h, not 1h1s"},
      {R"(farms { name: "m" health_check { interval { nanos: 1 } } })",
       "farms[0].health_check.interval: must be 1s to 24h, not 1ns"},
      {R"(farms { name: "m" health_check { timeout { seconds: 301 } } })",
       "farms[0].health_check.timeout: must be 100ms to 5m, not 5m1s"},
      {R"(farms { name: "m" health_check { rise: 101 } })",
       "farms[0].health_check.rise: must be 0 to 100, not 101"},
      {R"(farms { name: "m" health_check { fall: 101 } })",
       "farms[0].health_check.fall: must be 0 to 100, not 101"},
      {R"(farms { name: "m" health_check { user: "a\r\nDELE b" } })",
       "farms[0].health_check.user: must be one line of at most 256 "
       "characters"},
      {R"(farms { name: "m" outlier_ejection { connect_failures: 0 } })",
       "farms[0].outlier_ejection.connect_failures: must be 1 to 100, not 0"},
      {R"(farms { name: "m" outlier_ejection { data_failures: 101 } })",
       "farms[0].outlier_ejection.data_failures: must be 1 to 100, not 101"},
      {R"(farms { name: "m" outlier_ejection { most_percent: 101 } })",
       "farms[0].outlier_ejection.most_percent: must be 1 to 100, not 101"},
      {R"(farms { name: "m" outlier_ejection { base { seconds: 20 }
          longest { seconds: 10 } } })",
       "farms[0].outlier_ejection.longest: must be 20s to 24h, not 10s"},
      {R"(farms { name: "m" outlier_ejection { base { seconds: 600 } } })",
       "farms[0].outlier_ejection.longest: must be set: base is 10m, longer "
       "than the default of 5m"},
      {R"(farms { name: "m" failover { candidates: 0 } })",
       "farms[0].failover.candidates: must be 1 to 16, not 0"},
      {R"(farms { name: "m" failover { budget { seconds: 0 } } })",
       "farms[0].failover.budget: must be 1s to 5m, not 0"},
      {R"(farms { name: "m" failover { resume_downloads: true } })",
       "farms[0].failover.resume_downloads: needs replace_backend"},
      {R"(farms { name: "m" drain { grace { seconds: 60 }
          deadline { seconds: 59 } } })",
       "farms[0].drain.deadline: must be 1m to 168h, not 59s"},
      {R"(farms { name: "m" drain { grace { seconds: 3600 } } })",
       "farms[0].drain.deadline: must be set: grace is 1h, longer than the "
       "default of 10m"},
      {R"(farms { name: "m" timeouts { idle { nanos: 5 } } })",
       "farms[0].timeouts.idle: must be 1s to 24h, not 5ns"},
      {"farms { name: 'm' backends { " + a + " max_sessions: 1000001 } }",
       "farms[0].backends[0].max_sessions: must be 0 to 1000000, not 1000001"},
      {"farms { name: 'm' backends { " + a + " proxy_protocol: 9 } }",
       "farms[0].backends[0].proxy_protocol: unknown value 9"},
      {"farms { name: 'm' backends { " + a + " data_proxy_protocol: 9 } }",
       "farms[0].backends[0].data_proxy_protocol: unknown value 9"},
      {R"(farms { name: "m" } routes { farm: "m" })",
       "routes[0].name: must be set"},
      {R"(farms { name: "m" } routes { name: "r" })",
       "routes[0].farm: must be set"},
      {R"(farms { name: "m" } routes { name: "r" farm: "n" })",
       "routes[0].farm: route \"r\" leads to \"n\", which is no farm"},
      {R"(farms { name: "m" } routes { name: "r" farm: "m" }
          routes { name: "r" farm: "m" })",
       "routes[1].name: \"r\" is the name of routes[0] too"},
      {R"(farms { name: "m" } routes { name: "r" farm: "m" listener: "x" })",
       "routes[0].listener: must be IP:PORT, not \"x\""},
      {R"(farms { name: "m" } routes { name: "r" farm: "m" host: "a.*.c" })",
       "routes[0].host: must be a name, or \"*.\" and a name, of at most 255 "
       "characters, not \"a.*.c\""},
      {R"(farms { name: "m" }
          routes { name: "r" farm: "m" client_cidr: "10.0.0.1/8" })",
       "routes[0].client_cidr: must be a network like 10.0.0.0/8 without host "
       "bits, not \"10.0.0.1/8\""},
      {"farms { name: 'm' } routes { name: 'r' farm: 'm' user: '" +
           std::string(257, 'a') + "' }",
       "routes[0].user: must have at most 256 characters, and no NUL"},
      {"farms { name: 'm' } routes { name: 'r' farm: 'm' client_subject: '" +
           std::string(257, 'a') + "' }",
       "routes[0].client_subject: must have at most 256 characters, and no "
       "NUL"},
      {R"(farms { name: "m" } routes { name: "r" farm: "m"
          client_subject: "a\000b" })",
       "routes[0].client_subject: must have at most 256 characters, and no "
       "NUL"},
      {R"(policies { name: "p" farm: "n" })",
       "policies[0].farm: policy \"p\" is for \"n\", which is no farm"},
      {R"(policies { name: "p" } policies { name: "p" })",
       "policies[1].name: \"p\" is the name of policies[0] too"},
      {R"(policies { name: "p" deny_clients: "x" })",
       "policies[0].deny_clients[0]: must be a network like 10.0.0.0/8 without "
       "host bits, not \"x\""},
      {R"(farms { name: "m" backend_tls { ca: "/ca" } })",
       "farms[0].backend_tls.ca: needs backend_tls.mode"},
      {R"(farms { name: "m" pin_ttl { seconds: -1 } })",
       "farms[0].pin_ttl: must be 0 to 720h, not -1s"},
      {R"(farms { name: "m" backends { address: "h:21" } })",
       "farms[0].backends[0].id: must be set"},
      {R"(farms { name: "m" backends { id: "a" } })",
       "farms[0].backends[0].address: must be set"},
      {R"(farms { name: "m" backends { id: "a" address: "h" } })",
       "farms[0].backends[0].address: must be HOST:PORT, not \"h\""},
      {R"(farms { name: "m" backends { id: "a" address: "h:0" } })",
       "farms[0].backends[0].address: must be HOST:PORT, not \"h:0\""},
      {"farms { name: 'm' backends { " + a + " weight: 0 } }",
       "farms[0].backends[0].weight: must be 1 to 1000, not 0"},
      {"farms { name: 'm' backends { " + a + " weight: 1001 } }",
       "farms[0].backends[0].weight: must be 1 to 1000, not 1001"},
      {"farms { name: 'm' backends { " + a + " capacity: 1000001 } }",
       "farms[0].backends[0].capacity: must be 0 to 1000000, not 1000001"},
      {"farms { name: 'm' backends { " + a + " public_ports: '9-8' } }",
       "farms[0].backends[0].public_ports: must be a range like 50000-50099, "
       "not \"9-8\""},
      {"farms { name: 'm' backends { " + a + " } backends { " + a + " } }",
       "farms[0].backends[1].id: \"a\" is the id of farms[0].backends[0] too"},
      {"farms { name: 'm' backends { " + a +
           " public_ports: '10-19' } } farms { name: 'n' backends { id: 'b' "
           "address: 'h:21' public_ports: '19-20' } }",
       "farms[1].backends[0].public_ports: 19-20 of backend \"b\" overlaps "
       "10-19 of backend \"a\""},
  };
  for (const auto& [text, problem] : kCases) {
    EXPECT_EQ(ProblemOf(text), problem) << text;
  }
}

}  // namespace
}  // namespace pinnace::snapshot
