// A control plane over a store in memory, a clock that a test turns, and the
// two ends of a Discovery stream: for the tests of this folder.
#ifndef PINNACE_CONTROL_PLANE_SERVICE_CONTROL_PLANE_FIXTURE_H_
#define PINNACE_CONTROL_PLANE_SERVICE_CONTROL_PLANE_FIXTURE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control-plane/service/control_plane.h"
#include "control-plane/store/sqlite_store.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "protos/pinnace/v1/discovery.grpc.pb.h"
#include "protos/pinnace/v1/registry.grpc.pb.h"
#include "protos/pinnace/v1/sessions.grpc.pb.h"

namespace pinnace::service {

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
inline std::string Show(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message())
      .ToString();
}

// A store in memory.
inline std::unique_ptr<store::Store> NewStore() {
  return *store::SqliteStore::Open(":memory:", absl::UnixEpoch());
}

class ControlPlaneTest : public testing::Test {
 protected:
  void SetUp() override { Start({}); }
  void TearDown() override { control_plane_ = nullptr; }

  // In the place of the one that runs, over a fresh store.
  void Start(FileEntries file, std::unique_ptr<store::Store> store = NewStore(),
             std::vector<PortRange> pool = {{50000, 50099}}) {
    control_plane_ = nullptr;
    auto started = ControlPlane::Start({
        .listen = *Address::Parse("127.0.0.1:0"),
        .store = std::move(store),
        .file = std::move(file),
        .pool = std::move(pool),
        .clock = [this] { return absl::FromUnixSeconds(now_.load()); },
        .lease_clock = [this] { return absl::FromUnixSeconds(now_.load()); },
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
  // Of a process that started at `started`, in seconds.
  Follower(const std::shared_ptr<grpc::Channel>& channel,
           const std::string& name, int started = 0)
      : stub_(v1::Discovery::NewStub(channel)),
        stream_(stub_->Follow(&context_)) {
    Send("hello { name: '" + name +
         "' public_ports: '50000-50009' started { seconds: " +
         std::to_string(started) + " } }");
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

}  // namespace pinnace::service

#endif  // PINNACE_CONTROL_PLANE_SERVICE_CONTROL_PLANE_FIXTURE_H_
