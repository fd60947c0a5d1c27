// What it costs the sessions to be looked at: five thousand of them, a page of
// each kind, and somebody who goes on with commands meanwhile.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "httplib.h"
#include "proxy/admin/admin_server.h"
#include "tests/integration/gateway_fixture.h"

namespace pinnace::integration {
namespace {

constexpr size_t kSessions = 5'000;
// Of so many tries the best counts: the machine has other work, too.
constexpr int kTries = 10;
constexpr absl::Duration kLongestScrape = absl::Milliseconds(50);
constexpr absl::Duration kLongestDelay = absl::Milliseconds(5);

class LookTest : public GatewayTest {
 protected:
  LookTest() {
    rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    options_.max_sessions = kSessions + 1;
  }

  void Connect() {
    while (clients_.size() < kSessions) {
      BlockingSocket client = BlockingSocket::Connect(ipv4());
      ASSERT_TRUE(client.is_open());
      ASSERT_TRUE(client.ReceiveLine().has_value());
      clients_.push_back(std::move(client));
    }
    EXPECT_EQ(gateway_->SessionCount(), static_cast<int64_t>(kSessions));
  }

  std::vector<BlockingSocket> clients_;
};

TEST_F(LookTest, FiveThousandSessions) {
  AddBackend();
  Start();
  Connect();
  auto server = admin::AdminServer::Start({kLoopback, 0}, *gateway_, {});
  ASSERT_TRUE(server.ok()) << server.status();
  httplib::Client http("127.0.0.1", (*server)->address().port);
  http.set_keep_alive(true);
  for (const char* path :
       {"/metrics", "/api/v1/sessions?limit=1000&offset=2000&order_by=client",
        "/api/v1/transfers", "/api/v1/stats"}) {
    SCOPED_TRACE(path);
    absl::Duration best_scrape = absl::InfiniteDuration();
    absl::Duration best_delay = absl::InfiniteDuration();
    for (int i = 0; i < kTries; ++i) {
      std::atomic<bool> is_over{false};
      absl::Duration scrape;
      std::thread looks([&] {
        const absl::Time start = absl::Now();
        const httplib::Result result = http.Get(path);
        scrape = absl::Now() - start;
        EXPECT_TRUE(result && result->status == 200);
        is_over = true;
      });
      // The longest that a command waited while the look was under way.
      absl::Duration delay;
      size_t next = 0;
      do {
        BlockingSocket& client = clients_[next++ % kSessions];
        const absl::Time start = absl::Now();
        ASSERT_TRUE(client.Send("NOOP\r\n"));
        ASSERT_EQ(client.ReceiveLine(), "200 OK.");
        delay = std::max(delay, absl::Now() - start);
      } while (!is_over);
      looks.join();
      best_scrape = std::min(best_scrape, scrape);
      best_delay = std::min(best_delay, delay);
    }

    EXPECT_LT(best_delay, kLongestDelay);
    if (std::string(path) == "/metrics") {
      EXPECT_LT(best_scrape, kLongestScrape);
    }
    std::printf("%s: %lld us, a command waited %lld us at most\n", path,
                static_cast<long long>(absl::ToInt64Microseconds(best_scrape)),
                static_cast<long long>(absl::ToInt64Microseconds(best_delay)));
  }
}

}  // namespace
}  // namespace pinnace::integration
