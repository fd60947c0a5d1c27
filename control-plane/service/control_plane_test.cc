#include "control-plane/service/control_plane.h"

#include <atomic>

#include "control-plane/store/sqlite_store.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/discovery.grpc.pb.h"
#include "protos/pinnace/v1/registry.grpc.pb.h"
#include "protos/pinnace/v1/sessions.grpc.pb.h"

namespace pinnace::service {
namespace {

using Registry = v1::Registry::Stub;
using Sessions = v1::Sessions::Stub;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

// "CODE: message", or "OK".
std::string Show(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message())
      .ToString();
}

// A store in memory.
std::unique_ptr<store::Store> NewStore() {
  return *store::SqliteStore::Open(":memory:");
}

class ControlPlaneTest : public testing::Test {
 protected:
  void SetUp() override { Start({}); }

  void Start(std::vector<v1::Farm> farms) {
    control_plane_ = nullptr;
    auto started = ControlPlane::Start({
        .listen = *Address::Parse("127.0.0.1:0"),
        .store = NewStore(),
        .file_farms = std::move(farms),
        .pool = {{50000, 50099}},
        .clock = [this] { return absl::FromUnixSeconds(now_.load()); },
    });
    ASSERT_TRUE(started.ok()) << started.status();
    control_plane_ = *std::move(started);
    channel_ = control_plane_->InProcessChannel();
    registry_ = v1::Registry::NewStub(channel_);
    sessions_ = v1::Sessions::NewStub(channel_);
  }

  template <typename Stub, typename Request, typename Response>
  std::string Call(Stub& stub,
                   grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                const Request&, Response*),
                   const std::string& request, Response* response) {
    grpc::ClientContext context;
    return Show((stub.*method)(&context, Parse<Request>(request), response));
  }
  std::string Register(const std::string& request) {
    return Call(*registry_, &Registry::RegisterBackend, request, &record_);
  }
  std::string Get(const std::string& id) {
    return Call(*registry_, &Registry::GetBackend, "id: '" + id + "'",
                &record_);
  }
  v1::Snapshot Snapshot() {
    v1::Snapshot snapshot;
    EXPECT_EQ(Call(*registry_, &Registry::GetSnapshot, "", &snapshot), "OK");
    return snapshot;
  }

  std::atomic<int64_t> now_{1000};
  std::unique_ptr<ControlPlane> control_plane_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Sessions> sessions_;
  v1::BackendRecord record_;
};

// The gateway's end of a Discovery stream.
class Follower {
 public:
  Follower(const std::shared_ptr<grpc::Channel>& channel,
           const std::string& name)
      : stub_(v1::Discovery::NewStub(channel)),
        stream_(stub_->Follow(&context_)) {
    Send("hello { name: '" + name + "' public_ports: '50000-50009' }");
  }

  void Send(const std::string& message) {
    EXPECT_TRUE(stream_->Write(Parse<v1::GatewayMessage>(message)));
  }
  v1::ControlMessage Next() {
    v1::ControlMessage message;
    EXPECT_TRUE(stream_->Read(&message));
    return message;
  }
  // The next snapshot of at least `version`.
  v1::Snapshot Snapshot(uint64_t version) {
    v1::Snapshot snapshot = Next().snapshot();
    while (snapshot.version() < version) snapshot = Next().snapshot();
    return snapshot;
  }
  // Reads to the end of the stream.
  std::string End() {
    v1::ControlMessage message;
    while (stream_->Read(&message)) {
    }
    return Show(stream_->Finish());
  }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::Discovery::Stub> stub_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::GatewayMessage, v1::ControlMessage>>
      stream_;
};

TEST_F(ControlPlaneTest, RegistersListsAndDeregisters) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' }"), "OK");
  EXPECT_EQ(record_.version(), 2u);  // The farm was made first.
  EXPECT_FALSE(record_.has_ttl());
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  // The same again changes nothing.
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(record_.version(), 3u);
  EXPECT_EQ(
      Register("farm: 'main' backend { id: 'a' address: 'a:21' weight: 2 }"),
      "OK");
  EXPECT_EQ(record_.version(), 4u);
  v1::ListBackendsResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListBackends, "farm: 'main'", &list),
            "OK");
  ASSERT_EQ(list.backends_size(), 2);
  EXPECT_EQ(list.backends(0).backend().id(), "a");
  EXPECT_EQ(list.backends(0).backend().weight(), 2u);
  list.Clear();
  EXPECT_EQ(Call(*registry_, &Registry::ListBackends, "farm: 'x'", &list),
            "OK");
  EXPECT_EQ(list.backends_size(), 0);
  v1::DeregisterBackendResponse gone;
  EXPECT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &gone),
            "OK");
  EXPECT_EQ(Get("a"), "NOT_FOUND: id: no backend \"a\"");
  EXPECT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &gone),
            "NOT_FOUND: id: no backend \"a\"");
}

TEST_F(ControlPlaneTest, RefusesWithCodesThatMeanSomething) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' "
                     "public_ports: '50000-50009' }"),
            "OK");
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' "
                     "public_ports: '50005-50010' }"),
            "ALREADY_EXISTS: backend.public_ports: 50005-50010 of backend "
            "\"b\" overlaps 50000-50009 of backend \"a\"");
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' "
                     "public_ports: '60000' }"),
            "INVALID_ARGUMENT: backend.public_ports: 60000 of backend \"b\" is "
            "outside of the gateways' public ports 50000-50099");
  EXPECT_EQ(Call(*registry_, &Registry::DrainBackend,
                 "id: 'a' expected_version: 77", &record_),
            "ABORTED: expected_version: backend \"a\" is at version 2, not 77");
  EXPECT_EQ(Call(*registry_, &Registry::Heartbeat, "id: 'zz'", &record_),
            "NOT_FOUND: id: no backend \"zz\"");
}

TEST_F(ControlPlaneTest, DrainOutlivesTheNextRegistration) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(Call(*registry_, &Registry::DrainBackend, "id: 'a'", &record_),
            "OK");
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  EXPECT_EQ(record_.backend().state(), v1::Backend::STATE_DRAINING);
  EXPECT_EQ(Snapshot().farms(0).backends(0).state(),
            v1::Backend::STATE_DRAINING);
  EXPECT_EQ(Call(*registry_, &Registry::ResumeBackend, "id: 'a'", &record_),
            "OK");
  EXPECT_EQ(record_.backend().state(), v1::Backend::STATE_UP);
}

TEST_F(ControlPlaneTest, ALeaseWithoutHeartbeatsRunsOut) {
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' } ttl { "
                     "seconds: 10 }"),
            "OK");
  EXPECT_EQ(record_.expires().seconds(), 1010);
  EXPECT_EQ(Register("farm: 'main' backend { id: 'p' address: 'p:21' }"), "OK");
  now_ = 1009;
  EXPECT_EQ(Call(*registry_, &Registry::Heartbeat, "id: 'a'", &record_), "OK");
  EXPECT_EQ(record_.expires().seconds(), 1019);
  now_ = 1018;
  EXPECT_EQ(control_plane_->keeper().ExpireDue(), absl::FromUnixSeconds(1019));
  EXPECT_EQ(Get("a"), "OK");
  now_ = 1019;
  EXPECT_EQ(control_plane_->keeper().ExpireDue(), absl::InfiniteFuture());
  EXPECT_EQ(Get("a"), "NOT_FOUND: id: no backend \"a\"");
  EXPECT_EQ(Get("p"), "OK");
}

TEST_F(ControlPlaneTest, FarmsAreMadeChangedAndDeleted) {
  v1::FarmRecord farm;
  EXPECT_EQ(Call(*registry_, &Registry::SetFarm,
                 "farm { name: 'f' balance: BALANCE_ROUND_ROBIN }", &farm),
            "OK");
  EXPECT_EQ(Register("farm: 'f' backend { id: 'a' address: 'a:21' }"), "OK");
  v1::DeleteFarmResponse gone;
  EXPECT_EQ(Call(*registry_, &Registry::DeleteFarm, "name: 'f'", &gone),
            "FAILED_PRECONDITION: name: farm \"f\" has 1 backends");
  v1::DeregisterBackendResponse left;
  EXPECT_EQ(Call(*registry_, &Registry::DeregisterBackend, "id: 'a'", &left),
            "OK");
  EXPECT_EQ(Call(*registry_, &Registry::DeleteFarm, "name: 'f'", &gone), "OK");
  v1::ListFarmsResponse list;
  EXPECT_EQ(Call(*registry_, &Registry::ListFarms, "", &list), "OK");
  EXPECT_EQ(list.farms_size(), 0);
}

TEST_F(ControlPlaneTest, TheFilesFarmsMergeAndReload) {
  const auto farm = Parse<v1::Farm>(
      "name: 'main' backends { id: 's' address: 's:21' public_ports: "
      "'50000-50009' }");
  Start({farm});
  const uint64_t first = Snapshot().version();
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' "
                     "public_ports: '50010' }"),
            "OK");
  EXPECT_EQ(Snapshot().farms(0).backends_size(), 2);
  EXPECT_EQ(Register("farm: 'main' backend { id: 'b' address: 'b:21' "
                     "public_ports: '50009' }"),
            "ALREADY_EXISTS: backend.public_ports: 50009 of backend \"b\" "
            "overlaps 50000-50009 of backend \"s\"");
  // The file now claims what is registered: refused, and all stays.
  auto wider = farm;
  wider.mutable_backends(0)->set_public_ports("50000-50010");
  EXPECT_FALSE(control_plane_->keeper().ReloadFileFarms({wider}).ok());
  EXPECT_EQ(Snapshot().farms(0).backends_size(), 2);
  EXPECT_TRUE(control_plane_->keeper().ReloadFileFarms({}).ok());
  const v1::Snapshot after = Snapshot();
  EXPECT_GT(after.version(), first);
  ASSERT_EQ(after.farms(0).backends_size(), 1);
  EXPECT_EQ(after.farms(0).backends(0).id(), "a");
}

TEST_F(ControlPlaneTest, AFollowerGetsEveryVersionAndSaysWhatItThinks) {
  Follower gateway(channel_, "gw");
  const uint64_t first = gateway.Next().snapshot().version();
  EXPECT_EQ(Register("farm: 'main' backend { id: 'a' address: 'a:21' }"), "OK");
  const v1::Snapshot snapshot = gateway.Snapshot(record_.version());
  EXPECT_GT(snapshot.version(), first);
  EXPECT_EQ(snapshot.farms(0).backends(0).id(), "a");
  gateway.Send("verdict { version: " + std::to_string(snapshot.version()) +
               " }");
  EXPECT_EQ(Call(*registry_, &Registry::DrainBackend, "id: 'a'", &record_),
            "OK");
  const uint64_t next = gateway.Snapshot(record_.version()).version();
  gateway.Send("verdict { version: " + std::to_string(next) +
               " error: 'farms[0].name: no' }");
  gateway.Send(
      "report { sessions: 3 draining: true backends { backend: 'a' sessions: 3 "
      "health: HEALTH_HEALTHY } }");
  // Messages of a stream are taken in order: the answer comes after the report.
  std::thread answer([&] {
    const v1::Query query = gateway.Next().query();
    EXPECT_TRUE(query.has_list_pins());
    gateway.Send("answer { id: " + std::to_string(query.id()) +
                 " pins { pins { key: 'main/1.2.3.4' } } }");
  });
  v1::ListPinsResponse pins;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListPins, "", &pins), "OK");
  answer.join();
  ASSERT_EQ(pins.pins_size(), 1);
  EXPECT_EQ(pins.pins(0).gateway(), "gw");
  v1::ListGatewaysResponse gateways;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListGateways, "", &gateways), "OK");
  ASSERT_EQ(gateways.gateways_size(), 1);
  EXPECT_EQ(gateways.gateways(0).name(), "gw");
  EXPECT_EQ(gateways.gateways(0).sent_version(), next);
  EXPECT_EQ(gateways.gateways(0).acked_version(), snapshot.version());
  EXPECT_EQ(gateways.gateways(0).last_error(), "farms[0].name: no");
  EXPECT_EQ(gateways.gateways(0).sessions(), 3);
  EXPECT_TRUE(gateways.gateways(0).draining());
  EXPECT_EQ(Get("a"), "OK");
  EXPECT_EQ(record_.load().sessions(), 3);
  EXPECT_EQ(record_.load().health(), v1::BackendLoad::HEALTH_HEALTHY);
  gateway.Cancel();
  gateway.End();
}

TEST_F(ControlPlaneTest, KillsTheSessionWhereItIs) {
  v1::KillSessionResponse killed;
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "id: 7", &killed),
            "UNAVAILABLE: no gateway is connected");
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "", &killed),
            "INVALID_ARGUMENT: id: must be set");
  Follower gateway(channel_, "gw");
  gateway.Next();
  std::thread answers([&] {
    // Asked twice: for its sessions, then to end one; then for its sessions.
    const auto id = [&] { return std::to_string(gateway.Next().query().id()); };
    gateway.Send("answer { id: " + id() + " sessions { sessions { id: 7 } } }");
    gateway.Send("answer { id: " + id() + " found: true }");
    gateway.Send("answer { id: " + id() + " sessions { } }");
  });
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "id: 7", &killed), "OK");
  EXPECT_EQ(Call(*sessions_, &Sessions::KillSession, "id: 7", &killed),
            "NOT_FOUND: id: no session 7");
  answers.join();
  v1::ListSessionsResponse list;
  EXPECT_EQ(
      Call(*sessions_, &Sessions::ListSessions, "gateway: 'other'", &list),
      "NOT_FOUND: gateway: no gateway \"other\" is connected");
  gateway.Cancel();
  gateway.End();
}

TEST_F(ControlPlaneTest, AGatewayThatDoesNotAnswerIsNamed) {
  Follower silent(channel_, "silent");
  silent.Next();
  // It hangs up instead of answering, so that nobody waits the two seconds.
  std::thread hang_up([&] {
    silent.Next();
    silent.Cancel();
    silent.End();
  });
  v1::ListSessionsResponse list;
  EXPECT_EQ(Call(*sessions_, &Sessions::ListSessions, "", &list),
            "UNAVAILABLE: no answer from gateway silent");
  hang_up.join();
}

TEST_F(ControlPlaneTest, TheSecondGatewayOfANameReplacesTheFirst) {
  Follower first(channel_, "gw");
  first.Next();
  Follower second(channel_, "gw");
  second.Next();
  EXPECT_EQ(first.End(),
            "ABORTED: hello.name: another gateway \"gw\" has connected");
  second.Cancel();
  second.End();
}

TEST_F(ControlPlaneTest, AStreamBeginsWithAHello) {
  Follower nameless(channel_, "");
  EXPECT_EQ(nameless.End(), "INVALID_ARGUMENT: hello.name: must be set");
}

TEST_F(ControlPlaneTest, StopEndsTheStreams) {
  Follower gateway(channel_, "gw");
  gateway.Next();
  control_plane_->Stop();
  // With our words, or gRPC's when the transport went first.
  EXPECT_EQ(gateway.End().substr(0, 12), "UNAVAILABLE:");
}

TEST_F(ControlPlaneTest, AnAddressInUseIsNamed) {
  const Address taken = control_plane_->address();
  EXPECT_EQ(ControlPlane::Start({.listen = taken, .store = NewStore()})
                .status()
                .message(),
            "control_plane.listen: " + taken.ToString() +
                " is in use, or not an address of this machine");
}

}  // namespace
}  // namespace pinnace::service
