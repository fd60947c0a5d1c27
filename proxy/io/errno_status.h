// errno values to absl::Status, nowhere else. Any thread.
#ifndef PINNACE_PROXY_IO_ERRNO_STATUS_H_
#define PINNACE_PROXY_IO_ERRNO_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pinnace::io {

// "listen on 127.0.0.1:50003: Address already in use"; OK for 0.
absl::Status StatusFromErrno(int error, absl::string_view context);

// This process has no descriptor, memory or port left: it says nothing of whom
// it would have reached.
bool IsOwnFault(const absl::Status& status);

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_ERRNO_STATUS_H_
