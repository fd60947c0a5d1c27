// Globs over names and over paths. Pure. Any thread.
#ifndef PINNACE_PROXY_POLICY_GLOB_H_
#define PINNACE_PROXY_POLICY_GLOB_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::policy {

// fnmatch(3) without flags: '*' also matches a '/' and a '.' in front. A text
// with a NUL matches nothing but the empty glob, which matches every text.
bool GlobMatches(const std::string& glob, absl::string_view text);

// Over a whole path: '*', '?' and "[a-c]" do not go beyond a '/', "**" does,
// and
// "**" as a whole part also stands for no part: "/a/**/b" matches "/a/b". Takes
// time in proportion to the path for all but absurd globs.
bool PathGlobMatches(absl::string_view glob, absl::string_view path);

}  // namespace pinnace::policy

#endif  // PINNACE_PROXY_POLICY_GLOB_H_
