// What a user's name is known by, where it is counted, banned or matched: many
// servers take "Ann", "ann" and "ann " for one account, and who is refused must
// not get in by another spelling. Any thread.
#ifndef PINNACE_PROXY_BASE_USER_NAME_H_
#define PINNACE_PROXY_BASE_USER_NAME_H_

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace pinnace {

// ASCII letters in lower case, without blanks at either end.
inline std::string UserKey(absl::string_view user) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(user));
}

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_USER_NAME_H_
