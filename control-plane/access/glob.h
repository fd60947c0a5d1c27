// The globs of ids and subjects. Pure. Any thread.
#ifndef PINNACE_CONTROL_PLANE_ACCESS_GLOB_H_
#define PINNACE_CONTROL_PLANE_ACCESS_GLOB_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::access {

// fnmatch(3) without flags: * also matches what has a slash or a dot in it. A
// text with a zero byte matches nothing.
bool GlobMatches(const std::string& glob, absl::string_view text);

}  // namespace pinnace::access

#endif  // PINNACE_CONTROL_PLANE_ACCESS_GLOB_H_
