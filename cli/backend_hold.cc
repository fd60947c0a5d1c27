#include "cli/backend_hold.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pinnace::cli {
namespace {

// Heartbeats in a lease: two may be lost.
constexpr int kHeartbeatsPerTtl = 3;
// Gateways report every second: two reads so far apart never see one report.
constexpr absl::Duration kReadInterval = absl::Seconds(2);
constexpr int kEmptyReads = 2;
// Gateways connect again to a control plane that was away at least so often:
// before that a sum may lack some of them.
constexpr absl::Duration kGatewaysReturn = absl::Seconds(10);
constexpr absl::Duration kFirstWait = absl::Milliseconds(250);
constexpr absl::Duration kLongestWait = absl::Seconds(5);
constexpr int kMostDoublings = 5;
// How long a control plane that is away can put off the end.
constexpr absl::Duration kLeastPatience = absl::Seconds(10);
constexpr absl::Duration kMostPatience = absl::Seconds(30);

// Whether nobody decided: the next try may be answered.
bool IsAway(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

// What a token that is being rotated meets until its file is written too.
bool MayPass(const absl::Status& status, HoldCall call) {
  if (absl::IsUnauthenticated(status)) return true;
  return absl::IsPermissionDenied(status) &&
         (call == HoldCall::kHeartbeat || call == HoldCall::kRead);
}

std::string Count(int64_t sessions) {
  return absl::StrCat(sessions, sessions == 1 ? " session" : " sessions");
}

}  // namespace

BackendHold::BackendHold(Options options, absl::Time now)
    : options_(std::move(options)), call_at_(now), random_(options_.seed) {}

absl::Duration BackendHold::heartbeat_interval() const {
  return options_.ttl / kHeartbeatsPerTtl;
}

absl::Duration BackendHold::patience() const {
  return std::clamp(options_.ttl, kLeastPatience, kMostPatience);
}

std::optional<BackendHold::Step> BackendHold::Next(absl::Time now) {
  if (waits() && now >= stopped_at_ + options_.drain_deadline) {
    Say(absl::StrCat("the drain deadline has passed with ",
                     Count(sessions_.value_or(0)), " left; deregistering"));
    // So that a control plane that is away now is tried for a while.
    last_answer_ = now;
    Enter(Phase::kLeaving, now);
  }
  Step step = {.call = HoldCall::kRead, .at = call_at_};
  switch (phase_) {
    case Phase::kLooking:
      break;
    case Phase::kRegistering:
      step.call = HoldCall::kRegister;
      break;
    case Phase::kResuming:
      step.call = HoldCall::kResume;
      break;
    case Phase::kHolding:
      step = {.call = HoldCall::kHeartbeat, .at = heartbeat_at_};
      break;
    case Phase::kMarking:
      step.call = HoldCall::kMark;
      break;
    case Phase::kDraining:
      step.call = HoldCall::kDrain;
      break;
    case Phase::kWaiting:
      if (heartbeat_at_ <= call_at_) {
        step = {.call = HoldCall::kHeartbeat, .at = heartbeat_at_};
      }
      step.at = std::min(step.at, stopped_at_ + options_.drain_deadline);
      break;
    case Phase::kOutwaiting:
      step = {.call = HoldCall::kDeregister,
              .at = stopped_at_ + options_.drain_deadline};
      break;
    case Phase::kLeaving:
      step.call = HoldCall::kDeregister;
      break;
    case Phase::kEnded:
      return std::nullopt;
  }
  call_ = step.call;
  return step;
}

void BackendHold::OnAnswer(const absl::Status& status,
                           const v1::BackendRecord& record, absl::Time now) {
  if (IsAway(status) || (may_be_registered_ && MayPass(status, call_))) {
    return OnAway(status, now);
  }
  if (calls_away_ > 0) {
    Say("the control plane answers again");
    sums_count_from_ = now + kGatewaysReturn;
  }
  calls_away_ = 0;
  last_answer_ = now;
  if (status.ok()) return OnOk(record, now);
  if (absl::IsNotFound(status)) return OnGone(status, now);
  OnRefused(status, now);
}

void BackendHold::OnOk(const v1::BackendRecord& record, absl::Time now) {
  saw_load_ = saw_load_ || record.has_load();
  switch (call_) {
    case HoldCall::kRead:
      if (phase_ == Phase::kWaiting) {
        return OnSessions(record, now);
      }
      ends_drain_ = record.backend().state() == v1::Backend::STATE_DRAINING &&
                    record.backend().labels().contains(kLeavingLabel);
      return Enter(Phase::kRegistering, now);
    case HoldCall::kRegister:
      return OnRegistered(now);
    case HoldCall::kResume:
      ends_drain_ = false;
      Say("resumed: a former holder had left it draining");
      return Enter(Phase::kHolding, now);
    case HoldCall::kHeartbeat:
      heartbeat_at_ = now + heartbeat_interval();
      return;
    case HoldCall::kMark:
      heartbeat_at_ = now + heartbeat_interval();
      return Enter(Phase::kDraining, now);
    case HoldCall::kDrain:
      Say(absl::StrCat("draining; its sessions have ",
                       absl::FormatDuration(options_.drain_deadline),
                       "; a second signal deregisters at once"));
      Enter(Phase::kWaiting, now);
      call_at_ = now + kReadInterval;
      return;
    case HoldCall::kDeregister:
      Say("deregistered");
      return End(absl::OkStatus());
  }
}

void BackendHold::OnRegistered(absl::Time now) {
  may_be_registered_ = true;
  heartbeat_at_ = now + heartbeat_interval();
  Say(absl::StrCat("registered; a heartbeat every ",
                   absl::FormatDuration(heartbeat_interval())));
  Enter(ends_drain_ ? Phase::kResuming : Phase::kHolding, now);
}

void BackendHold::OnSessions(const v1::BackendRecord& record, absl::Time now) {
  call_at_ = now + kReadInterval;
  // Gateways that have lost the control plane serve on.
  if (saw_load_ && !record.has_load()) {
    empty_reads_ = 0;
    return;
  }
  const int64_t sessions = record.load().sessions();
  if (sessions_ != sessions) {
    Say(absl::StrCat(
        Count(sessions), " left, ",
        absl::FormatDuration(absl::Trunc(
            stopped_at_ + options_.drain_deadline - now, absl::Seconds(1))),
        " until the drain deadline"));
  }
  sessions_ = sessions;
  const bool is_empty = sessions == 0 && now >= sums_count_from_;
  empty_reads_ = is_empty ? empty_reads_ + 1 : 0;
  if (empty_reads_ < kEmptyReads) return;
  Say("no sessions left; deregistering");
  Enter(Phase::kLeaving, now);
}

// The control plane knows no backend of the id.
void BackendHold::OnGone(const absl::Status& status, absl::Time now) {
  if (call_ == HoldCall::kRead && phase_ == Phase::kLooking) {
    return Enter(Phase::kRegistering, now);
  }
  // A registration that says so means something else, a farm perhaps.
  if (call_ == HoldCall::kRegister) return End(status);
  if (phase_ == Phase::kWaiting) {
    Say("the control plane has it no longer; its sessions have until the "
        "drain deadline");
    return Enter(Phase::kOutwaiting, now);
  }
  if (leaving()) {
    Say("the control plane has it no longer");
    return End(absl::OkStatus());
  }
  Say("had run out; registering it again");
  ends_drain_ = false;
  Enter(Phase::kRegistering, now);
}

void BackendHold::OnAway(const absl::Status& status, absl::Time now) {
  // Of a call that got no answer nobody knows whether it was carried out.
  if (call_ == HoldCall::kRegister && !absl::IsUnavailable(status)) {
    may_be_registered_ = true;
  }
  empty_reads_ = 0;
  if (calls_away_++ == 0) {
    Say(absl::StrCat(IsAway(status) ? "the control plane is away"
                                    : "the control plane refuses it",
                     ", trying again: ", status.message()));
  }
  if (leaving() && !waits() &&
      now - std::max(last_answer_, stopped_at_) >= patience()) {
    return End(absl::UnavailableError(absl::StrCat(
        IsAway(status) ? "the control plane is away"
                       : "the control plane refuses it",
        "; backend ", options_.id, " stays registered until its TTL of ",
        absl::FormatDuration(options_.ttl), " removes it")));
  }
  const absl::Duration wait =
      std::min(kFirstWait * (1 << std::min(calls_away_ - 1, kMostDoublings)),
               std::clamp(heartbeat_interval(), kFirstWait, kLongestWait));
  const double part = std::uniform_real_distribution<>(0.5, 1)(random_);
  const absl::Time again = now + part * wait;
  (call_ == HoldCall::kHeartbeat ? heartbeat_at_ : call_at_) = again;
}

void BackendHold::OnRefused(const absl::Status& status, absl::Time now) {
  switch (call_) {
    case HoldCall::kMark:  // as many labels as there may be
      return Enter(Phase::kDraining, now);
    case HoldCall::kDrain:
      Say(absl::StrCat("the drain was refused, deregistering: ",
                       status.message()));
      return Enter(Phase::kLeaving, now);
    case HoldCall::kRead:
    case HoldCall::kRegister:
    case HoldCall::kResume:
    case HoldCall::kHeartbeat:
    case HoldCall::kDeregister:
      return End(status);
  }
}

void BackendHold::OnStop(absl::Time now) {
  if (phase_ == Phase::kEnded) return;
  if (!leaving()) stopped_at_ = now;
  if (phase_ == Phase::kLeaving) {
    return End(absl::CancelledError(
        absl::StrCat("stopped; backend ", options_.id,
                     " stays registered until its TTL removes it")));
  }
  if (!may_be_registered_) {
    Say("stopped before it was registered");
    return End(absl::OkStatus());
  }
  const bool registered =
      phase_ == Phase::kHolding || phase_ == Phase::kResuming;
  const bool waits =
      registered && options_.drain_deadline > absl::ZeroDuration();
  Enter(waits ? Phase::kMarking : Phase::kLeaving, now);
}

std::vector<std::string> BackendHold::TakeLog() {
  return std::exchange(log_, {});
}

void BackendHold::Enter(Phase phase, absl::Time now) {
  phase_ = phase;
  call_at_ = now;
}

void BackendHold::End(absl::Status result) {
  phase_ = Phase::kEnded;
  result_ = std::move(result);
}

void BackendHold::Say(absl::string_view text) {
  log_.push_back(absl::StrCat("backend ", options_.id, ": ", text));
}

}  // namespace pinnace::cli
