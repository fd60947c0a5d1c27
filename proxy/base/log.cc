#include "proxy/base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"

namespace pinnace {
namespace {

// What a line has beside its text, or more.
constexpr size_t kLineFrameBytes = 64;

std::atomic<LogLevel> least_level{LogLevel::kInfo};

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      return "ERROR";
  }
  return "";
}

// What one thread has to say, and the second of its last line as text: to make
// that text costs more than all the rest of a line.
struct ThreadLog {
  void AppendTime(absl::Time now) {
    const int64_t seconds = absl::ToUnixSeconds(now);
    if (seconds != second) {
      second = seconds;
      second_text =
          absl::FormatTime("%Y-%m-%dT%H:%M:%S.", absl::FromUnixSeconds(seconds),
                           absl::UTCTimeZone());
    }
    const int64_t milliseconds = absl::ToUnixMillis(now) - seconds * 1000;
    absl::StrAppend(&waiting, second_text,
                    absl::Dec(milliseconds, absl::kZeroPad3), "Z");
  }

  std::string waiting;  // whole lines
  int batches = 0;      // that live
  int64_t second = -1;
  std::string second_text;
};

thread_local ThreadLog thread_log;

}  // namespace

void SetLogLevel(LogLevel least) {
  least_level.store(least, std::memory_order_relaxed);
}

bool IsLogged(LogLevel level) {
  return level >= least_level.load(std::memory_order_relaxed);
}

void Log(LogLevel level, absl::string_view text) {
  if (!IsLogged(level)) return;
  ThreadLog& log = thread_log;
  const size_t size = kLineFrameBytes + text.size();
  if (log.waiting.size() + size > limits::kMaxLogBatchBytes) FlushLog();
  log.AppendTime(absl::Now());
  absl::StrAppend(&log.waiting, " ", LevelName(level), " ", text, "\n");
  if (log.batches == 0 || level >= LogLevel::kWarning) FlushLog();
}

LogBatch::LogBatch() { ++thread_log.batches; }

LogBatch::~LogBatch() {
  FlushLog();
  --thread_log.batches;
}

void FlushLog() {
  absl::string_view rest = thread_log.waiting;
  while (!rest.empty()) {
    const ssize_t written = write(STDERR_FILENO, rest.data(), rest.size());
    // Where nobody reads the log there is nothing better to do than to go on.
    if (written <= 0) break;
    rest.remove_prefix(static_cast<size_t>(written));
  }
  thread_log.waiting.clear();
}

}  // namespace pinnace
