// Untrusted bytes made safe for a log line, a reply text or a JSON answer.
#ifndef PINNACE_PROXY_BASE_PRINTABLE_H_
#define PINNACE_PROXY_BASE_PRINTABLE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace pinnace {

// Valid UTF-8 stays; control bytes, DEL, C1 controls and bytes that are not
// UTF-8 become \xNN, a backslash becomes \\. Cut after `max_bytes` of input,
// with
// "..." behind it.
std::string Printable(absl::string_view bytes, size_t max_bytes = 512);

}  // namespace pinnace

#endif  // PINNACE_PROXY_BASE_PRINTABLE_H_
