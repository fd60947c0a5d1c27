#include "proxy/base/port_range.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pinnace {
namespace {

std::optional<uint16_t> ParsePort(absl::string_view digits) {
  uint32_t port = 0;
  if (digits.empty() || digits.size() > 5 ||
      digits.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(digits, &port) || port == 0 || port > 65535) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(port);
}

}  // namespace

std::optional<PortRange> PortRange::Parse(absl::string_view text) {
  const size_t hyphen = text.find('-');
  std::optional<uint16_t> first = ParsePort(text.substr(0, hyphen));
  std::optional<uint16_t> last = hyphen == absl::string_view::npos
                                     ? first
                                     : ParsePort(text.substr(hyphen + 1));
  if (!first.has_value() || !last.has_value() || *first > *last) {
    return std::nullopt;
  }
  return PortRange{*first, *last};
}

std::string PortRange::ToString() const {
  return first == last ? absl::StrCat(first) : absl::StrCat(first, "-", last);
}

}  // namespace pinnace
