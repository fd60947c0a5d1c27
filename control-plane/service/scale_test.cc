// 10,000 backends in 100 farms and 50 gateways: how long it takes. Prints its
// figures; its bounds are for a loaded machine.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "control-plane/service/control_plane_fixture.h"
#include "control-plane/service/wire_bytes.h"
#include "grpcpp/generic/generic_stub.h"

namespace pinnace::service {
namespace {

constexpr int kBackends = 10'000;
constexpr int kFarms = 100;
constexpr int kCallers = 8;
constexpr int kGateways = 50;
constexpr absl::Duration kBound = absl::Seconds(120);

// What the disk under the test takes for one page: registering waits for it.
absl::Duration FsyncTime() {
  constexpr int kPages = 50;
  const std::string page(4096, 'x');
  const std::string path = testing::TempDir() + "/page";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const absl::Time start = absl::Now();
  for (int i = 0; i < kPages; ++i) {
    EXPECT_EQ(write(file, page.data(), page.size()), page.size());
    EXPECT_EQ(fsync(file), 0);
  }
  close(file);
  return (absl::Now() - start) / kPages;
}

// A gateway that takes snapshots as they come off the stream: fifty of them
// have as many machines to parse on, and not this one.
class Receiver final
    : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Receiver(const std::shared_ptr<grpc::Channel>& channel,
           const std::string& name)
      : stub_(channel) {
    v1::GatewayMessage message;
    message.mutable_hello()->set_name(name);
    hello_ = BytesOf(message);
    stub_.PrepareBidiStreamingCall(&context_, "/pinnace.v1.Discovery/Follow",
                                   grpc::StubOptions(), this);
    StartWrite(&hello_);
    StartRead(&incoming_);
    StartCall();
  }

  // Of the n-th snapshot.
  absl::Time AwaitArrival(size_t n) {
    absl::MutexLock lock(&mutex_);
    const auto arrived = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return arrivals_.size() >= n;
    };
    mutex_.Await(absl::Condition(&arrived));
    return arrivals_[n - 1];
  }
  // The last that came.
  v1::Snapshot Last() {
    absl::MutexLock lock(&mutex_);
    v1::ControlMessage message;
    grpc::ByteBuffer bytes = last_;  // Reading empties it.
    EXPECT_TRUE(grpc::SerializationTraits<v1::ControlMessage>::Deserialize(
                    &bytes, &message)
                    .ok());
    return message.snapshot();
  }
  void End() {
    context_.TryCancel();
    done_.WaitForNotification();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    {
      absl::MutexLock lock(&mutex_);
      arrivals_.push_back(absl::Now());
      last_ = incoming_;
    }
    StartRead(&incoming_);
  }
  void OnDone(const grpc::Status&) override { done_.Notify(); }

 private:
  grpc::ClientContext context_;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub_;
  grpc::ByteBuffer hello_;
  grpc::ByteBuffer incoming_;
  absl::Mutex mutex_;
  std::vector<absl::Time> arrivals_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer last_ ABSL_GUARDED_BY(mutex_);
  absl::Notification done_;
};

class ScaleTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = testing::TempDir() + "/scale.db";
    for (const char* end : {"", "-wal", "-shm"}) {
      std::filesystem::remove(path + end);
    }
    auto started = ControlPlane::Start(
        {.listen = *Address::Parse("127.0.0.1:0"),
         .store = *store::SqliteStore::Open(path, absl::Now())});
    ASSERT_TRUE(started.ok()) << started.status();
    control_plane_ = *std::move(started);
  }

  // Every number below `count`, by all callers together, each with a connection
  // of its own.
  absl::Duration ForEach(int count,
                         const std::function<void(Registry&, int)>& call) {
    const absl::Time start = absl::Now();
    std::vector<std::thread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        grpc::ChannelArguments arguments;
        arguments.SetInt("caller", caller);
        auto registry = v1::Registry::NewStub(grpc::CreateCustomChannel(
            control_plane_->address().ToString(),
            grpc::InsecureChannelCredentials(), arguments));
        for (int i = caller; i < count; i += kCallers) call(*registry, i);
      });
    }
    for (std::thread& caller : callers) caller.join();
    return absl::Now() - start;
  }

  std::unique_ptr<ControlPlane> control_plane_;
};

void RegisterOne(Registry& registry, int i) {
  v1::RegisterBackendRequest request;
  request.set_farm(absl::StrCat("farm-", i % kFarms));
  request.mutable_backend()->set_id(absl::StrCat("backend-", i));
  request.mutable_backend()->set_address(
      absl::StrCat("10.", i / 250, ".7.", 1 + i % 250, ":2121"));
  request.mutable_backend()->set_zone("zone-a");
  request.mutable_ttl()->set_seconds(600);
  v1::BackendRecord record;
  grpc::ClientContext context;
  EXPECT_EQ(Show(registry.RegisterBackend(&context, request, &record)), "OK");
}

void HeartbeatOne(Registry& registry, int i) {
  v1::HeartbeatRequest request;
  request.set_id(absl::StrCat("backend-", i));
  v1::BackendRecord record;
  grpc::ClientContext context;
  EXPECT_EQ(Show(registry.Heartbeat(&context, request, &record)), "OK");
}

TEST_F(ScaleTest, TenThousandBackendsAndFiftyGateways) {
  const absl::Duration registered = ForEach(kBackends, RegisterOne);
  std::printf(
      "register: %d backends in %d farms by %d callers: %.2f s (%.2f ms each; "
      "an fsync takes %.2f ms)\n",
      kBackends, kFarms, kCallers, absl::ToDoubleSeconds(registered),
      absl::ToDoubleMilliseconds(registered) / kBackends,
      absl::ToDoubleMilliseconds(FsyncTime()));
  EXPECT_LT(registered, kBound);
  const absl::Duration renewed = ForEach(kBackends, HeartbeatOne);
  std::printf("heartbeat: %d by %d callers: %.2f s\n", kBackends, kCallers,
              absl::ToDoubleSeconds(renewed));

  std::vector<std::unique_ptr<Receiver>> gateways;
  for (int i = 0; i < kGateways; ++i) {
    gateways.push_back(std::make_unique<Receiver>(
        control_plane_->InProcessChannel(), absl::StrCat("gateway-", i)));
  }
  for (auto& gateway : gateways) gateway->AwaitArrival(1);
  EXPECT_EQ(gateways[0]->Last().farms_size(), kFarms);
  const absl::Time start = absl::Now();
  v1::DrainBackendRequest drain;
  drain.set_id("backend-7");
  const auto drained = control_plane_->keeper().Drain(drain);
  ASSERT_TRUE(drained.ok()) << drained.status();
  const absl::Duration committed = absl::Now() - start;
  std::vector<absl::Duration> delays;
  for (auto& gateway : gateways) {
    delays.push_back(gateway->AwaitArrival(2) - start);
  }
  const auto [first, last] = std::minmax_element(delays.begin(), delays.end());
  std::printf(
      "change: committed after %.1f ms, at the first of %d gateways after "
      "%.1f ms, at the last after %.1f ms (snapshot of %zu bytes)\n",
      absl::ToDoubleMilliseconds(committed), kGateways,
      absl::ToDoubleMilliseconds(*first), absl::ToDoubleMilliseconds(*last),
      gateways[0]->Last().ByteSizeLong());
  EXPECT_LT(*last, absl::Seconds(20));
  for (auto& gateway : gateways) {
    EXPECT_EQ(gateway->Last().version(), drained->version());
    gateway->End();
  }
}

}  // namespace
}  // namespace pinnace::service
