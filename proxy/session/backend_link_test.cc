#include "proxy/session/backend_link.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/test_world.h"

namespace pinnace::session {
namespace {

class BackendLinkTest : public ::testing::Test {
 protected:
  BackendLinkTest() {
    farm_.name = "main";
    farm_.backends.push_back(
        testing::TestWorld::NewBackend("a", {"10.0.0.7", 21}));
  }
  fleet::Backend& backend() { return farm_.backends[0]; }

  const SessionOptions options_;
  fleet::Farm farm_;
  BackendLink link_{options_};
};

TEST_F(BackendLinkTest, APlaceIsTakenOnceAndGivenBack) {
  backend().max_sessions = 1;
  BackendLink other(options_);
  EXPECT_TRUE(link_.Choose(farm_, backend()));
  EXPECT_FALSE(other.Choose(farm_, backend()));
  EXPECT_FALSE(other.is_chosen());
  EXPECT_EQ(backend().status->sessions.load(), 1);
  link_.Drop();
  EXPECT_EQ(backend().status->sessions.load(), 0);
  EXPECT_TRUE(other.Choose(farm_, backend()));
  // The same one anew: its own place is free by then.
  EXPECT_TRUE(other.Choose(farm_, backend()));
  EXPECT_EQ(backend().status->sessions.load(), 1);
}

TEST_F(BackendLinkTest, TransfersCountAgainstTheFarmAndTheBackend) {
  std::vector<std::shared_ptr<rates::RateBucket>> buckets;
  link_.AppendRates(buckets, /*download=*/true);
  EXPECT_TRUE(buckets.empty());

  ASSERT_TRUE(link_.Choose(farm_, backend()));
  link_.AppendRates(buckets, /*download=*/true);
  link_.AppendRates(buckets, /*download=*/false);
  ASSERT_EQ(buckets.size(), 4u);
  EXPECT_EQ(buckets[0].get(), &farm_.progress->rate.download);
  EXPECT_EQ(buckets[1].get(), &backend().status->rate.download);
  EXPECT_EQ(buckets[2].get(), &farm_.progress->rate.upload);
  EXPECT_EQ(buckets[3].get(), &backend().status->rate.upload);

  // A transfer may outlive its place at the backend, and the backend.
  link_.Drop();
  farm_ = fleet::Farm();
  EXPECT_EQ(buckets[1].use_count(), 2);
}

TEST_F(BackendLinkTest, PrivateDataIsAMatterOfTheFarm) {
  const auto wants = [&](fleet::DataProtection protection,
                         bool client_private) {
    farm_.backend_tls = {.mode = fleet::BackendTlsMode::kExplicit,
                         .data_protection = protection};
    EXPECT_TRUE(link_.Choose(farm_, backend()));
    EXPECT_FALSE(link_.WantsPrivate(client_private)) << "in clear";
    link_.Connected({});
    link_.Secured();
    return link_.WantsPrivate(client_private);
  };
  EXPECT_TRUE(wants(fleet::DataProtection::kSame, true));
  EXPECT_FALSE(wants(fleet::DataProtection::kSame, false));
  EXPECT_FALSE(wants(fleet::DataProtection::kClear, true));
  EXPECT_TRUE(wants(fleet::DataProtection::kPrivate, false));
}

TEST_F(BackendLinkTest, TheFarmsTimeoutsAreInForceWhereItHasThem) {
  EXPECT_EQ(link_.timeouts().idle, limits::kIdleTimeout);
  farm_.timeouts.idle = absl::Seconds(7);
  ASSERT_TRUE(link_.Choose(farm_, backend()));
  EXPECT_EQ(link_.timeouts().idle, absl::Seconds(7));
  EXPECT_EQ(link_.timeouts().backend_reply, limits::kBackendReplyTimeout);
}

}  // namespace
}  // namespace pinnace::session
