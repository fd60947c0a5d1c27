// One session under a script: the shell, its client and its backends as the
// script wills it, within what a shell may do. After every event the core's
// promises are checked; one that is broken ends the process. For tests only.
// One thread.
#ifndef PINNACE_TESTS_FUZZ_SESSION_TRIAL_H_
#define PINNACE_TESTS_FUZZ_SESSION_TRIAL_H_

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "proxy/session/session.h"
#include "tests/fuzz/session_script.h"
#include "tests/fuzz/session_world.h"
#include "tests/simulation/reply_audit.h"
#include "tests/support/shell_rules.h"
#include "tests/support/test_world.h"

namespace pinnace::fuzz {

class SessionTrial {
 public:
  explicit SessionTrial(const Settings& settings);

  void Start();
  void Do(Operation operation, ScriptReader& script);
  // The client takes all and is silent from now on: the session has to end by
  // itself, and to leave nothing behind.
  void Finish();
  bool has_ended() const { return session_.has_ended(); }

 private:
  using Event = std::function<void(session::Session&, session::Turn&)>;
  enum class ClientChange : uint8_t { kNone, kSecuring, kClearing };
  enum class Lease : uint8_t { kNone, kAsked, kHeld };
  enum class LegState : uint8_t { kNone, kAwaited, kListening, kOpen };
  enum class Relay : uint8_t { kNone, kMoving, kSourceEnded, kDone, kBroken };
  struct Path {
    session::DataPathId id = 0;
    Lease lease = Lease::kNone;
    LegState client = LegState::kNone;
    LegState backend = LegState::kNone;
    Relay relay = Relay::kNone;
    session::StartRelay asked;
    bool may_pass_end = false;
    int64_t moved = 0;
    int64_t delivered = 0;
  };

  void Deliver(const Event& event);
  void DeliverOnce(const Event& event);
  void CheckTurn();
  void CheckTexts(const session::Action& action) const;
  void CheckSecrets(absl::string_view line) const;
  void CheckLinesToBackend(absl::string_view bytes);
  void CheckEnd();
  void Broken(absl::string_view rule) const;
  void Show(absl::string_view who, absl::string_view text) const;
  void Show(const session::Action& action) const;

  // What may happen; each does nothing when it may not.
  void Proceed();
  bool ProceedOnPath();
  void ClientSends(absl::string_view bytes);
  void ClientEnds(session::Session::Cleanness how);
  void ClientSecured(int names);
  void ClientCleared();
  void ClientTakes();
  void BackendConnected();
  void BackendConnectFailed(session::Culprit culprit);
  void BackendSends(absl::string_view bytes);
  void BackendAgrees();
  void BackendSecured();
  void BackendEnds(session::Culprit culprit);
  void AnswerLease(int outcome);
  void AnswerListening(int outcome);
  void OpenLeg(session::Leg leg, int from);
  void FailLeg(session::Leg leg, session::Culprit culprit);
  void EndSource();
  void FinishRelay();
  void BreakRelay(session::Leg leg, session::LegFault fault);
  void PassTime(absl::Duration time, bool late);
  void MeetDeadline();
  void HearOthers(bool come);
  void HearStaleNews(int which);
  void Ban(int whom);

  void Do(const session::SendClient& action);
  void Do(const session::SendBackend& action);
  void Do(const session::ConnectBackend& action);
  void Do(const session::CloseBackend& action);
  void Do(const session::TakeLease& action);
  void Do(const session::ListenForBackend& action);
  void Do(const session::DialClient& action);
  void Do(const session::DialBackend& action);
  void Do(const session::SecureClient& action) {
    client_change_ = ClientChange::kSecuring;
  }
  void Do(const session::SecureBackend& action) {}
  void Do(const session::ClearClient& action) {
    client_change_ = ClientChange::kClearing;
  }
  void Do(const session::StartRelay& action);
  void Do(const session::PassEnd& action);
  void Do(const session::DropBackendLeg& action);
  void Do(const session::CloseDataPath& action);
  void Do(const session::PauseClient& action) { paused_ = true; }
  void Do(const session::ResumeClient& action) { paused_ = false; }
  void Do(const session::ReportLogin& action) {}
  void Do(const session::ReportTransfer& action);
  void Do(const session::ReportBackendTrouble& action) {}
  void Do(const session::ReportBackendReplaced& action) {}
  void Do(const session::EndSession& action);

  LegState& StateOf(session::Leg leg) {
    return leg == session::Leg::kClient ? path_.client : path_.backend;
  }
  bool client_can_speak() const {
    return !client_fin_ && !paused_ && !rules_.client_is_changing_tls();
  }
  bool backend_can_speak() const {
    return rules_.backend_is_open() && !rules_.backend_is_changing_tls();
  }

  // What is going on, for people: PINNACE_SHOW=1.
  const bool shows_ = std::getenv("PINNACE_SHOW") != nullptr;
  testing::TestWorld world_;
  session::Session session_;
  testing::ShellRules rules_;
  simulation::ReplyAudit audit_;
  // The backend says what only the gateway does: whose answer is whose cannot
  // be told any more.
  bool is_audited_ = true;
  // Of every backend that there has been.
  std::vector<std::shared_ptr<fleet::BackendStatus>> statuses_;
  std::vector<guard::ClientCounter::Place> others_;
  int fleet_changes_ = 0;
  int floods_ = 0;

  size_t client_cut_ = 0;
  bool client_fin_ = false;
  ClientChange client_change_ = ClientChange::kNone;
  bool client_stalls_ = false;
  bool paused_ = false;
  size_t unsent_bytes_ = 0;
  // Commands wait until the client has taken that.
  bool waits_for_client_ = false;

  Address dialled_;
  absl::Duration connect_timeout_;
  size_t backend_cut_ = 0;
  bool is_new_in_tls_ = false;  // has said nothing in it
  bool awaits_proxy_header_ = false;
  bool greets_ = false;            // and has not yet
  std::deque<std::string> asked_;  // and not answered by BackendAgrees()
  bool preliminary_said_ = false;  // to the first of them
  std::string last_said_;          // the end of it

  Path path_;
  session::DataPathId last_path_ = 0;
};

}  // namespace pinnace::fuzz

#endif  // PINNACE_TESTS_FUZZ_SESSION_TRIAL_H_
