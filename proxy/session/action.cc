#include "proxy/session/action.h"

namespace pinnace::session {
namespace {

// A burst must not keep its memory for the life of the worker.
constexpr size_t kMaxKeptBytes = 256 * 1024;

}  // namespace

absl::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kClientQuit:
      return "client_quit";
    case EndReason::kClientLost:
      return "client_lost";
    case EndReason::kIdle:
      return "idle";
    case EndReason::kLoginTimeout:
      return "login_timeout";
    case EndReason::kTooManyFailures:
      return "too_many_failed_logins";
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
  }
  return "";
}

void Outbox::Clear() {
  actions_.clear();
  client_bytes_ = 0;
  if (bytes_.capacity() > kMaxKeptBytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
}

}  // namespace pinnace::session
