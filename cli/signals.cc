#include "cli/signals.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace pinnace::cli {
namespace {

sigset_t Waited() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = Waited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

Signal NextSignal(absl::Duration timeout) {
  const sigset_t set = Waited();
  siginfo_t info = {};
  int raised = 0;
  if (timeout == absl::InfiniteDuration()) {
    raised = sigwaitinfo(&set, &info);
  } else {
    const timespec wait =
        absl::ToTimespec(std::max(timeout, absl::ZeroDuration()));
    raised = sigtimedwait(&set, &info, &wait);
  }
  switch (raised) {
    case SIGTERM:
    case SIGINT:
      return info.si_pid == getpid() ? Signal::kDrain : Signal::kStop;
    case SIGHUP:
      return Signal::kReload;
    default:
      return Signal::kNone;
  }
}

void RequestDrain() { kill(getpid(), SIGTERM); }

}  // namespace pinnace::cli
