// Health probes over real sockets: the prober alone on a loop of the test's,
// and what sessions of a gateway have of it.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/gateway/prober.h"
#include "proxy/ingress/proxy_header.h"
#include "proxy/io/loop.h"
#include "tests/integration/gateway_fixture.h"
#include "tests/integration/probed_backend.h"

namespace pinnace::integration {
namespace {

using fleet::Health;
using fleet::ProbeKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(20);
constexpr absl::Duration kShortTimeout = absl::Milliseconds(100);

// While it lives the process can open nothing.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &former_);
    rlimit none = former_;
    none.rlim_cur = 3;  // poll() wants room for what it is given
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &former_); }

 private:
  rlimit former_;
};

class HealthTest : public ::testing::Test {
 protected:
  HealthTest() {
    farm_.name = "main";
    farm_.health_check.interval = absl::Milliseconds(10);
    farm_.health_check.fall = 1;
  }
  ~HealthTest() override {
    prober_.reset();
    std::remove(password_file_.c_str());
  }

  fleet::BackendStatus& Add(const Address& address) {
    return Add({address.ip.ToString(), address.port});
  }
  fleet::BackendStatus& Add(const HostPort& address) {
    fleet::Backend backend;
    backend.id = absl::StrCat("b", farm_.backends.size());
    backend.address = address;
    farm_.backends.push_back(backend);
    return *backend.status;
  }

  void Publish() {
    if (prober_ == nullptr) {
      prober_ = std::make_unique<gateway::Prober>(loop_, options_, tls_);
    }
    snapshot::Snapshot snapshot;
    snapshot.fleet.farms = {farm_};
    prober_->Publish(snapshot);
  }

  template <typename Condition>
  bool Until(Condition condition) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (!condition() && absl::Now() < deadline) {
      loop_.RunOnce(absl::Milliseconds(5));
    }
    return condition();
  }
  bool UntilHealth(const fleet::BackendStatus& status, Health health) {
    return Until([&] { return status.health() == health; });
  }
  int Known() const {
    int known = 0;
    for (const fleet::Backend& backend : farm_.backends) {
      if (backend.status->health() != Health::kUnknown) ++known;
    }
    return known;
  }

  void SetPassword(const std::string& content) {
    std::ofstream(password_file_) << content;
    farm_.health_check.password_file = password_file_;
  }

  const std::string password_file_ =
      absl::StrCat(::testing::TempDir(), "probe_password.", getpid());
  io::Loop loop_;
  fleet::Farm farm_;
  gateway::TlsMaterial tls_{std::nullopt};
  gateway::Prober::Options options_;
  std::unique_ptr<gateway::Prober> prober_;
  ProbedBackend backend_{kLoopback};
};

TEST_F(HealthTest, ABackendFallsAndRises) {
  farm_.health_check.rise = 3;
  farm_.health_check.fall = 2;
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  EXPECT_EQ(status.trouble(), "");
  backend_.Set({.greeting = "421 Not now"});
  const int64_t before_fall = backend_.sessions();
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
  EXPECT_GE(backend_.sessions(), before_fall + 2);
  EXPECT_EQ(status.trouble(), "its greeting is 421 Not now");
  backend_.Set({});
  const int64_t before_rise = backend_.sessions();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  EXPECT_GE(backend_.sessions(), before_rise + 3);
  EXPECT_EQ(status.trouble(), "");
}

TEST_F(HealthTest, FeaturesAreLearned) {
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  EXPECT_THAT(*status.features(), ElementsAre("SIZE", "REST STREAM"));
  EXPECT_THAT(backend_.verbs(), Not(Contains("USER")));
}

TEST_F(HealthTest, AWrongPasswordIsDownUntilTheFileHasTheRightOne) {
  farm_.health_check.kind = ProbeKind::kLogin;
  farm_.health_check.user = "probe";
  backend_.Set({.password = "right"});
  SetPassword("wr0ng\n");
  const fleet::BackendStatus& status = Add(backend_.address());
  ::testing::internal::CaptureStderr();
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
  EXPECT_EQ(status.trouble(), "PASS: 530 Not ***");
  EXPECT_THAT(*status.features(), Contains("SIZE"));
  SetPassword("right\nsecond line\n");
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr(absl::StrCat(
                       "backend main/b0 (", backend_.address().ToString(),
                       ") is unhealthy: PASS: 530 Not ***")));
  EXPECT_THAT(log, HasSubstr(") is healthy"));
  EXPECT_THAT(log, Not(HasSubstr("wr0ng")));
}

// The file is the gateway's: without it good backends stay what they are.
TEST_F(HealthTest, APasswordFileThatCannotBeReadIsNamedAndHarmsNobody) {
  farm_.health_check.kind = ProbeKind::kLogin;
  farm_.health_check.password_file = "/nonexistent/password";
  const std::string trouble =
      "password_file /nonexistent/password: No such file or directory";
  const fleet::BackendStatus& status = Add(backend_.address());
  ::testing::internal::CaptureStderr();
  Publish();
  ASSERT_TRUE(Until([&] { return status.trouble() == trouble; }));
  EXPECT_EQ(status.health(), Health::kUnknown);
  EXPECT_EQ(backend_.sessions(), 0);
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      HasSubstr(absl::StrCat(
          "backend main/b0 (", backend_.address().ToString(),
          ") could not be probed, and keeps the health it had: ", trouble)));

  SetPassword("right\n");
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  EXPECT_EQ(status.trouble(), "");
  farm_.health_check.password_file = "/nonexistent/password";
  Publish();
  ASSERT_TRUE(Until([&] { return status.trouble() == trouble; }));
  EXPECT_EQ(status.health(), Health::kHealthy);
}

TEST_F(HealthTest, TlsFilesThatCannotBeReadHarmNobody) {
  farm_.backend_tls = {.mode = fleet::BackendTlsMode::kExplicit,
                       .ca = "/nonexistent/ca.pem"};
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(Until([&] { return status.trouble() != ""; }));
  EXPECT_THAT(status.trouble(), HasSubstr("/nonexistent/ca.pem"));
  EXPECT_EQ(status.health(), Health::kUnknown);
  EXPECT_EQ(backend_.sessions(), 0);
}

TEST_F(HealthTest, WithoutDescriptorsNobodyIsFoundDown) {
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  {
    const NoDescriptors none;
    ASSERT_TRUE(Until([&] { return status.trouble() != ""; }));
  }
  EXPECT_THAT(status.trouble(), HasSubstr("Too many open files"));
  EXPECT_EQ(status.health(), Health::kHealthy);
  EXPECT_TRUE(Until([&] { return status.trouble() == ""; }));
}

TEST_F(HealthTest, WhoIsNoLongerProbedIsNoLongerDown) {
  backend_.Set({.greeting = "421 Not now"});
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
  farm_.health_check.interval = absl::ZeroDuration();
  Publish();
  EXPECT_EQ(status.health(), Health::kUnknown);
  EXPECT_EQ(status.trouble(), "");
}

TEST_F(HealthTest, EqualFeaturesAreKeptOnce) {
  const fleet::BackendStatus& one = Add(backend_.address());
  const fleet::BackendStatus& other = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(one, Health::kHealthy));
  ASSERT_TRUE(UntilHealth(other, Health::kHealthy));
  EXPECT_EQ(one.features(), other.features());
}

TEST_F(HealthTest, AHangingListIsFoundAndForgiven) {
  farm_.health_check.kind = ProbeKind::kList;
  farm_.health_check.timeout = kShortTimeout;
  farm_.health_check.rise = 2;
  backend_.Set({.answers = {{"LIST", ""}}});
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
  EXPECT_EQ(status.trouble(), "LIST: no answer in 100ms");
  backend_.Set({.answers = {{"LIST", "150 Coming, perhaps"}}});
  ASSERT_TRUE(Until([&] {
    return status.trouble() == "LIST: the listing did not end in 100ms";
  })) << status.trouble();
  // Room for a slow machine: that it rises is what counts here.
  farm_.health_check.timeout = kPatience;
  // A probe may connect before Set() and still find it well.
  const int64_t before = backend_.sessions();
  Publish();
  backend_.Set({});
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy)) << status.trouble();
  EXPECT_GE(backend_.sessions(), before + 2);
}

TEST_F(HealthTest, OneThatSaysNothingIsDown) {
  farm_.health_check.timeout = kShortTimeout;
  backend_.Set({.greeting = ""});
  const fleet::BackendStatus& status = Add(backend_.address());
  const absl::Time start = absl::Now();
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
  EXPECT_GE(absl::Now() - start, kShortTimeout - absl::Milliseconds(10));
  EXPECT_EQ(status.trouble(), "connected, but sent no greeting");
}

TEST_F(HealthTest, WithoutEpsvPasvIsUsed) {
  farm_.health_check.kind = ProbeKind::kList;
  backend_.Set({.answers = {{"EPSV", "502 No EPSV here"}}});
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy)) << status.trouble();
  EXPECT_THAT(backend_.verbs(), Contains("PASV"));
  EXPECT_TRUE(status.lacks_epsv);
}

TEST_F(HealthTest, AnActiveFarmIsListedActively) {
  farm_.health_check.kind = ProbeKind::kList;
  farm_.data_mode = fleet::DataMode::kActive;
  ProbedBackend backend6(kLoopback6);
  const fleet::BackendStatus& status = Add(backend_.address());
  const fleet::BackendStatus& status6 = Add(backend6.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy)) << status.trouble();
  ASSERT_TRUE(UntilHealth(status6, Health::kHealthy)) << status6.trouble();
  EXPECT_THAT(backend_.verbs(), Contains("PORT"));
  EXPECT_THAT(backend6.verbs(), Contains("EPRT"));
}

TEST_F(HealthTest, AnActiveDataConnectionThatDoesNotComeIsNamed) {
  farm_.health_check.kind = ProbeKind::kList;
  farm_.health_check.timeout = kShortTimeout;
  farm_.data_mode = fleet::DataMode::kActive;
  backend_.Set({.answers = {{"LIST", "150 On my way"}}});
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
  EXPECT_EQ(status.trouble(), "LIST: no data connection in 100ms");
}

TEST_F(HealthTest, TheProxyHeaderIsSeenFirst) {
  const std::string header = ingress::ProxyV2Local();
  backend_.Set({.proxy_header_bytes = header.size()});
  const fleet::BackendStatus& status = Add(backend_.address());
  farm_.backends[0].proxy_protocol = fleet::ProxyProtocol::kV2;
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy)) << status.trouble();
  EXPECT_EQ(backend_.proxy_header(), header);
}

TEST_F(HealthTest, TheProxyHeaderIsSeenFirstOnTheDataConnectionToo) {
  const std::string header = ingress::ProxyV2Local();
  backend_.Set({.data_header_bytes = header.size()});
  farm_.health_check.kind = ProbeKind::kList;
  const fleet::BackendStatus& status = Add(backend_.address());
  farm_.backends[0].data_proxy_protocol = fleet::ProxyProtocol::kV2;
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy)) << status.trouble();
  EXPECT_EQ(backend_.data_header(), header);
}

TEST_F(HealthTest, ANameIsResolved) {
  const fleet::BackendStatus& status =
      Add(HostPort{"localhost", backend_.address().port});
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy)) << status.trouble();
  ASSERT_TRUE(Until([&] { return status.addresses() != nullptr; }));
  EXPECT_THAT(*status.addresses(), Contains(kLoopback));
  // A further backend of a known name has its addresses at once.
  const fleet::BackendStatus& second = Add(HostPort{"localhost", 1});
  Publish();
  EXPECT_EQ(second.addresses(), status.addresses());
}

TEST_F(HealthTest, NotMoreProbesThanTheBoundAreUnderWay) {
  constexpr int kBackends = 12;
  options_.max_probes = 4;
  farm_.health_check.timeout = kShortTimeout;
  backend_.Set({.greeting = ""});
  for (int i = 0; i < kBackends; ++i) Add(backend_.address());
  Publish();
  size_t most = 0;
  EXPECT_TRUE(Until([&] {
    most = std::max(most, prober_->probes_under_way());
    return Known() == kBackends;
  }));
  EXPECT_EQ(most, options_.max_probes);
  EXPECT_GT(prober_->late_probes(), 0);
}

TEST_F(HealthTest, OnlySomeOfABigFleetAreProbedAtOnce) {
  farm_.health_check.interval = absl::Hours(24);
  for (int i = 0; i < 4 * limits::kFirstProbesAtOnce; ++i) {
    Add(backend_.address());
  }
  Publish();
  EXPECT_TRUE(Until([&] { return Known() >= limits::kFirstProbesAtOnce; }));
  EXPECT_EQ(Known(), limits::kFirstProbesAtOnce);
  EXPECT_EQ(prober_->probes_under_way(), 0u);
}

TEST_F(HealthTest, ChangedSettingsTakeEffectAndForgetNothing) {
  farm_.health_check.interval = absl::Hours(24);
  const fleet::BackendStatus& status = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(status, Health::kHealthy));
  // A new one is probed at once, and the other one's turn does not come.
  const fleet::BackendStatus& second = Add(backend_.address());
  Publish();
  ASSERT_TRUE(UntilHealth(second, Health::kHealthy));
  EXPECT_EQ(backend_.sessions(), 2);

  farm_.health_check.kind = ProbeKind::kLogin;
  farm_.health_check.fall = 2;
  backend_.Set({.password = "another"});
  Publish();
  ASSERT_TRUE(Until([&] { return status.trouble() != ""; }));
  EXPECT_EQ(status.health(), Health::kHealthy);  // It takes two.
  EXPECT_THAT(*status.features(), Contains("SIZE"));
  // In doubt it is asked again soon, whatever the interval.
  ASSERT_TRUE(UntilHealth(status, Health::kUnhealthy));
}

TEST_F(HealthTest, WhoLeavesIsNoLongerProbed) {
  farm_.health_check.timeout = absl::Minutes(5);
  backend_.Set({.greeting = ""});
  Add(backend_.address());
  Publish();
  ASSERT_TRUE(Until([&] { return backend_.sessions() == 1; }));
  EXPECT_EQ(prober_->probes_under_way(), 1u);
  farm_.backends.clear();
  Publish();
  EXPECT_EQ(prober_->probes_under_way(), 0u);
  EXPECT_EQ(loop_.live_timers(), 0);
}

TEST_F(HealthTest, WithoutAnIntervalNobodyIsProbed) {
  farm_.health_check.interval = absl::ZeroDuration();
  Add(backend_.address());
  Publish();
  EXPECT_EQ(prober_->probes_under_way(), 0u);
  EXPECT_EQ(loop_.live_timers(), 0);
}

// No look-up is made for it.
std::string ImpossibleName() { return std::string(300, 'x'); }

TEST_F(GatewayTest, AFailedLookUpDoesNotEjectABackendThatWasResolved) {
  PlainBackend& backend = AddBackend();
  const auto addresses =
      std::make_shared<const std::vector<IpAddress>>(1, kLoopback);
  farm_.backends[0].address.host = ImpossibleName();
  farm_.backends[0].status->SetAddresses(addresses);
  farm_.health_check.interval = absl::Milliseconds(10);
  Start();
  const fleet::BackendStatus& status =
      *gateway_->snapshot()->fleet.farms[0].backends[0].status;
  const absl::Time deadline = absl::Now() + kPatience;
  while (status.health() == Health::kUnknown && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(status.health(), Health::kHealthy) << status.trouble();
  EXPECT_EQ(status.addresses(), addresses);
  EXPECT_THAT(PlainClient(ipv4()).Login(), ::testing::StartsWith("230"));
  EXPECT_EQ(backend.logins(), 1);
}

TEST_F(GatewayTest, ABackendWhoseListHangsGetsNoSessions) {
  AddBackend();
  ProbedBackend hanging(kLoopback);
  hanging.Set({.answers = {{"LIST", ""}}});
  AddAddress(hanging.address());
  farm_.health_check = {.kind = ProbeKind::kList,
                        .interval = absl::Milliseconds(50),
                        .timeout = absl::Seconds(1),
                        .user = "probe"};
  Start();
  const std::vector<fleet::Backend>& backends =
      gateway_->snapshot()->fleet.farms[0].backends;
  const absl::Time deadline = absl::Now() + kPatience;
  while (backends[1].status->health() != Health::kUnhealthy &&
         absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(backends[1].status->trouble(), "LIST: no answer in 1s");
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(PlainClient(ipv4()).Login(), ::testing::StartsWith("230"));
  }
  EXPECT_EQ(backends[1].status->sessions_total.load(), 0);
}

}  // namespace
}  // namespace pinnace::integration
