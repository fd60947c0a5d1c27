// The known name that a misspelt one probably means. Any thread.
#ifndef PINNACE_PROXY_CONFIG_NEAREST_NAME_H_
#define PINNACE_PROXY_CONFIG_NEAREST_NAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pinnace::config {

// By edits (insert, delete, replace, swap neighbours); empty when nothing is
// near enough to be worth a suggestion.
std::string NearestName(absl::string_view name,
                        const std::vector<std::string>& known);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_NEAREST_NAME_H_
