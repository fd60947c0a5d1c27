// Arithmetic on a backend's paths as FTP clients write them: '/' between the
// parts. Nothing is known of disks and links. Pure. Any thread.
#ifndef PINNACE_PROXY_FTP_REMOTE_PATH_H_
#define PINNACE_PROXY_FTP_REMOTE_PATH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::ftp {

inline bool IsWholePath(absl::string_view path) {
  return !path.empty() && path[0] == '/';
}

// Where `path` leads from `directory`: a whole path without ".", ".." and empty
// parts, never above "/". The directory does not matter for a whole path.
std::string JoinPath(absl::string_view directory, absl::string_view path);

// What stands behind the last '/', slashes at the end apart; "" of "/".
absl::string_view LastPart(absl::string_view path);

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_REMOTE_PATH_H_
