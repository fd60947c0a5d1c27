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

// "2026-01-31T12:00:00.123Z INFO text". A line of up to
// limits::kMaxLogBatchBytes is never cut in two writes: those of threads do not
// mix.
void Log(LogLevel level, absl::string_view text);

// While it lives, lines of this thread below kWarning wait for FlushLog(), for
// a warning, or until they are limits::kMaxLogBatchBytes: a turn of a busy loop
// then costs one write(2), not one per transfer.
class LogBatch {
 public:
  LogBatch();
  ~LogBatch();
  LogBatch(const LogBatch&) = delete;
  LogBatch& operator=(const LogBatch&) = delete;
};

// Writes what waits of this thread. PINNACE_CHECK calls it before it aborts;
// other threads' lines of their present turns are then lost.
void FlushLog();

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_LOG_H_
