#include "proxy/session/policy_guard.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/test_world.h"

namespace pinnace::session {
namespace {

// Nobody is logged in: the dialogues have what comes then.
class PolicyGuardTest : public ::testing::Test {
 protected:
  void Publish(std::vector<policy::Policy> policies) {
    world_.snapshot.policies =
        std::make_shared<const policy::PolicySet>(std::move(policies));
  }

  std::string Refusal(const std::optional<policy::Refusal>& refusal) {
    if (!refusal.has_value()) return "";
    return absl::StrCat(static_cast<int>(refusal->code), " ", refusal->text);
  }
  std::string Check(const char* line) {
    Turn turn = world_.NewTurn();
    return Refusal(guard_.Check(ftp::Command::FromLine(line), "", turn));
  }

  int64_t Count(metrics::Counter counter) const {
    metrics::CounterValues values{};
    world_.counters.AddTo(values);
    return values[static_cast<size_t>(counter)];
  }

  testing::TestWorld world_;
  const IpAddress client_ = *IpAddress::Parse("192.0.2.10");
  const std::string listener_ = "0.0.0.0:21";
  const std::string farm_ = "main";
  const TlsFacts tls_ = {};
  BackendLink link_{world_.options};
  Login login_{
      world_.options,
      {.client = client_, .listener = listener_, .farm = farm_, .tls = tls_},
      link_};
  PolicyGuard guard_{client_, listener_, login_, link_};
};

TEST_F(PolicyGuardTest, WithoutPoliciesItLetsEverythingThrough) {
  Turn turn = world_.NewTurn();
  EXPECT_TRUE(guard_.AdmitsClient(turn));
  EXPECT_EQ(Refusal(guard_.AdmitUser("ann", turn)), "");
  EXPECT_EQ(Check("STOR a"), "");
  EXPECT_FALSE(guard_.WantsDirectory(turn));
  EXPECT_EQ(guard_.max_upload_bytes(turn), 0u);
}

TEST_F(PolicyGuardTest, ASnapshotCountsFromTheNextCommandOn) {
  EXPECT_EQ(Check("DELE a"), "");
  Publish({{.name = "p", .read_only = true, .max_upload_bytes = 7}});
  EXPECT_EQ(Check("DELE a"), "550 DELE is not allowed here.");
  Turn turn = world_.NewTurn();
  EXPECT_EQ(guard_.max_upload_bytes(turn), 7u);
  Publish({{.name = "p", .paths = {.deny = {"/a"}}}});
  EXPECT_EQ(Check("DELE /b"), "");
  EXPECT_TRUE(guard_.WantsDirectory(turn));
  world_.snapshot.policies = nullptr;
  EXPECT_EQ(Check("DELE /a"), "");
  EXPECT_EQ(Count(metrics::Counter::kCommandsDenied), 1);
}

TEST_F(PolicyGuardTest, WhereNoMoreCanBeCountedNobodyGetsIn) {
  Publish({{.name = "p", .max_sessions_per_user = 5}});
  policy::SessionCounts none(0);
  Turn turn = {.now = world_.now,
               .snapshot = world_.snapshot,
               .names = world_.names,
               .pins = world_.pins,
               .guard = *world_.guard,
               .session_counts = none,
               .counters = world_.counters,
               .out = world_.out};
  EXPECT_EQ(Refusal(guard_.AdmitUser("ann", turn)),
            "530 Too many sessions are counted, try again later.");
  EXPECT_EQ(Count(metrics::Counter::kSessionLimits), 1);
  EXPECT_EQ(Count(metrics::Counter::kSessionCountsFull), 1);
}

TEST_F(PolicyGuardTest, APlaceIsGivenBackByLeaving) {
  Publish({{.name = "p", .max_sessions_per_user = 1}});
  Turn turn = world_.NewTurn();
  EXPECT_EQ(Refusal(guard_.AdmitUser("ann", turn)), "");
  // Anybody can say a name.
  EXPECT_EQ(world_.session_counts.size(), 0u);
  EXPECT_EQ(guard_.OnUserAccepted("ann", turn), std::nullopt);
  EXPECT_EQ(world_.session_counts.size(), 1u);
  guard_.Leave();
  EXPECT_EQ(world_.session_counts.size(), 0u);
}

}  // namespace
}  // namespace pinnace::session
