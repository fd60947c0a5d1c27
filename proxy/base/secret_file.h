// Files that hold a secret: tokens and private keys. Refuses one that others
// than its owner and group may read or write. No message has a byte of what is
// in them. Any thread.
#ifndef PINNACE_PROXY_BASE_SECRET_FILE_H_
#define PINNACE_PROXY_BASE_SECRET_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pinnace {

// NOT_FOUND: it cannot be read; FAILED_PRECONDITION: everybody may. Both name
// the file.
absl::Status CheckSecretFile(const std::string& path);

// Its first line. INVALID_ARGUMENT when that is no token, else as
// CheckSecretFile().
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

// 16 to 512 visible ASCII characters.
bool IsToken(absl::string_view text);

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_SECRET_FILE_H_
