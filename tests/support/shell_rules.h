// What a shell may rely on, whatever the client and the backend do: no action
// speaks of a data path that is closed, nothing is sent to a backend that is
// not there, EndSession is the last action and leaves nothing open. Fed with
// every event and every action of one session; remembers what was broken. For
// tests only.
#ifndef PINNACE_TESTS_SUPPORT_SHELL_RULES_H_
#define PINNACE_TESTS_SUPPORT_SHELL_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/session/action.h"

namespace pinnace::testing {

class ShellRules {
 public:
  void OnActions(const session::Outbox& out);

  void OnClientSecured() { client_tls_ = Tls::kOn; }
  void OnClientCleared() { client_tls_ = Tls::kOff; }
  void OnBackendConnected() {
    backend_ = BackendState::kOpen;
    backend_tls_ = Tls::kOff;
  }
  void OnBackendSecured() { backend_tls_ = Tls::kOn; }
  void OnBackendConnectFailed() { backend_ = BackendState::kNone; }
  void OnBackendEnd() { backend_ = BackendState::kGone; }
  void OnLease() { path_.lease = Lease::kAnswered; }
  void OnLegOpen(session::Leg leg) { LegOf(leg) = LegState::kOpen; }
  void OnLegFailed(session::Leg leg) { LegOf(leg) = LegState::kNone; }

  bool backend_is_open() const { return backend_ == BackendState::kOpen; }
  bool client_is_changing_tls() const { return client_tls_ == Tls::kChanging; }
  bool client_is_secured() const { return client_tls_ == Tls::kOn; }
  bool backend_is_changing_tls() const {
    return backend_tls_ == Tls::kChanging;
  }
  bool backend_is_secured() const { return backend_tls_ == Tls::kOn; }
  bool backend_is_dialled() const { return backend_ == BackendState::kDialled; }
  // The open data path, or 0.
  session::DataPathId path() const { return path_.id; }
  bool has_ended() const { return ended_; }
  // The first is the one to look at.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  enum class BackendState : uint8_t { kNone, kDialled, kOpen, kGone };
  enum class Tls : uint8_t { kOff, kChanging, kOn };
  enum class Lease : uint8_t { kNone, kAsked, kAnswered };
  enum class LegState : uint8_t { kNone, kAsked, kOpen };
  struct Path {
    session::DataPathId id = 0;
    Lease lease = Lease::kNone;
    LegState client = LegState::kNone;
    LegState backend = LegState::kNone;
    bool relay = false;
    bool holds_end = false;
  };

  LegState& LegOf(session::Leg leg) {
    return leg == session::Leg::kClient ? path_.client : path_.backend;
  }
  void Check(bool kept, absl::string_view rule);
  // An action that makes the path when it is the first to name it.
  void UsePath(session::DataPathId path);

  void Do(const session::SendClient& action);
  void Do(const session::SendBackend& action);
  void Do(const session::SecureClient& action);
  void Do(const session::SecureBackend& action);
  void Do(const session::ClearClient& action);
  void Do(const session::ConnectBackend& action);
  void Do(const session::CloseBackend& action);
  void Do(const session::TakeLease& action);
  void Do(const session::ListenForBackend& action);
  void Do(const session::DialClient& action);
  void Do(const session::DialBackend& action);
  void Do(const session::StartRelay& action);
  void Do(const session::PassEnd& action);
  void Do(const session::DropBackendLeg& action);
  void Do(const session::CloseDataPath& action);
  void Do(const session::PauseClient& action);
  void Do(const session::ResumeClient& action);
  void Do(const session::ReportLogin& action) {}
  void Do(const session::ReportTransfer& action) {}
  void Do(const session::ReportBackendTrouble& action) {}
  void Do(const session::ReportBackendReplaced& action) {}
  void Do(const session::EndSession& action);

  BackendState backend_ = BackendState::kNone;
  Tls client_tls_ = Tls::kOff;
  Tls backend_tls_ = Tls::kOff;
  Path path_;
  session::DataPathId last_path_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  std::vector<std::string> broken_;
};

}  // namespace pinnace::testing

#endif  // PINNACE_TESTS_SUPPORT_SHELL_RULES_H_
