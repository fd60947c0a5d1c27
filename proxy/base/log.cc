#include "proxy/base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proxy/base/limits.h"

namespace pinnace {
namespace {

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
  bool is_batch = false;
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
  log.AppendTime(absl::Now());
  absl::StrAppend(&log.waiting, " ", LevelName(level), " ", text, "\n");
  if (!log.is_batch || level >= LogLevel::kWarning ||
      log.waiting.size() >= limits::kMaxLogBatchBytes) {
    FlushLog();
  }
}

LogBatch::LogBatch() { thread_log.is_batch = true; }

LogBatch::~LogBatch() {
  FlushLog();
  thread_log.is_batch = false;
}

void FlushLog() {
  std::string& waiting = thread_log.waiting;
  if (waiting.empty()) return;
  // Where nobody reads the log there is nothing better to do than to go on.
  [[maybe_unused]] const ssize_t written =
      write(STDERR_FILENO, waiting.data(), waiting.size());
  waiting.clear();
}

}  // namespace pinnace
