#include "tests/support/shell_rules.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "tests/support/action_text.h"

namespace pinnace::testing {

using session::Leg;

void ShellRules::Check(bool kept, absl::string_view rule) {
  if (!kept) broken_.emplace_back(rule);
}

void ShellRules::OnActions(const session::Outbox& out) {
  for (const session::Action& action : out.actions()) {
    const size_t before = broken_.size();
    Check(!ended_, "an action after end-session");
    std::visit([this](const auto& a) { Do(a); }, action);
    if (broken_.size() > before) {
      absl::StrAppend(&broken_.back(), " (", ActionText(action, out, 0), ")");
    }
  }
}

void ShellRules::UsePath(session::DataPathId path) {
  if (path_.id == path) return;
  Check(path_.id == 0, "a second data path while one is open");
  Check(path > last_path_, "an action names a closed data path");
  path_ = Path();
  path_.id = path;
  last_path_ = path;
}

void ShellRules::Do(const session::SendClient&) {
  Check(client_tls_ != Tls::kChanging,
        "bytes for a client in the midst of a handshake");
}

void ShellRules::Do(const session::SendBackend&) {
  Check(backend_ == BackendState::kOpen,
        "bytes for a backend that is not there");
  Check(backend_tls_ != Tls::kChanging,
        "bytes for a backend in the midst of a handshake");
}

void ShellRules::Do(const session::SecureClient&) {
  Check(client_tls_ == Tls::kOff, "TLS twice with the client");
  client_tls_ = Tls::kChanging;
}

void ShellRules::Do(const session::SecureBackend&) {
  Check(backend_ == BackendState::kOpen && backend_tls_ == Tls::kOff,
        "TLS with a backend that is not there, or twice");
  backend_tls_ = Tls::kChanging;
}

void ShellRules::Do(const session::ClearClient&) {
  Check(client_tls_ == Tls::kOn, "no TLS with the client to undo");
  client_tls_ = Tls::kChanging;
}

void ShellRules::Do(const session::ConnectBackend&) {
  // One that is under way is given up.
  Check(backend_ == BackendState::kNone || backend_ == BackendState::kDialled,
        "a second backend connection");
  backend_ = BackendState::kDialled;
}

void ShellRules::Do(const session::CloseBackend&) {
  Check(backend_ == BackendState::kOpen || backend_ == BackendState::kGone,
        "close-backend without a backend");
  backend_ = BackendState::kNone;
}

void ShellRules::Do(const session::TakeLease& action) {
  UsePath(action.path);
  Check(path_.lease == Lease::kNone, "two leases for one data path");
  path_.lease = Lease::kAsked;
}

void ShellRules::Do(const session::ListenForBackend& action) {
  UsePath(action.path);
  Check(path_.backend == LegState::kNone, "two backend legs");
  path_.backend = LegState::kAsked;
}

void ShellRules::Do(const session::DialClient& action) {
  Check(path_.id == action.path, "an action names a closed data path");
  Check(path_.client == LegState::kNone && path_.lease == Lease::kNone,
        "two client legs");
  path_.client = LegState::kAsked;
}

void ShellRules::Do(const session::DialBackend& action) {
  UsePath(action.path);
  Check(path_.backend == LegState::kNone, "two backend legs");
  path_.backend = LegState::kAsked;
}

void ShellRules::Do(const session::StartRelay& action) {
  Check(path_.id == action.path, "an action names a closed data path");
  Check(path_.client == LegState::kOpen && path_.backend == LegState::kOpen,
        "a relay without two open legs");
  Check(!path_.relay, "two relays on one data path");
  Check(!action.backend_protected || backend_tls_ == Tls::kOn,
        "a protected backend leg of a clear control connection");
  path_.relay = true;
  path_.holds_end = action.holds_end;
}

void ShellRules::Do(const session::PassEnd& action) {
  Check(path_.id == action.path, "an action names a closed data path");
  Check(path_.relay && path_.holds_end, "no end is held");
  path_.holds_end = false;
}

void ShellRules::Do(const session::DropBackendLeg& action) {
  // It may be lost before the shell has heard of the path.
  Check(path_.id == action.path || (path_.id == 0 && action.path > last_path_),
        "an action names a closed data path");
  path_.backend = LegState::kNone;
  path_.relay = false;
  path_.holds_end = false;
}

void ShellRules::Do(const session::CloseDataPath& action) {
  // It may be given up before the shell has heard of it.
  Check(path_.id == action.path || action.path > last_path_,
        "an action names a closed data path");
  last_path_ = action.path;
  path_ = Path();
}

void ShellRules::Do(const session::PauseClient&) {
  Check(!paused_, "paused twice");
  paused_ = true;
}

void ShellRules::Do(const session::ResumeClient&) {
  Check(paused_, "resumed, but not paused");
  paused_ = false;
}

void ShellRules::Do(const session::EndSession&) {
  Check(path_.id == 0, "end-session leaves a data path open");
  ended_ = true;
}

}  // namespace pinnace::testing
