// What `backend register --hold` does next: registers a backend, sends its
// heartbeats, and at the end drains it, waits for its sessions and deregisters
// it. Decides only: answers and the time go in, the next call comes out. One
// thread.
#ifndef PINNACE_CLI_BACKEND_HOLD_H_
#define PINNACE_CLI_BACKEND_HOLD_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "protos/pinnace/v1/registry.pb.h"

namespace pinnace::cli {

// The label of a backend that its own holder drains. The next holder ends that
// drain, and none that an operator began.
inline constexpr char kLeavingLabel[] = "pinnace.leaving";

enum class HoldCall : uint8_t {
  kRead,
  kRegister,
  kResume,
  kHeartbeat,
  kMark,  // registers it again with kLeavingLabel
  kDrain,
  kDeregister,
};

class BackendHold {
 public:
  struct Options {
    std::string id;
    absl::Duration ttl;
    absl::Duration drain_deadline;
    uint32_t seed;  // of the jitter
  };
  struct Step {
    HoldCall call;
    absl::Time at;
  };

  BackendHold(Options options, absl::Time now);

  // None: it has come to its end.
  std::optional<Step> Next(absl::Time now);
  // Of the call that Next() said. The record of calls that answer with one.
  void OnAnswer(const absl::Status& status, const v1::BackendRecord& record,
                absl::Time now);
  // Drains; while it drains, deregisters; while it deregisters, gives up.
  void OnStop(absl::Time now);

  std::vector<std::string> TakeLog();
  // How it ended.
  const absl::Status& result() const { return result_; }

 private:
  enum class Phase : uint8_t {
    kLooking,
    kRegistering,
    kResuming,
    kHolding,
    kMarking,
    kDraining,
    kWaiting,
    kOutwaiting,  // nobody can tell the sessions: until the deadline
    kLeaving,
    kEnded,
  };

  void OnOk(const v1::BackendRecord& record, absl::Time now);
  void OnRegistered(absl::Time now);
  void OnSessions(const v1::BackendRecord& record, absl::Time now);
  void OnGone(const absl::Status& status, absl::Time now);
  void OnAway(const absl::Status& status, absl::Time now);
  void OnRefused(const absl::Status& status, absl::Time now);
  void Enter(Phase phase, absl::Time now);
  void End(absl::Status result);
  void Say(absl::string_view text);
  bool leaving() const { return stopped_at_ != absl::InfiniteFuture(); }
  bool waits() const {
    return phase_ == Phase::kWaiting || phase_ == Phase::kOutwaiting;
  }
  absl::Duration heartbeat_interval() const;
  absl::Duration patience() const;

  Options options_;
  Phase phase_ = Phase::kLooking;
  HoldCall call_ = HoldCall::kRead;
  absl::Time call_at_;  // of the phase's own call, or of the next read
  absl::Time heartbeat_at_ = absl::InfiniteFuture();
  absl::Time stopped_at_ = absl::InfiniteFuture();
  absl::Time last_answer_ = absl::InfinitePast();
  int calls_away_ = 0;  // in a row
  bool ends_drain_ = false;
  bool may_be_registered_ = false;
  bool saw_load_ = false;  // so there is a gateway that reports it
  absl::Time sums_count_from_ = absl::InfinitePast();
  int empty_reads_ = 0;  // in a row
  std::optional<int64_t> sessions_;
  std::minstd_rand random_;
  std::vector<std::string> log_;
  absl::Status result_;
};

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_BACKEND_HOLD_H_
