#include "proxy/session/action.h"

namespace pinnace::session {
namespace {

// A burst must not keep its memory for the life of the worker.
constexpr size_t kMaxKeptBytes = 256 * 1024;

template <typename Container>
void Empty(Container* container) {
  if (container->capacity() * sizeof(*container->data()) > kMaxKeptBytes) {
    Container().swap(*container);
  } else {
    container->clear();
  }
}

}  // namespace

absl::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kClientQuit:
      return "client_quit";
    case EndReason::kClientLost:
      return "client_lost";
    case EndReason::kTlsFailed:
      return "tls_failed";
    case EndReason::kIdle:
      return "idle";
    case EndReason::kLoginTimeout:
      return "login_timeout";
    case EndReason::kTooManyFailures:
      return "too_many_failed_logins";
    case EndReason::kBanned:
      return "banned";
    case EndReason::kDenied:
      return "denied";
    case EndReason::kNoBackend:
      return "no_backend";
    case EndReason::kBackendLost:
      return "backend_lost";
    case EndReason::kBackendClosing:
      return "backend_closing";
    case EndReason::kBackendMalformed:
      return "backend_malformed";
    case EndReason::kBackendTimeout:
      return "backend_timeout";
    case EndReason::kKilled:
      return "killed";
    case EndReason::kDrained:
      return "drained";
    case EndReason::kBackendDrained:
      return "backend_drained";
  }
  return "";
}

void Outbox::Clear() {
  Empty(&actions_);
  Empty(&bytes_);
  client_bytes_ = 0;
}

}  // namespace pinnace::session
