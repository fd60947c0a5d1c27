// One line per notable event on standard error, for people. Untrusted bytes go
// through Printable() before they come here. Any thread.
#ifndef PINNACE_PROXY_BASE_LOG_H_
#define PINNACE_PROXY_BASE_LOG_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

void SetLogLevel(LogLevel least);
bool IsLogged(LogLevel level);

// "2026-01-31T12:00:00.123Z INFO text". One write(2): lines of threads do not
// mix.
void Log(LogLevel level, absl::string_view text);

// While it lives, lines of this thread below kWarning wait for FlushLog(), a
// warning, or limits::kMaxLogBatchBytes: a turn of a busy loop then costs one
// write(2), not one per transfer.
class LogBatch {
 public:
  LogBatch();
  ~LogBatch();
  LogBatch(const LogBatch&) = delete;
  LogBatch& operator=(const LogBatch&) = delete;
};

// Writes what waits of this thread. PINNACE_CHECK calls it before it aborts.
void FlushLog();

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_LOG_H_
