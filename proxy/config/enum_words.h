// How people write the values of the protos' enums: "least_sessions" for
// BALANCE_LEAST_SESSIONS of `enum Balance`. Files and flags alike. Any thread.
#ifndef PINNACE_PROXY_CONFIG_ENUM_WORDS_H_
#define PINNACE_PROXY_CONFIG_ENUM_WORDS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace pinnace::config {

// All but that of value 0, which says "not set": nobody writes it.
std::vector<std::string> EnumWords(
    const google::protobuf::EnumDescriptor& type);

std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);

// The number of the value that `word` is for.
std::optional<int> EnumNumber(const google::protobuf::EnumDescriptor& type,
                              absl::string_view word);

}  // namespace pinnace::config

#endif  // PINNACE_PROXY_CONFIG_ENUM_WORDS_H_
