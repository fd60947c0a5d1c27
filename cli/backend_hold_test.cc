#include "cli/backend_hold.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace pinnace::cli {
namespace {

constexpr absl::Duration kTtl = absl::Seconds(15);
constexpr absl::Duration kDeadline = absl::Minutes(10);

v1::BackendRecord WithSessions(int64_t sessions) {
  v1::BackendRecord record;
  record.mutable_load()->set_sessions(sessions);
  return record;
}

class BackendHoldTest : public testing::Test {
 protected:
  // Waits until the next call is due, which must be this one.
  void Expect(HoldCall call) {
    const std::optional<BackendHold::Step> step = hold_.Next(now_);
    ASSERT_TRUE(step.has_value());
    ASSERT_EQ(step->call, call);
    now_ = std::max(now_, step->at);
  }

  void Answer(const absl::Status& status,
              const v1::BackendRecord& record = {}) {
    hold_.OnAnswer(status, record, now_);
  }

  void Run(HoldCall call, const absl::Status& status = absl::OkStatus(),
           const v1::BackendRecord& record = {}) {
    Expect(call);
    Answer(status, record);
  }

  void Register() {
    Run(HoldCall::kRead, absl::NotFoundError("no"));
    Run(HoldCall::kRegister);
  }

  void Drain() {
    Register();
    hold_.OnStop(now_);
    Run(HoldCall::kMark);
    Run(HoldCall::kDrain);
  }

  void ExpectEnd(absl::StatusCode code) {
    EXPECT_FALSE(hold_.Next(now_).has_value());
    EXPECT_EQ(hold_.result().code(), code) << hold_.result();
  }

  bool Said(absl::string_view text) {
    for (const std::string& line : hold_.TakeLog()) log_.push_back(line);
    return absl::StrContains(absl::StrJoin(log_, "\n"), text);
  }

  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
  BackendHold hold_ = BackendHold(
      {.id = "a", .ttl = kTtl, .drain_deadline = kDeadline, .seed = 7}, now_);
  std::vector<std::string> log_;
};

TEST_F(BackendHoldTest, SendsThreeHeartbeatsPerTtl) {
  Register();
  const absl::Time registered = now_;
  Run(HoldCall::kHeartbeat);
  Run(HoldCall::kHeartbeat);
  Run(HoldCall::kHeartbeat);
  EXPECT_EQ(now_ - registered, kTtl);
}

TEST_F(BackendHoldTest, RetriesWithJitterUntilItIsRegistered) {
  Run(HoldCall::kRead, absl::NotFoundError("no"));
  std::vector<absl::Duration> waits;
  for (int i = 0; i < 12; ++i) {
    const absl::Time before = now_;
    Run(HoldCall::kRegister, absl::UnavailableError("refused"));
    waits.push_back(now_ - before);
  }
  EXPECT_EQ(waits[0], absl::ZeroDuration());
  EXPECT_LE(waits[1], absl::Milliseconds(250));
  EXPECT_GE(waits[11], absl::Milliseconds(2'500));
  EXPECT_LE(waits[11], absl::Seconds(5));
  EXPECT_NE(waits[10], waits[11]);
  Run(HoldCall::kRegister);
  EXPECT_TRUE(Said("the control plane answers again"));
  Expect(HoldCall::kHeartbeat);
}

TEST_F(BackendHoldTest, ARefusalEndsIt) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kInvalidArgument, absl::StatusCode::kPermissionDenied,
        absl::StatusCode::kUnauthenticated, absl::StatusCode::kAlreadyExists}) {
    hold_ = BackendHold({.id = "a", .ttl = kTtl}, now_);
    Run(HoldCall::kRead, absl::NotFoundError("no"));
    Run(HoldCall::kRegister, absl::Status(code, "no"));
    ExpectEnd(code);
  }
}

TEST_F(BackendHoldTest, OutlivesTheRotationOfItsToken) {
  Register();
  for (const auto& refusal : {absl::UnauthenticatedError("no such token"),
                              absl::PermissionDeniedError("not yet")}) {
    Run(HoldCall::kHeartbeat, refusal);
    EXPECT_TRUE(Said("the control plane refuses it, trying again"));
    Run(HoldCall::kHeartbeat);
  }
  hold_.OnStop(now_);
  Run(HoldCall::kMark, absl::UnauthenticatedError("no such token"));
  Run(HoldCall::kMark);
  Run(HoldCall::kDrain);
  Run(HoldCall::kRead, absl::UnauthenticatedError("no such token"));
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(1));
}

TEST_F(BackendHoldTest, ATokenThatStaysUnknownEndsItsLeaveAsAnOutageDoes) {
  Register();
  hold_.OnStop(now_);
  while (std::optional<BackendHold::Step> step = hold_.Next(now_)) {
    now_ = std::max(now_, step->at);
    Answer(absl::UnauthenticatedError("no such token"));
  }
  ExpectEnd(absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(hold_.result().message(), "refuses it"));
}

TEST_F(BackendHoldTest, RegistersAgainWhenItHadRunOut) {
  Register();
  Run(HoldCall::kHeartbeat, absl::NotFoundError("no"));
  Run(HoldCall::kRegister);
  Expect(HoldCall::kHeartbeat);
}

TEST_F(BackendHoldTest, OutlivesAControlPlaneThatIsAway) {
  Register();
  for (int i = 0; i < 1'000; ++i) {
    Run(HoldCall::kHeartbeat, absl::UnavailableError("away"));
  }
  Run(HoldCall::kHeartbeat);
  Expect(HoldCall::kHeartbeat);
}

TEST_F(BackendHoldTest, LeavesWhenTwoReadsInARowFindNoSession) {
  Drain();
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(2));
  EXPECT_TRUE(Said("2 sessions left"));
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(0));
  Run(HoldCall::kHeartbeat);
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(1));
  EXPECT_TRUE(Said("1 session left"));
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(0));
  Run(HoldCall::kHeartbeat);
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(0));
  Run(HoldCall::kDeregister);
  ExpectEnd(absl::StatusCode::kOk);
}

TEST_F(BackendHoldTest, NoReportIsNotNoSession) {
  Drain();
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(0));
  // The gateways have lost the control plane, and serve on.
  for (int i = 0; i < 5; ++i) {
    const std::optional<BackendHold::Step> step = hold_.Next(now_);
    ASSERT_TRUE(step.has_value());
    ASSERT_NE(step->call, HoldCall::kDeregister);
    now_ = std::max(now_, step->at);
    Answer(absl::OkStatus());
  }
  while (hold_.Next(now_)->call != HoldCall::kRead) Run(HoldCall::kHeartbeat);
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(0));
  EXPECT_NE(hold_.Next(now_)->call, HoldCall::kDeregister);
}

TEST_F(BackendHoldTest, WhereNobodyEverReportsNothingIsWaitedFor) {
  Drain();
  Run(HoldCall::kRead);
  Run(HoldCall::kRead);
  Run(HoldCall::kDeregister);
}

TEST_F(BackendHoldTest, SumsCountOnlyOnceTheGatewaysAreBack) {
  Drain();
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(0));
  while (hold_.Next(now_)->call != HoldCall::kRead) Run(HoldCall::kHeartbeat);
  Run(HoldCall::kRead, absl::UnavailableError("away"));
  const absl::Time away = now_;
  while (hold_.Next(now_)->call != HoldCall::kDeregister) {
    now_ = std::max(now_, hold_.Next(now_)->at);
    Answer(absl::OkStatus(), WithSessions(0));
  }
  EXPECT_GE(now_ - away, absl::Seconds(10));
  EXPECT_LE(now_ - away, absl::Seconds(20));
}

TEST_F(BackendHoldTest, LeavesAtTheDeadline) {
  Drain();
  const absl::Time deadline = now_ + kDeadline;
  while (now_ < deadline) {
    const std::optional<BackendHold::Step> step = hold_.Next(now_);
    ASSERT_TRUE(step.has_value());
    ASSERT_NE(step->call, HoldCall::kDeregister);
    now_ = step->at;
    Answer(absl::OkStatus(), WithSessions(3));
  }
  EXPECT_EQ(now_, deadline);
  Run(HoldCall::kDeregister);
  EXPECT_TRUE(Said("the drain deadline has passed with 3 sessions left"));
  ExpectEnd(absl::StatusCode::kOk);
}

TEST_F(BackendHoldTest, ASecondSignalLeavesAtOnceAndAThirdGivesUp) {
  Drain();
  hold_.OnStop(now_);
  Expect(HoldCall::kDeregister);
  hold_.OnStop(now_);
  ExpectEnd(absl::StatusCode::kCancelled);
}

TEST_F(BackendHoldTest, GivesUpALittleAfterItsTtlWhenTheControlPlaneIsAway) {
  Register();
  hold_.OnStop(now_);
  const absl::Time stopped = now_;
  while (std::optional<BackendHold::Step> step = hold_.Next(now_)) {
    now_ = std::max(now_, step->at);
    Answer(absl::UnavailableError("away"));
  }
  EXPECT_GE(now_ - stopped, kTtl);
  EXPECT_LE(now_ - stopped, kTtl + absl::Seconds(5));
  ExpectEnd(absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(hold_.result().message(), "TTL of 15s"));
}

TEST_F(BackendHoldTest, AnOutageDoesNotEndTheWaitForSessions) {
  Drain();
  const absl::Time deadline = now_ + kDeadline;
  Run(HoldCall::kRead, absl::OkStatus(), WithSessions(3));
  std::optional<BackendHold::Step> step;
  while ((step = hold_.Next(now_)) && step->call != HoldCall::kDeregister) {
    now_ = std::max(now_, step->at);
    Answer(absl::UnavailableError("away"));
  }
  EXPECT_EQ(now_, deadline);
  // Then it is tried for a while.
  Run(HoldCall::kDeregister, absl::UnavailableError("away"));
  Run(HoldCall::kDeregister);
  ExpectEnd(absl::StatusCode::kOk);
}

TEST_F(BackendHoldTest, SessionsHaveUntilTheDeadlineWhenItsLeaseRanOut) {
  for (const HoldCall call : {HoldCall::kRead, HoldCall::kHeartbeat}) {
    hold_ = BackendHold(
        {.id = "a", .ttl = kTtl, .drain_deadline = kDeadline, .seed = 7}, now_);
    Drain();
    const absl::Time deadline = now_ + kDeadline;
    while (hold_.Next(now_)->call != call) {
      Run(HoldCall::kRead, absl::OkStatus(), WithSessions(2));
    }
    Run(call, absl::NotFoundError("no"));
    EXPECT_EQ(hold_.Next(now_)->at, deadline);
    now_ = deadline;
    Run(HoldCall::kDeregister, absl::NotFoundError("no"));
    ExpectEnd(absl::StatusCode::kOk);
  }
}

TEST_F(BackendHoldTest, ASecondSignalEndsTheWaitForSessionsNobodyCanTell) {
  Drain();
  Run(HoldCall::kRead, absl::NotFoundError("no"));
  hold_.OnStop(now_);
  Run(HoldCall::kDeregister, absl::NotFoundError("no"));
  ExpectEnd(absl::StatusCode::kOk);
}

TEST_F(BackendHoldTest, StopsBeforeItIsRegistered) {
  Run(HoldCall::kRead, absl::UnavailableError("away"));
  hold_.OnStop(now_);
  ExpectEnd(absl::StatusCode::kOk);
}

// The call may have been carried out.
TEST_F(BackendHoldTest, DeregistersAfterARegistrationWithoutAnAnswer) {
  Run(HoldCall::kRead, absl::NotFoundError("no"));
  Run(HoldCall::kRegister, absl::DeadlineExceededError("late"));
  hold_.OnStop(now_);
  Run(HoldCall::kDeregister, absl::NotFoundError("no"));
  ExpectEnd(absl::StatusCode::kOk);
}

TEST_F(BackendHoldTest, EndsADrainThatAFormerHolderLeft) {
  v1::BackendRecord left;
  left.mutable_backend()->set_state(v1::Backend::STATE_DRAINING);
  (*left.mutable_backend()->mutable_labels())[kLeavingLabel] = "true";
  Run(HoldCall::kRead, absl::OkStatus(), left);
  Run(HoldCall::kRegister);
  Run(HoldCall::kResume);
  Expect(HoldCall::kHeartbeat);
}

TEST_F(BackendHoldTest, KeepsAnOperatorsDrain) {
  v1::BackendRecord drained;
  drained.mutable_backend()->set_state(v1::Backend::STATE_DRAINING);
  Run(HoldCall::kRead, absl::OkStatus(), drained);
  Run(HoldCall::kRegister);
  Expect(HoldCall::kHeartbeat);
}

TEST_F(BackendHoldTest, LeavesWithoutADrainThatIsRefused) {
  Register();
  hold_.OnStop(now_);
  Run(HoldCall::kMark, absl::InvalidArgumentError("labels"));
  Run(HoldCall::kDrain, absl::PermissionDeniedError("no"));
  Run(HoldCall::kDeregister);
  ExpectEnd(absl::StatusCode::kOk);
}

}  // namespace
}  // namespace pinnace::cli
