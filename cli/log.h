// One line per event to standard error, for people. Any thread.
#ifndef PINNACE_CLI_LOG_H_
#define PINNACE_CLI_LOG_H_

#include "absl/strings/string_view.h"

namespace pinnace::cli {

// "2023-05-01T12:00:00Z TEXT"
void Log(absl::string_view text);

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_LOG_H_
