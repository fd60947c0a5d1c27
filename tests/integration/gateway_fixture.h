// A gateway on loopback with backends of the test's own; checks at the end that
// nothing is left behind.
#ifndef PINNACE_TESTS_INTEGRATION_GATEWAY_FIXTURE_H_
#define PINNACE_TESTS_INTEGRATION_GATEWAY_FIXTURE_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/gateway/gateway.h"
#include "tests/integration/plain_backend.h"
#include "tests/integration/plain_client.h"

namespace pinnace::integration {

using Mode = PlainClient::Mode;

inline const IpAddress kLoopback = *IpAddress::Parse("127.0.0.1");
inline const IpAddress kLoopback6 = *IpAddress::Parse("::1");

// Below the ports that the kernel hands out by itself, so that they stay free
// until the gateway has them.
PortRange FreePorts(int count);

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    options_.workers = 2;
    options_.listeners = {{{kLoopback, 0}, "main"}, {{kLoopback6, 0}, "main"}};
    options_.public_ports = {FreePorts(4)};
    options_.probe_interval = absl::ZeroDuration();
    options_.drain_notice = absl::ZeroDuration();
    farm_.name = "main";
    farm_.pin_ttl = absl::ZeroDuration();
    farm_.balance = fleet::Balance::kRoundRobin;
  }

  ~GatewayTest() override {
    if (gateway_ == nullptr) return;
    // Whatever a test did, nothing may be left behind it.
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (!gateway_->Sessions().empty() && absl::Now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_TRUE(gateway_->Sessions().empty());
    EXPECT_EQ(gateway_->Ports().pending, 0);
    EXPECT_EQ(gateway_->Ports().waiting, 0);
    for (const fleet::Backend& backend :
         gateway_->snapshot()->fleet.farms[0].backends) {
      EXPECT_EQ(backend.status->sessions.load(), 0) << backend.id;
    }
  }

  PlainBackend& AddBackend(const IpAddress& address = kLoopback) {
    return AddBackend(address, PlainBackend::Behaviour());
  }

  PlainBackend& AddBackend(const IpAddress& address,
                           PlainBackend::Behaviour behaviour) {
    backends_.push_back(std::make_unique<PlainBackend>(address, behaviour));
    AddAddress(backends_.back()->address());
    return *backends_.back();
  }

  void AddAddress(const Address& address) {
    fleet::Backend backend;
    backend.id = absl::StrCat("b", farm_.backends.size());
    backend.address = {address.ip.ToString(), address.port};
    farm_.backends.push_back(backend);
  }

  void Start() {
    auto snapshot = std::make_shared<snapshot::Snapshot>();
    snapshot->version = 1;
    snapshot->fleet.farms = {farm_};
    absl::StatusOr<std::unique_ptr<gateway::Gateway>> started =
        gateway::Gateway::Start(options_, snapshot);
    ASSERT_TRUE(started.ok()) << started.status();
    gateway_ = *std::move(started);
  }

  // Logs in, opens a passive data connection and sends a transfer command,
  // which has its 150 when this returns.
  static BlockingSocket StartTransfer(PlainClient& client,
                                      absl::string_view command) {
    client.Login();
    EXPECT_TRUE(client.OpenData(Mode::kPasv)) << client.last_reply();
    BlockingSocket data = client.TakeData();
    EXPECT_THAT(client.Command(command), ::testing::StartsWith("150"));
    return data;
  }

  Address ipv4() const { return gateway_->listening()[0]; }
  Address ipv6() const { return gateway_->listening()[1]; }

  gateway::GatewayOptions options_;
  fleet::Farm farm_;
  std::vector<std::unique_ptr<PlainBackend>> backends_;
  std::unique_ptr<gateway::Gateway> gateway_;
};

}  // namespace pinnace::integration

#endif  // PINNACE_TESTS_INTEGRATION_GATEWAY_FIXTURE_H_
