#include "cli/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace pinnace::cli {
namespace {

// A process of its own: signals are the whole process's. Its exit status is
// the number of the first expectation that failed.
int InChild() {
  BlockSignals();
  if (NextSignal(absl::ZeroDuration()) != Signal::kNone) return 1;
  RequestDrain();
  if (NextSignal() != Signal::kDrain) return 2;
  const pid_t child = fork();
  if (child == 0) {
    kill(getppid(), SIGTERM);
    _exit(0);
  }
  if (NextSignal() != Signal::kStop) return 3;
  waitpid(child, nullptr, 0);
  if (kill(getpid(), SIGHUP) != 0) return 4;
  if (NextSignal() != Signal::kReload) return 5;
  return 0;
}

TEST(SignalsTest, AnOwnRequestIsNotASignalFromOutside) {
  const pid_t child = fork();
  if (child == 0) _exit(InChild());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pinnace::cli
