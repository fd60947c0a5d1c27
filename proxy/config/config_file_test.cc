#include "proxy/config/config_file.h"

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "proxy/config/config_check.h"
#include "proxy/config/settings.h"

namespace pinnace::config {
namespace {

std::string ProblemsOf(const std::string& yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse("p.yaml", yaml);
  if (!file.ok()) return std::string(file.status().message());
  return std::string(CheckConfig(*file).message());
}

v1::Config Good(const std::string& yaml) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse("p.yaml", yaml);
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return {};
  const absl::Status checked = CheckConfig(*file);
  EXPECT_TRUE(checked.ok()) << checked;
  return file->config();
}

TEST(ConfigFileTest, ReadsEveryKindOfField) {
  const v1::Config config = Good(R"(
gateway:
  name: gw-1
  workers: 3
  listeners:
  - {address: "0.0.0.0:2121", farm: main, tls: none}
  - {address: "[::]:2121"}
  public_ports: ["50000-50009", "50020"]
  public_address: {default: ftp.example.org, by_client: [{cidr: 10.0.0.0/8, address: 10.0.0.5}]}
  data_source: same_network
  proxy_protocol: {control: required, trusted: [10.0.0.0/8, "2001:db8::5"]}
  banner: "Hello there."
  timeouts: {idle: 300s, login: 1m30s, backend_connect: 2s, lease_wait: 1h}
  active_source_port: 20
  replace_private_port_address: true
  max_sessions: 100
  probe_interval: 0s
control_plane: {listen: "127.0.0.1:9021", store: "sqlite:/tmp/x.db"}
admin: {listen: "127.0.0.1:8021"}
farms:
- name: main
  balance: round_robin
  data_mode: active
  allow_foreign_data_address: true
  pin_ttl: 0s
  backends:
  - {id: a, address: "127.0.0.11:2121", weight: 5, zone: z, capacity: 9, labels: {rack: "7", "x.y": ''}}
  - {id: b, address: "ftp-b:21", passive_ports: 40000-40010, public_ports: "50000-50001", state: draining}
)");
  const gateway::GatewayOptions options = GatewayOptionsOf(config);
  EXPECT_EQ(options.workers, 3);
  ASSERT_EQ(options.listeners.size(), 2u);
  EXPECT_EQ(options.listeners[1].address.ToString(), "[::]:2121");
  EXPECT_EQ(options.listeners[1].farm, "main");
  EXPECT_EQ(options.public_ports,
            (std::vector<PortRange>{{50000, 50009}, {50020, 50020}}));
  EXPECT_EQ(options.data_source, ports::SourceMatch::kSameNetwork);
  EXPECT_EQ(options.session.public_address.default_address, "ftp.example.org");
  ASSERT_EQ(options.session.public_address.by_client.size(), 1u);
  EXPECT_EQ(options.session.public_address.by_client[0].cidr.ToString(),
            "10.0.0.0/8");
  EXPECT_EQ(options.proxy.control, ingress::ProxyMode::kRequired);
  EXPECT_EQ(options.proxy.data, ingress::ProxyMode::kOff);
  ASSERT_EQ(options.proxy.trusted.size(), 2u);
  EXPECT_EQ(options.proxy.trusted[1].ToString(), "2001:db8::5/128");
  EXPECT_EQ(options.session.banner, "Hello there.");
  EXPECT_EQ(options.session.timeouts.idle, absl::Seconds(300));
  EXPECT_EQ(options.session.timeouts.login, absl::Seconds(90));
  EXPECT_EQ(options.session.timeouts.lease_wait, absl::Hours(1));
  EXPECT_EQ(options.session.timeouts.data_connect, limits::kDataConnectTimeout);
  EXPECT_EQ(options.session.active_source_port,
            session::ActiveSourcePort::kTwenty);
  EXPECT_TRUE(options.session.replace_private_port_address);
  EXPECT_EQ(options.max_sessions, 100u);
  EXPECT_EQ(options.probe_interval, absl::ZeroDuration());
  EXPECT_EQ(GatewayNameOf(config), "gw-1");
  EXPECT_EQ(SqlitePathOf(config), "/tmp/x.db");

  v1::Farm farm;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        name: "main"
        balance: BALANCE_ROUND_ROBIN
        data_mode: DATA_MODE_ACTIVE
        allow_foreign_data_address: true
        pin_ttl {}
        backends {
          id: "a"
          address: "127.0.0.11:2121"
          weight: 5
          zone: "z"
          capacity: 9
          labels { key: "rack" value: "7" }
          labels { key: "x.y" value: "" }
        }
        backends {
          id: "b"
          address: "ftp-b:21"
          passive_ports: "40000-40010"
          public_ports: "50000-50001"
          state: STATE_DRAINING
        }
      )pb",
      &farm));
  ASSERT_EQ(config.farms_size(), 1);
  EXPECT_EQ(config.farms(0).ShortDebugString(), farm.ShortDebugString());
}

TEST(ConfigFileTest, AnEmptyFileHasEveryDefault) {
  const v1::Config config = Good("");
  const gateway::GatewayOptions options = GatewayOptionsOf(config);
  ASSERT_EQ(options.listeners.size(), 1u);
  EXPECT_EQ(options.listeners[0].address.ToString(), "0.0.0.0:2121");
  EXPECT_EQ(options.listeners[0].farm, "main");
  EXPECT_EQ(options.public_ports, (std::vector<PortRange>{{50000, 50099}}));
  EXPECT_EQ(options.session.banner, "Pinnace ready.");
  EXPECT_FALSE(options.session.replace_private_port_address);
  EXPECT_EQ(ControlPlaneListenOf(config).ToString(), "127.0.0.1:9021");
  EXPECT_EQ(AdminListenOf(config).ToString(), "127.0.0.1:8021");
  EXPECT_EQ(SqlitePathOf(config), "/var/lib/pinnace/pinnace.db");
  EXPECT_EQ(DrainTimeoutOf(config), limits::kDrainTimeout);
}

TEST(ConfigFileTest, NamesFileLineColumnAndField) {
  const struct {
    std::string yaml;
    std::string problem;
  } kCases[] = {
      // The form.
      {"gatway: {}\n",
       "p.yaml:1:1: gatway: unknown key; did you mean \"gateway\"?"},
      {"gateway:\n  banner: x\n  wrokers: 2\n",
       "p.yaml:3:3: gateway.wrokers: unknown key; did you mean \"workers\"?"},
      {"gateway: {zzz: 1}", "p.yaml:1:11: gateway.zzz: unknown key"},
      {"gateway: {workers: 1, workers: 2}",
       "p.yaml:1:23: gateway.workers: this key is here twice"},
      {"gateway: [1]",
       "p.yaml:1:1: gateway: expected a mapping of keys to values"},
      {"farms: main", "p.yaml:1:1: farms: expected a list"},
      {"- a", "p.yaml:1:1: expected a mapping of keys to values"},
      {"gateway: {workers: many}",
       "p.yaml:1:20: gateway.workers: expected a number of 0 or more, not "
       "\"many\""},
      {"gateway: {workers: -1}",
       "p.yaml:1:20: gateway.workers: expected a number of 0 or more, not "
       "\"-1\""},
      {"gateway: {workers: ''}",
       "p.yaml:1:20: gateway.workers: expected a number of 0 or more, not "
       "\"\""},
      {"gateway: {replace_private_port_address: yes}",
       "p.yaml:1:41: gateway.replace_private_port_address: expected true or "
       "false, not \"yes\""},
      {"gateway: {banner: [a]}",
       "p.yaml:1:19: gateway.banner: expected text, not a list"},
      {"gateway: {data_source: everyone}",
       "p.yaml:1:24: gateway.data_source: expected same_address | "
       "same_network | any | tls_session, not \"everyone\""},
      {"gateway: {timeouts: {idle: 300}}",
       "p.yaml:1:28: gateway.timeouts.idle: expected a duration like "
       "\"300s\", \"5m\" or \"1h30m\", not \"300\""},
      {"gateway:\n  listeners:\n  - {farm: main}\n",
       "p.yaml:3:5: gateway.listeners[0].address: must be set"},
      {"farms:\n- name: main\n  backends:\n  - {id: a}\n",
       "p.yaml:4:5: farms[0].backends[0].address: must be set"},
      {"farms:\n- name: m\n  backends:\n  - {id: a, address: 'h:1', labels: "
       "{k: [1]}}\n",
       "p.yaml:4:38: farms[0].backends[0].labels.k: expected text, not a list"},
      {"gateway: {", "p.yaml:1:1: not YAML: end of map flow not found"},
      // Two problems, two lines.
      {"gateway:\n  workers: x\n  max_sessions: y\n",
       "p.yaml:2:12: gateway.workers: expected a number of 0 or more, not "
       "\"x\"\np.yaml:3:17: gateway.max_sessions: expected a number of 0 or "
       "more, not \"y\""},
      // The meaning.
      {"gateway: {workers: 65}",
       "p.yaml:1:20: gateway.workers: must be 0 to 64, not 65"},
      {"gateway:\n  listeners: [{address: 'localhost:21'}]",
       "p.yaml:2:25: gateway.listeners[0].address: must be IP:PORT, not "
       "\"localhost:21\""},
      {"gateway:\n  listeners: [{address: '127.0.0.1:21'}, {address: "
       "'127.0.0.1:21'}]",
       "p.yaml:2:52: gateway.listeners[1].address: 127.0.0.1:21 is listened "
       "on twice"},
      {"gateway: {public_ports: [50000-50010, 5x]}",
       "p.yaml:1:39: gateway.public_ports[1]: must be a range like "
       "50000-50099, not \"5x\""},
      {"gateway: {public_ports: [50000-50010, 50010-50011]}",
       "p.yaml:1:39: gateway.public_ports[1]: 50010-50011 overlaps "
       "50000-50010"},
      {"gateway: {listeners: [{address: '0.0.0.0:2121'}], public_ports: "
       "[2000-3000]}",
       "p.yaml:1:33: gateway.listeners[0].address: port 2121 is one of "
       "public_ports 2000-3000"},
      {"gateway: {public_address: {default: '::1'}}",
       "p.yaml:1:37: gateway.public_address.default: must be an IPv4 address "
       "or a DNS name, not \"::1\""},
      {"gateway: {public_address: {by_client: [{cidr: 10.0.0.1/8, address: "
       "10.0.0.1}]}}",
       "p.yaml:1:47: gateway.public_address.by_client[0].cidr: must be a "
       "network like 10.0.0.0/8 without host bits, not \"10.0.0.1/8\""},
      {"gateway: {timeouts: {idle: 0s}}",
       "p.yaml:1:28: gateway.timeouts.idle: must be 1s to 24h, not 0"},
      {"gateway: {proxy_protocol: {control: required}}",
       "p.yaml:1:37: gateway.proxy_protocol.control: required needs "
       "gateway.proxy_protocol.trusted: the networks of the balancers in "
       "front"},
      {"gateway: {proxy_protocol: {data: optional, trusted: []}}",
       "p.yaml:1:34: gateway.proxy_protocol.data: optional needs "
       "gateway.proxy_protocol.trusted: the networks of the balancers in "
       "front"},
      {"gateway: {proxy_protocol: {control: required, trusted: [10.0.0.1/8]}}",
       "p.yaml:1:57: gateway.proxy_protocol.trusted[0]: must be a network like "
       "10.0.0.0/8, not \"10.0.0.1/8\""},
      {"gateway: {banner: ''}",
       "p.yaml:1:19: gateway.banner: must be one line of 1 to 512 characters"},
      {"gateway: {max_sessions: 0}",
       "p.yaml:1:25: gateway.max_sessions: must be 1 to 100000, not 0"},
      {"gateway: {probe_interval: 10ms}",
       "p.yaml:1:27: gateway.probe_interval: must be 0 (no probes) or 1s to "
       "24h, not 10ms"},
      {"gateway: {control_plane: cp}",
       "p.yaml:1:26: gateway.control_plane: must be HOST:PORT, not \"cp\""},
      {"gateway: {control_plane: 'cp:9021'}\nfarms: [{name: main}]\n",
       "p.yaml:2:1: farms: a gateway that follows gateway.control_plane has "
       "its farms from there; move them to its file"},
      {"control_plane: {store: 'mysql:x'}",
       "p.yaml:1:24: control_plane.store: must be sqlite:PATH, not "
       "\"mysql:x\""},
      {"control_plane: {store: 'etcd:h:1'}",
       "p.yaml:1:24: control_plane.store: etcd: is not built yet; sqlite:PATH "
       "is"},
      {"admin: {listen: '0.0.0.0:8021'}",
       "p.yaml:1:17: admin.listen: 0.0.0.0:8021 is not a loopback address: it "
       "needs admin.token_file or admin.tokens"},
      {"farms:\n- name: main\n  backend_tls: {ca: /ca.pem}\n",
       "p.yaml:3:21: farms[0].backend_tls.ca: needs backend_tls.mode"},
      {"farms:\n- name: main\n  backend_tls: {mode: explicit, cert: c.pem, "
       "key: /k}\n",
       "p.yaml:3:39: farms[0].backend_tls.cert: must be an absolute path of at "
       "most 4096 characters, not \"c.pem\""},
      {"farms:\n- {name: main, slow_start: 2h}\n",
       "p.yaml:2:28: farms[0].slow_start: must be 0 to 1h, not 2h"},
      {"farms: [{name: main}]\nroutes:\n- {name: r, farm: other}\n",
       "p.yaml:3:19: routes[0].farm: route \"r\" leads to \"other\", which is "
       "no farm"},
      {"routes:\n- {name: r, farm: m, client_cidr: 10.0.0.1/8}\n",
       "p.yaml:2:35: routes[0].client_cidr: must be a network like 10.0.0.0/8 "
       "without host bits, not \"10.0.0.1/8\""},
      {"farms: [{name: main}]\npolicies:\n- {name: p, farm: other}\n",
       "p.yaml:3:19: policies[0].farm: policy \"p\" is for \"other\", which is "
       "no farm"},
      {"policies:\n- name: p\n  deny_paths: [/a, b]\n",
       "p.yaml:3:20: policies[0].deny_paths[1]: must begin with '/' or \"**\" "
       "and have at most 256 characters, and no NUL, not \"b\""},
      {"policies:\n- {name: p, deny_commands: [QUIT]}\n",
       "p.yaml:2:29: policies[0].deny_commands[0]: \"QUIT\" cannot be refused"},
      {"policies:\n- {name: p, max_upload_bytes: 4x}\n",
       "p.yaml:2:31: policies[0].max_upload_bytes: expected a number of 0 "
       "or more, not \"4x\""},
      {"policies:\n- {name: p, session_rate: {upload: 5}}\n",
       "p.yaml:2:36: policies[0].session_rate.upload: must be 1 KiB to 1 TiB a "
       "second in bytes, or 0, not 5"},
      {"policies: [{name: p}, {name: p}]\n",
       "p.yaml:1:30: policies[1].name: \"p\" is the name of policies[0] too"},
      {"policies: [{read_only: true}]\n",
       "p.yaml:1:12: policies[0].name: must be set"},
      {"gateway: {control_plane: 'c:9021'}\npolicies: [{name: p}]\n",
       "p.yaml:2:1: policies: a gateway that follows gateway.control_plane "
       "has its policies from there; move them to its file"},
      {"farms: [{name: main}]\npolicies:\n- {name: p, farm: main, user: "
       "'a*', read_only: true, deny_clients: [10.0.0.0/8]}\n",
       ""},
      {"gateway: {timeouts: {drain_notice: 25h}}",
       "p.yaml:1:36: gateway.timeouts.drain_notice: must be 0 to 24h, not "
       "25h"},
      {"farms:\n- name: main\n  backends:\n  - {id: a, address: 'h:21', "
       "weight: 1001}\n",
       "p.yaml:4:38: farms[0].backends[0].weight: must be 1 to 1000, not "
       "1001"},
      {"farms:\n- name: main\n  backends:\n  - {id: a, address: 'h:21', "
       "public_ports: 50090-50100}\n",
       "p.yaml:4:44: farms[0].backends[0].public_ports: 50090-50100 does not "
       "lie in one range of gateway.public_ports"},
      {"farms:\n- name: main\n- name: main\n",
       "p.yaml:3:9: farms[1].name: \"main\" is the name of farms[0] too"},
      {"farms:\n- name: mail\n",
       "p.yaml:1:1: gateway.listeners: the default listener is of farm "
       "\"main\"; there is: mail"},
      {"gateway:\n  listeners: [{address: '0.0.0.0:21', farm: mian}]\n"
       "farms: [{name: main}]\n",
       "p.yaml:2:45: gateway.listeners[0].farm: no farm \"mian\"; there is: "
       "main"},
      // It may be registered later.
      {"gateway:\n  listeners: [{address: '0.0.0.0:21', farm: mian}]\n"
       "farms: [{name: main}]\ncontrol_plane: {}\n",
       ""},
  };
  for (const auto& [yaml, problem] : kCases) {
    EXPECT_EQ(ProblemsOf(yaml), problem) << yaml;
  }
}

TEST(ConfigFileTest, AMissingFileIsNamed) {
  EXPECT_EQ(ConfigFile::Read("/nonexistent/p.yaml").status().message(),
            "/nonexistent/p.yaml: cannot be read");
}

}  // namespace
}  // namespace pinnace::config
