#include "proxy/config/enum_words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace pinnace::config {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;

std::string EnumWord(const EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  prefix += '_';
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), prefix));
}

std::vector<std::string> EnumWords(const EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 1; i < type.value_count(); ++i) {
    words.push_back(EnumWord(*type.value(i)));
  }
  return words;
}

std::optional<int> EnumNumber(const EnumDescriptor& type,
                              absl::string_view word) {
  for (int i = 1; i < type.value_count(); ++i) {
    if (EnumWord(*type.value(i)) == word) return type.value(i)->number();
  }
  return std::nullopt;
}

}  // namespace pinnace::config
