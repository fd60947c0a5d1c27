#include "proxy/io/uv_status.h"

#include <uv.h>

#include "absl/strings/str_cat.h"
#include "proxy/io/errno_status.h"

namespace pinnace::io {
namespace {

bool IsResolverCode(int code) {
  return code <= UV_EAI_ADDRFAMILY && code >= UV_EAI_PROTOCOL;
}

absl::StatusCode ResolverStatusCode(int code) {
  switch (code) {
    case UV_EAI_AGAIN:
    case UV_EAI_FAIL:
      return absl::StatusCode::kUnavailable;
    case UV_EAI_NODATA:
    case UV_EAI_NONAME:
      return absl::StatusCode::kNotFound;
    case UV_EAI_MEMORY:
      return absl::StatusCode::kResourceExhausted;
    case UV_EAI_CANCELED:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kUnknown;
  }
}

}  // namespace

absl::Status StatusFromUv(int code, absl::string_view context) {
  if (code >= 0) return absl::OkStatus();
  // libuv's resolver codes are its own; every other code is a negated errno.
  if (!IsResolverCode(code)) return StatusFromErrno(-code, context);
  return absl::Status(ResolverStatusCode(code),
                      absl::StrCat(context, ": ", uv_strerror(code)));
}

}  // namespace pinnace::io
