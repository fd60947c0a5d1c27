#include "proxy/base/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

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

}  // namespace

void SetLogLevel(LogLevel least) {
  least_level.store(least, std::memory_order_relaxed);
}

bool IsLogged(LogLevel level) {
  return level >= least_level.load(std::memory_order_relaxed);
}

void Log(LogLevel level, absl::string_view text) {
  if (!IsLogged(level)) return;
  const std::string line =
      absl::StrCat(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                                    absl::UTCTimeZone()),
                   " ", LevelName(level), " ", text, "\n");
  // Where nobody reads the log there is nothing better to do than to go on.
  [[maybe_unused]] const ssize_t written =
      write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace pinnace
