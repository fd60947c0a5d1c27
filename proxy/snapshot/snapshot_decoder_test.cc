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
      {R"(farms { name: "m" balance: BALANCE_MAGLEV })",
       "farms[0].balance: not built yet; round_robin and least_sessions are"},
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
