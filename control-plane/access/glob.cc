#include "control-plane/access/glob.h"

#include <fnmatch.h>

namespace pinnace::access {

bool GlobMatches(const std::string& glob, absl::string_view text) {
  // fnmatch would look at what stands before it only.
  if (text.find('\0') != absl::string_view::npos) return false;
  return fnmatch(glob.c_str(), std::string(text).c_str(), 0) == 0;
}

}  // namespace pinnace::access
