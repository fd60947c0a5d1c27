// The benchmark's FTP clients. Logs its sessions in, says "ready", waits for a
// line on standard input, works, and says what it has counted as one line of
// JSON. What the driver measures of a proxy lies between the two.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/bench/load/load.h"
#include "tests/bench/net/arguments.h"
#include "tests/bench/net/tcp.h"

namespace pinnace::bench {
namespace {

// Nothing that the benchmark starts runs for ever.
constexpr unsigned kLongestRunSeconds = 900;
constexpr int64_t kBulkBytes = int64_t{1} << 30;

void AwaitLine() {
  for (int c; (c = std::getchar()) != EOF && c != '\n';) {
  }
}

void SayReady() {
  std::printf("ready\n");
  std::fflush(stdout);
  AwaitLine();
}

int Refuse(const std::string& why) {
  std::fprintf(stderr, "bench_load: %s\n", why.c_str());
  return 1;
}

// Downloads all the while, in a process of its own: its work must not delay
// what is measured here. Returns when it is logged in; ends with this process.
pid_t StartBulk(Load::Options options, int64_t sessions) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(kLongestRunSeconds);
    options.sessions = sessions;
    options.size = kBulkBytes;
    options.count = options.seconds = 0;
    Load load(options);
    if (!load.LogIn()) _exit(1);
    if (write(ready[1], "r", 1) != 1) _exit(1);
    close(ready[1]);
    load.Repeat(Task::kRetr);
    _exit(1);
  }
  close(ready[1]);
  char c;
  const bool logged_in = read(ready[0], &c, 1) == 1;
  close(ready[0]);
  return logged_in ? child : -1;
}

int Main(int argc, char** argv) {
  const Arguments arguments(
      argc, argv,
      {"target", "sessions", "count", "seconds", "mode", "size", "bulk",
       "realtime", "copy"},
      "bench_load login|retr|stor|list|noop|idle --target IP:PORT "
      "[--sessions N] [--count N] [--seconds S] [--mode pasv|epsv] "
      "[--size BYTES] [--bulk N] [--realtime 1] [--copy 1]");
  if (arguments.words().size() != 1) arguments.Refuse();
  const std::string& scenario = arguments.words()[0];
  Load::Options options = {.target = arguments.SocketAddress("target"),
                           .size = arguments.Number("size", 1024),
                           .sessions = arguments.Number("sessions", 1),
                           .count = arguments.Number("count", 0),
                           .seconds = arguments.Number("seconds", 0)};
  if (arguments.has("mode")) {
    const std::string mode = arguments.Text("mode");
    if (mode != "pasv" && mode != "epsv") arguments.Refuse();
    if (mode == "epsv") options.setup = DataSetup::kEpsv;
  }
  if (arguments.Number("copy", 0) != 0) options.content = Content::How::kSend;
  const bool bounded =
      options.count > 0 || options.seconds > 0 || scenario == "idle";
  if (!bounded || options.sessions < 1) arguments.Refuse();

  signal(SIGPIPE, SIG_IGN);
  WantManyDescriptors();
  alarm(kLongestRunSeconds);
  if (scenario == "login") {
    Load load(options);
    SayReady();
    std::printf("%s\n", load.RepeatLogins().ToJson(0).c_str());
    return 0;
  }
  Task task;
  if (scenario == "retr") {
    task = Task::kRetr;
  } else if (scenario == "stor") {
    task = Task::kStor;
  } else if (scenario == "list") {
    task = Task::kList;
  } else if (scenario == "noop" || scenario == "idle") {
    task = Task::kNoop;
  } else {
    arguments.Refuse();
  }
  pid_t bulk = 0;
  if (arguments.Number("bulk", 0) > 0) {
    bulk = StartBulk(options, arguments.Number("bulk", 0));
    if (bulk < 0) return Refuse("the bulk sessions could not log in");
  }
  if (arguments.Number("realtime", 0) != 0) WantRealtime();
  Load load(options);
  if (!load.LogIn()) return Refuse(load.error());
  SayReady();
  if (scenario == "idle") {
    std::printf("%s\n", Measurement().ToJson(0).c_str());
    return 0;
  }
  Measurement measured = load.Repeat(task);
  if (bulk > 0) {
    // Gone before it is killed: the downloads broke off.
    if (waitpid(bulk, nullptr, WNOHANG) == bulk) {
      measured.CountError("the bulk downloads ended too early");
    } else {
      kill(bulk, SIGKILL);
      waitpid(bulk, nullptr, 0);
    }
  }
  std::printf("%s\n", measured.ToJson(load.bytes()).c_str());
  return 0;
}

}  // namespace
}  // namespace pinnace::bench

int main(int argc, char** argv) { return pinnace::bench::Main(argc, argv); }
