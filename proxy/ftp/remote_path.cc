#include "proxy/ftp/remote_path.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace pinnace::ftp {
namespace {

// `joined` is "" for "/".
void Append(absl::string_view path, std::string* joined) {
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      const size_t slash = joined->rfind('/');
      joined->resize(slash == std::string::npos ? 0 : slash);
    } else {
      absl::StrAppend(joined, "/", part);
    }
  }
}

}  // namespace

std::string JoinPath(absl::string_view directory, absl::string_view path) {
  std::string joined;
  if (!IsWholePath(path)) Append(directory, &joined);
  Append(path, &joined);
  return joined.empty() ? "/" : joined;
}

absl::string_view LastPart(absl::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace pinnace::ftp
