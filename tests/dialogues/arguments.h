// The key=value arguments of a dialogue's line, read as they are needed. For
// tests only.
#ifndef PINNACE_TESTS_DIALOGUES_ARGUMENTS_H_
#define PINNACE_TESTS_DIALOGUES_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/dialogues/dialogue.h"

namespace pinnace::dialogues {

inline std::optional<std::string> Find(const Arguments& arguments,
                                       const std::string& key) {
  auto found = arguments.find(key);
  if (found == arguments.end()) return std::nullopt;
  return found->second;
}

inline std::string Get(const Arguments& arguments, const std::string& key,
                       absl::string_view otherwise) {
  return Find(arguments, key).value_or(std::string(otherwise));
}

inline int64_t Number(const Arguments& arguments, const std::string& key) {
  int64_t number = 0;
  (void)absl::SimpleAtoi(Get(arguments, key, "0"), &number);
  return number;
}

inline std::string Unknown(const Line& line) {
  return absl::StrCat("nothing is called \"", line.name, "\"");
}

}  // namespace pinnace::dialogues

#endif  // PINNACE_TESTS_DIALOGUES_ARGUMENTS_H_
