// Levels of the log by name, and which one is in force. Any thread.
#ifndef PINNACE_PROXY_ADMIN_LOG_LEVEL_NAMES_H_
#define PINNACE_PROXY_ADMIN_LOG_LEVEL_NAMES_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "proxy/base/log.h"

namespace pinnace::admin {

struct LogLevelName {
  LogLevel level;
  absl::string_view name;
};
// The least first.
inline constexpr LogLevelName kLogLevelNames[] = {
    {LogLevel::kDebug, "debug"},
    {LogLevel::kInfo, "info"},
    {LogLevel::kWarning, "warning"},
    {LogLevel::kError, "error"},
};

inline absl::string_view PresentLogLevel() {
  for (const auto& [level, name] : kLogLevelNames) {
    if (IsLogged(level)) return name;
  }
  return "error";
}

inline std::optional<LogLevel> LogLevelOf(absl::string_view wanted) {
  for (const auto& [level, name] : kLogLevelNames) {
    if (name == wanted) return level;
  }
  return std::nullopt;
}

}  // namespace pinnace::admin

#endif  // PINNACE_PROXY_ADMIN_LOG_LEVEL_NAMES_H_
