#include "proxy/control/snapshot_client.h"

#include <cstdlib>

#include "absl/synchronization/notification.h"
#include "control-plane/access/access_policy.h"
#include "control-plane/service/control_plane.h"
#include "control-plane/store/sqlite_store.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/registry.grpc.pb.h"
#include "protos/pinnace/v1/sessions.grpc.pb.h"
#include "proxy/control/control_plane_channel.h"
#include "proxy/control/snapshot_file.h"
#include "tests/support/test_authority.h"

namespace pinnace::control {
namespace {

// A gateway that has one session and one pin and keeps what it is given.
class FakeGateway final : public gateway::GatewayView {
 public:
  void Publish(snapshot::SnapshotPtr snapshot) {
    absl::MutexLock lock(&mutex_);
    snapshot_ = std::move(snapshot);
  }
  // Waits for a snapshot of at least `version`.
  snapshot::SnapshotPtr Await(uint64_t version) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&] {
      return snapshot_ != nullptr && snapshot_->version >= version;
    };
    mutex_.Await(absl::Condition(&there));
    return snapshot_;
  }

  snapshot::SnapshotPtr snapshot() const override {
    absl::MutexLock lock(&mutex_);
    return snapshot_;
  }
  std::vector<session::SessionFacts> Sessions() override {
    session::SessionFacts facts;
    facts.id = 257;
    facts.user = "ann";
    return {facts};
  }
  int64_t SessionCount() const override { return 1; }
  std::optional<session::SessionFacts> FindSession(SessionId id) override {
    if (id != 257) return std::nullopt;
    return Sessions()[0];
  }
  std::optional<std::vector<gateway::TimelineEntry>> TimelineOf(
      SessionId id, uint64_t after) override {
    if (id != 257) return std::nullopt;
    return std::vector<gateway::TimelineEntry>{
        {.number = after + 1,
         .time = absl::UnixEpoch(),
         .kind = gateway::TimelineEntry::Kind::kNote,
         .text = "hello"}};
  }
  bool KillSession(SessionId id) override { return id == 257; }
  std::vector<fleet::PinTable::Pin> Pins() override {
    return {{"main", *IpAddress::Parse("1.2.3.4"), "", "a", absl::UnixEpoch()}};
  }
  gateway::PinFacts PinCounts() override {
    return {.pins = 1, .evictions_total = 0};
  }
  bool DeletePin(absl::string_view key) override {
    return key == "main/1.2.3.4";
  }
  guard::Guard& guard() override { return guard_; }
  ports::LeaseTable::Facts Ports() override {
    ports::LeaseTable::Facts facts;
    facts.ports = 10;
    return facts;
  }
  metrics::CounterValues Counters() override { return {}; }
  metrics::HistogramValues Histograms() override { return {}; }
  gateway::EventRing& events() override { return events_; }
  void StartDrain() override {}
  bool draining() const override { return false; }

 private:
  guard::Guard guard_{{.gateway = "gw"}};
  gateway::EventRing events_{16};
  mutable absl::Mutex mutex_;
  snapshot::SnapshotPtr snapshot_;
};

std::unique_ptr<service::ControlPlane> StartControlPlane(
    const Address& listen) {
  auto started = service::ControlPlane::Start(
      {.listen = listen,
       .store = *store::SqliteStore::Open(":memory:", absl::Now())});
  EXPECT_TRUE(started.ok()) << started.status();
  return started.ok() ? *std::move(started) : nullptr;
}

uint64_t Register(service::ControlPlane& control_plane, const std::string& id) {
  v1::RegisterBackendRequest request;
  request.set_farm("main");
  request.mutable_backend()->set_id(id);
  request.mutable_backend()->set_address("h:21");
  auto record = control_plane.keeper().Register(request);
  EXPECT_TRUE(record.ok()) << record.status();
  return record.ok() ? record->version() : 0;
}

SnapshotClient::Options OptionsFor(FakeGateway& gateway,
                                   std::shared_ptr<grpc::Channel> channel) {
  SnapshotClient::Options options;
  options.channel = std::move(channel);
  options.hello.set_name("gw");
  options.publish = [&gateway](snapshot::SnapshotPtr snapshot) {
    gateway.Publish(std::move(snapshot));
  };
  options.log = [](absl::string_view) {};
  options.shortest_wait = absl::Milliseconds(10);
  options.longest_wait = absl::Milliseconds(20);
  return options;
}

TEST(SnapshotClientTest, FollowsAnswersAndKeepsTheSnapshot) {
  auto control_plane = StartControlPlane(*Address::Parse("127.0.0.1:0"));
  ASSERT_NE(control_plane, nullptr);
  const std::string path = ::testing::TempDir() + "/snapshot";
  FakeGateway gateway;
  SnapshotClient::Options options =
      OptionsFor(gateway, control_plane->InProcessChannel());
  options.snapshot_file = path;
  auto client = std::make_unique<SnapshotClient>(gateway, options);
  const uint64_t version = Register(*control_plane, "a");
  const snapshot::SnapshotPtr snapshot = gateway.Await(version);
  EXPECT_EQ(snapshot->fleet.farms[0].backends[0].id, "a");

  auto sessions = v1::Sessions::NewStub(control_plane->InProcessChannel());
  {
    grpc::ClientContext context;
    v1::ListSessionsResponse list;
    ASSERT_TRUE(sessions->ListSessions(&context, {}, &list).ok());
    ASSERT_EQ(list.sessions_size(), 1);
    EXPECT_EQ(list.sessions(0).user(), "ann");
    EXPECT_EQ(list.sessions(0).gateway(), "gw");
  }
  {
    grpc::ClientContext context;
    v1::GetTimelineRequest request;
    request.set_id(257);
    request.set_after(3);
    v1::GetTimelineResponse timeline;
    EXPECT_TRUE(sessions->GetTimeline(&context, request, &timeline).ok());
    ASSERT_EQ(timeline.entries_size(), 1);
    EXPECT_EQ(timeline.entries(0).number(), 4u);
    EXPECT_EQ(timeline.entries(0).text(), "hello");
  }
  {
    grpc::ClientContext context;
    v1::GetTimelineRequest request;
    request.set_id(258);
    v1::GetTimelineResponse timeline;
    EXPECT_EQ(
        sessions->GetTimeline(&context, request, &timeline).error_message(),
        "id: no session 258");
  }
  {
    grpc::ClientContext context;
    v1::KillSessionRequest request;
    request.set_id(257);
    v1::KillSessionResponse killed;
    EXPECT_TRUE(sessions->KillSession(&context, request, &killed).ok());
  }
  {
    grpc::ClientContext context;
    v1::DeletePinRequest request;
    request.set_key("main/9.9.9.9");
    v1::DeletePinResponse deleted;
    EXPECT_EQ(sessions->DeletePin(&context, request, &deleted).error_message(),
              "key: no pin \"main/9.9.9.9\"");
  }
  {
    grpc::ClientContext context;
    v1::ListPortsResponse ports;
    ASSERT_TRUE(sessions->ListPorts(&context, {}, &ports).ok());
    EXPECT_EQ(ports.gateways(0).ports(), 10);
  }
  {
    // The queries came behind the snapshot, so it has been kept and ACKed.
    grpc::ClientContext context;
    v1::ListGatewaysResponse gateways;
    ASSERT_TRUE(sessions->ListGateways(&context, {}, &gateways).ok());
    ASSERT_EQ(gateways.gateways_size(), 1);
    EXPECT_EQ(gateways.gateways(0).acked_version(), version);
  }
  absl::StatusOr<v1::Snapshot> kept = ReadSnapshotFile(path);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(kept->version(), version);
}

TEST(SnapshotClientTest, ServesOnAndComesBackWhenTheControlPlaneDoes) {
  auto control_plane = StartControlPlane(*Address::Parse("127.0.0.1:0"));
  ASSERT_NE(control_plane, nullptr);
  const Address address = control_plane->address();
  const uint64_t before = Register(*control_plane, "a");
  FakeGateway gateway;
  SnapshotClient client(
      gateway,
      OptionsFor(gateway, *ControlPlaneChannel(address.ToString(), {})));
  gateway.Await(before);
  control_plane = nullptr;
  EXPECT_EQ(gateway.snapshot()->version, before);
  control_plane = StartControlPlane(address);
  ASSERT_NE(control_plane, nullptr);
  Register(*control_plane, "b");
  const uint64_t after = Register(*control_plane, "c");
  EXPECT_EQ(gateway.Await(after)->fleet.farms[0].backends.size(), 2u);
}

TEST(SnapshotClientTest, KeepsWhatItServesWhenTheStoreIsAFreshOne) {
  auto control_plane = StartControlPlane(*Address::Parse("127.0.0.1:0"));
  ASSERT_NE(control_plane, nullptr);
  const Address address = control_plane->address();
  Register(*control_plane, "a");
  const uint64_t before = Register(*control_plane, "b");
  const std::string path = ::testing::TempDir() + "/kept";
  FakeGateway gateway;
  SnapshotClient::Options options =
      OptionsFor(gateway, *ControlPlaneChannel(address.ToString(), {}));
  options.snapshot_file = path;
  absl::Notification refused;
  options.log = [&refused](absl::string_view line) {
    if (line ==
        "snapshot 0 refused: version: older than 2, which is served; "
        "to take it, restart the gateway without its "
        "gateway.snapshot_file") {
      refused.Notify();
    }
  };
  SnapshotClient client(gateway, std::move(options));
  gateway.Await(before);
  control_plane = nullptr;
  control_plane = StartControlPlane(address);
  ASSERT_NE(control_plane, nullptr);
  refused.WaitForNotification();
  EXPECT_EQ(gateway.snapshot()->version, before);
  EXPECT_EQ(gateway.snapshot()->fleet.farms[0].backends.size(), 2u);
  EXPECT_EQ(ReadSnapshotFile(path)->version(), before);
}

TEST(SnapshotClientTest, ShowsTheTokenThatItsFileHasNow) {
  v1::ControlPlaneConfig config;
  config.add_tokens()->set_name("gw");
  config.mutable_tokens(0)->set_role(v1::ROLE_GATEWAY);
  auto policy = access::AccessPolicy::Make(config, {"CANARY-the-right-token"});
  ASSERT_TRUE(policy.ok()) << policy.status();
  auto control_plane = service::ControlPlane::Start(
      {.listen = *Address::Parse("127.0.0.1:0"),
       .store = *store::SqliteStore::Open(":memory:", absl::Now()),
       .access = *std::move(policy)});
  ASSERT_TRUE(control_plane.ok()) << control_plane.status();
  v1::ControlPlaneAccess access;
  access.set_token_file(
      pinnace::testing::WriteTestFile("gateway-token", "CANARY-another-token"));
  const auto channel =
      ControlPlaneChannel((*control_plane)->address().ToString(), access);
  ASSERT_TRUE(channel.ok()) << channel.status();
  FakeGateway gateway;
  SnapshotClient::Options options = OptionsFor(gateway, *channel);
  absl::Notification refused;
  options.log = [&refused](absl::string_view line) {
    EXPECT_EQ(line.find("CANARY"), absl::string_view::npos) << line;
    if (refused.HasBeenNotified()) return;
    EXPECT_EQ(line,
              "control plane away, serving on from the last snapshot: the "
              "control plane does not know this token");
    refused.Notify();
  };
  SnapshotClient client(gateway, std::move(options));
  refused.WaitForNotification();
  pinnace::testing::WriteTestFile("gateway-token", "CANARY-the-right-token");
  gateway.Await(0);
}

TEST(SnapshotClientTest, SaysOnceWhyThereIsNoWay) {
  FakeGateway gateway;
  SnapshotClient::Options options =
      OptionsFor(gateway, *ControlPlaneChannel("127.0.0.1:1", {}));
  absl::Notification logged;
  options.log = [&logged](absl::string_view line) {
    EXPECT_NE(line.find("Connection refused"), absl::string_view::npos) << line;
    ASSERT_FALSE(logged.HasBeenNotified());
    logged.Notify();
  };
  SnapshotClient client(gateway, std::move(options));
  logged.WaitForNotification();
}

TEST(SnapshotClientTest, EndsWhileNobodyAnswers) {
  FakeGateway gateway;
  SnapshotClient client(
      gateway, OptionsFor(gateway, *ControlPlaneChannel("127.0.0.1:1", {})));
}

TEST(SnapshotFileTest, IsWholeOrAnError) {
  const std::string path = ::testing::TempDir() + "/file";
  std::remove(path.c_str());
  EXPECT_EQ(ReadSnapshotFile(path).status().message(),
            path + ": cannot be read");
  v1::Snapshot snapshot;
  snapshot.set_version(5);
  ASSERT_TRUE(WriteSnapshotFile(path, snapshot).ok());
  EXPECT_EQ(ReadSnapshotFile(path)->version(), 5u);
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs("\xff\xff", file);
  std::fclose(file);
  EXPECT_EQ(ReadSnapshotFile(path).status().message(),
            path + ": is not a snapshot");
  snapshot.add_farms()->set_name("main");
  snapshot.mutable_farms(0)->set_balance(static_cast<v1::Farm::Balance>(99));
  ASSERT_TRUE(WriteSnapshotFile(path, snapshot).ok());
  EXPECT_EQ(ReadSnapshotFile(path).status().ToString(),
            "DATA_LOSS: " + path + ": farms[0].balance: unknown value 99");
  EXPECT_FALSE(WriteSnapshotFile("/nonexistent/x", snapshot).ok());
}

}  // namespace
}  // namespace pinnace::control
