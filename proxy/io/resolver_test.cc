#include "proxy/io/resolver.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

using Result = absl::StatusOr<std::vector<IpAddress>>;

Result ResolveNow(const std::string& host) {
  Loop loop;
  std::optional<Result> result;
  const std::unique_ptr<Resolution> resolution =
      Resolve(loop, host, [&](Result r) { result = std::move(r); });
  EXPECT_FALSE(result.has_value());
  EXPECT_TRUE(TurnUntil(loop, [&] { return result.has_value(); }));
  return *std::move(result);
}

TEST(ResolverTest, FindsLocalhost) {
  const Result result = ResolveNow("localhost");
  ASSERT_TRUE(result.ok()) << result.status();
  for (const IpAddress& address : *result) {
    EXPECT_TRUE(address.IsLoopback()) << address.ToString();
  }
}

TEST(ResolverTest, NumbersStayWhatTheyAre) {
  EXPECT_EQ(*ResolveNow("127.0.0.9"),
            std::vector<IpAddress>{*IpAddress::Parse("127.0.0.9")});
  EXPECT_EQ(*ResolveNow("::1"),
            std::vector<IpAddress>{*IpAddress::Parse("::1")});
}

TEST(ResolverTest, AnErrorNamesTheHost) {
  // Too long for a label: refused without asking anybody.
  const std::string host(64, 'a');
  const Result result = ResolveNow(host);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().message().substr(0, 8 + 64), "resolve " + host);
}

TEST(ResolverTest, DroppedItCallsNobody) {
  Loop loop;
  for (int i = 0; i < 20; ++i) {
    const std::unique_ptr<Resolution> dropped =
        Resolve(loop, "localhost", [](Result) { FAIL(); });
  }
  Settle(loop);
}

TEST(ResolverTest, MayBeDroppedInDone) {
  Loop loop;
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto token = std::make_shared<int>(7);
    int seen = 0;
    std::unique_ptr<Resolution> resolution;
    resolution = Resolve(loop, host, [&, token](Result) {
      resolution.reset();
      seen = *token;
    });
    ASSERT_TRUE(TurnUntil(loop, [&] { return seen != 0; }));
  }
}

}  // namespace
}  // namespace pinnace::io
