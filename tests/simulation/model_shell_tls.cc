// TLS of a session's connections: handshakes that take a while, succeed, fail
// or never end, and secrets that are told in it alone.
#include <string>

#include "absl/strings/match.h"
#include "tests/simulation/model_shell.h"

namespace pinnace::simulation {

using session::DataPathId;
using session::Leg;
using session::LegFault;
using session::Session;
using session::Turn;

void ModelShell::ChangeClientTls(const Event& done) {
  // What is unread came ahead of the change.
  inbox_.clear();
  const int change = ++tls_changes_;
  // One that never ends is ended by the shell.
  const bool succeeds = !client_fin_ && !random_.OneIn(15);
  const absl::Duration takes = random_.OneIn(30)
                                   ? limits::kTlsHandshakeTimeout
                                   : random_.Delay(absl::Seconds(2));
  agenda_.After(takes, [this, change, succeeds, done] {
    if (change != tls_changes_ || session_.has_ended()) return;
    if (!succeeds) return ClientReset();
    Deliver(done);
    Feed();
  });
}

void ModelShell::Do(const session::SecureClient&) {
  const char* kNames[] = {"", "", "ftp.example.com"};
  const TlsFacts facts = {.version = "TLSv1.3",
                          .server_name = random_.Of(kNames)};
  ChangeClientTls([this, facts](Session& session, Turn& turn) {
    rules_.OnClientSecured();
    session.OnClientSecured(facts, turn);
  });
}

void ModelShell::Do(const session::ClearClient&) {
  ChangeClientTls([this](Session& session, Turn& turn) {
    rules_.OnClientCleared();
    session.OnClientCleared(turn);
  });
}

void ModelShell::Do(const session::SecureBackend&) {
  if (random_.OneIn(40)) return;  // Never ends.
  agenda_.After(
      random_.Delay(absl::Seconds(1)),
      [this, connection = connection_] { OnBackendHandshake(connection); });
}

void ModelShell::OnBackendHandshake(uint64_t connection) {
  if (connection != connection_ || session_.has_ended() ||
      !rules_.backend_is_open()) {
    return;
  }
  if (random_.OneIn(20)) {
    rules_.OnBackendEnd();
    return Deliver([](Session& session, Turn& turn) {
      session.OnBackendEnd("certificate verify failed", turn);
    });
  }
  const bool implicit =
      session_.backend_link().tls().mode == fleet::BackendTlsMode::kImplicit;
  rules_.OnBackendSecured();
  Deliver([](Session& session, Turn& turn) {
    session.OnBackendSecured({.version = "TLSv1.3"}, turn);
  });
  if (implicit && connection == connection_) backend_->Greet();
}

// No name and no password in clear where TLS is asked for.
void ModelShell::CheckSecrets(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, "USER ") && !absl::StartsWith(bytes, "PASS ")) {
    return;
  }
  if (session_.backend_link().tls().mode != fleet::BackendTlsMode::kNone &&
      !rules_.backend_is_secured()) {
    Fault("a login goes to the backend in clear");
  }
  const bool is_required = tls() == session::ClientTls::kRequire ||
                           tls() == session::ClientTls::kImplicit;
  // Behind CCC the password is one that came in TLS.
  if (is_required && !rules_.client_is_secured() &&
      session_.facts().phase != "replacing_backend") {
    Fault("a login in clear where TLS is required");
  }
}

void ModelShell::ShakeDataHands(DataPathId path) {
  if (random_.OneIn(50)) return;  // Never ends.
  agenda_.After(random_.Delay(absl::Seconds(2)), [this, path,
                                                  relay = path_.relay_number] {
    if (!IsRelay(path, relay) || session_.has_ended()) return;
    if (path_.asked.client_protected) {
      if (path_.mistaken || random_.OneIn(40)) {
        return BreakRelay(path, Leg::kClient, LegFault::kForeignSession);
      }
      if (random_.OneIn(40)) {
        return BreakRelay(path, Leg::kClient, LegFault::kHandshake);
      }
    }
    // It may have said all and gone.
    const bool is_as_asked =
        backend_ == nullptr ||
        path_.asked.backend_protected == backend_->is_private();
    if (!is_as_asked || (path_.asked.backend_protected && random_.OneIn(40))) {
      return BreakRelay(path, Leg::kBackend, LegFault::kHandshake);
    }
    Relay(path);
  });
}

}  // namespace pinnace::simulation
