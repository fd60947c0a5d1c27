// A gateway near its limit of descriptors. By itself, and not under sanitizers:
// they need some to look at memory.
#include <fcntl.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

using metrics::Counter;
using ::testing::StartsWith;

constexpr rlim_t kDescriptors = 400;
constexpr char kShort[] =
    "421 The gateway is short of descriptors, try again later.";

class DescriptorShortageTest : public GatewayTest {
 protected:
  DescriptorShortageTest() {
    getrlimit(RLIMIT_NOFILE, &former_);
    Limit(kDescriptors);
  }
  ~DescriptorShortageTest() override { setrlimit(RLIMIT_NOFILE, &former_); }

  void Limit(rlim_t descriptors) {
    const rlimit limit = {.rlim_cur = descriptors,
                          .rlim_max = former_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  int64_t Counted(Counter counter) {
    return gateway_->Counters()[static_cast<size_t>(counter)];
  }

  rlimit former_;
};

TEST_F(DescriptorShortageTest, NewSessionsAreRefusedAndRunningOnesGoOn) {
  PlainBackend& backend = AddBackend();
  backend.SetFile("file", "content");
  Start();
  PlainClient running(ipv4());
  running.Login();
  std::vector<std::unique_ptr<PlainClient>> others;
  do {
    others.push_back(std::make_unique<PlainClient>(ipv4()));
  } while (others.back()->greeting() == "220 Pinnace ready." &&
           others.size() < kDescriptors);
  EXPECT_EQ(others.back()->greeting(), kShort);
  EXPECT_GE(Counted(Counter::kDescriptorsRefused), 1);
  std::string content;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(running.Download(Mode::kPasv, "RETR file", &content), "226 Done");
    EXPECT_EQ(content, "content");
  }
  // Room again: served again.
  others.clear();
  while (gateway_->Sessions().size() > 1) std::this_thread::yield();
  EXPECT_EQ(PlainClient(ipv4()).greeting(), "220 Pinnace ready.");
}

TEST_F(DescriptorShortageTest, WithoutAnyTheyWaitAndAreServedWhenThereAre) {
  AddBackend();
  Start();
  PlainClient running(ipv4());
  // One is left: the client has it, and the accept finds none.
  const int last = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(last, 0);
  close(last);
  Limit(static_cast<rlim_t>(last) + 1);
  BlockingSocket waiting = BlockingSocket::Connect(ipv4());
  ASSERT_TRUE(waiting.is_open());
  while (Counted(Counter::kAcceptShortages) == 0) std::this_thread::yield();
  EXPECT_THAT(running.Command("SYST"), StartsWith("215"));
  Limit(kDescriptors);
  EXPECT_EQ(waiting.ReceiveLine(), "220 Pinnace ready.");
}

}  // namespace
}  // namespace pinnace::integration
