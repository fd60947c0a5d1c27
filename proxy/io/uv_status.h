// libuv codes to absl::Status, nowhere else. Any thread.
#ifndef PINNACE_PROXY_IO_UV_STATUS_H_
#define PINNACE_PROXY_IO_UV_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pinnace::io {

// "resolve ftp-0.farm.svc: unknown node or service"; OK for 0 and above.
absl::Status StatusFromUv(int code, absl::string_view context);

}  // namespace pinnace::io

#endif  // PINNACE_PROXY_IO_UV_STATUS_H_
