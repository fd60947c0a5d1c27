#include "proxy/io/errno_status.h"

namespace pinnace::io {

absl::Status StatusFromErrno(int error, absl::string_view context) {
  if (error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, context);
}

bool IsOwnFault(const absl::Status& status) {
  return absl::IsResourceExhausted(status);
}

}  // namespace pinnace::io
