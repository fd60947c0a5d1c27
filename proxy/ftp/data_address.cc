#include "proxy/ftp/data_address.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proxy/base/check.h"

namespace pinnace::ftp {
namespace {

bool AllDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(c);
  });
}

// Takes one to `max_digits` digits off the front of `text`; nothing when there
// are none, or more.
std::optional<uint32_t> TakeNumber(absl::string_view* text, size_t max_digits) {
  uint32_t number = 0;
  size_t digits = 0;
  while (!text->empty() && absl::ascii_isdigit(text->front())) {
    if (++digits > max_digits) return std::nullopt;
    number = number * 10 + (text->front() - '0');
    text->remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return number;
}

std::optional<uint16_t> TakePort(absl::string_view* text) {
  const std::optional<uint32_t> port = TakeNumber(text, 5);
  if (!port.has_value() || *port == 0 || *port > 65535) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

bool TakeChar(absl::string_view* text, char wanted) {
  if (text->empty() || text->front() != wanted) return false;
  text->remove_prefix(1);
  return true;
}

void SkipSpaces(absl::string_view* text) {
  while (TakeChar(text, ' ')) {
  }
}

enum class Spaces : uint8_t { kRefused, kAllowed };

// Takes "h1,h2,h3,h4,p1,p2" off the front of `text`.
std::optional<Address> TakeSixNumbers(absl::string_view* text, Spaces spaces) {
  std::array<uint8_t, 6> numbers;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (spaces == Spaces::kAllowed) SkipSpaces(text);
      if (!TakeChar(text, ',')) return std::nullopt;
      if (spaces == Spaces::kAllowed) SkipSpaces(text);
    }
    const std::optional<uint32_t> number = TakeNumber(text, 3);
    if (!number.has_value() || *number > 255) return std::nullopt;
    numbers[i] = static_cast<uint8_t>(*number);
  }
  return Address{
      IpAddress::FromIpv4({numbers[0], numbers[1], numbers[2], numbers[3]}),
      static_cast<uint16_t>(numbers[4] << 8 | numbers[5])};
}

// Between what comes before and behind.
std::string FormatSixNumbers(absl::string_view before, const Address& address,
                             absl::string_view behind) {
  const std::array<uint8_t, 4> ip = address.ip.ipv4();
  return absl::StrCat(before, ip[0], ",", ip[1], ",", ip[2], ",", ip[3], ",",
                      address.port >> 8, ",", address.port & 0xff, behind);
}

}  // namespace

std::optional<Address> ParsePortArgument(absl::string_view argument) {
  const std::optional<Address> address =
      TakeSixNumbers(&argument, Spaces::kRefused);
  return argument.empty() ? address : std::nullopt;
}

std::string FormatPortArgument(const Address& address) {
  return FormatSixNumbers("", address, "");
}

EprtArgument ParseEprtArgument(absl::string_view argument) {
  const EprtArgument syntax = {.error = EprtError::kSyntax};
  if (argument.empty() || !absl::ascii_isgraph(argument.front())) return syntax;
  // Before the first delimiter and behind the last is nothing.
  const std::vector<absl::string_view> parts =
      absl::StrSplit(argument, absl::MaxSplits(argument.front(), 5));
  if (parts.size() != 5 || !parts[4].empty()) return syntax;
  const absl::string_view family = parts[1];
  const absl::string_view host = parts[2];
  absl::string_view rest = parts[3];

  if (!AllDigits(family)) return syntax;
  const std::optional<uint16_t> port = TakePort(&rest);
  if (!port.has_value() || !rest.empty()) return syntax;
  if (family != "1" && family != "2") {
    return {.error = EprtError::kUnknownFamily};
  }
  // A mapped IPv4 address has two families, so neither number names it.
  const std::optional<IpAddress> ip = IpAddress::Parse(host);
  if (!ip.has_value() || ip->is_ipv4() != (family == "1") ||
      absl::StrContains(host, ":") != (family == "2")) {
    return syntax;
  }
  return {.error = EprtError::kNone, .address = {*ip, *port}};
}

std::string FormatEprtArgument(const Address& address) {
  return absl::StrCat("|", address.ip.is_ipv4() ? 1 : 2, "|",
                      address.ip.ToString(), "|", address.port, "|");
}

EpsvArgument ParseEpsvArgument(absl::string_view argument) {
  if (argument.empty()) return EpsvArgument::kNone;
  if (argument == "1") return EpsvArgument::kIpv4;
  if (argument == "2") return EpsvArgument::kIpv6;
  if (absl::EqualsIgnoreCase(argument, "ALL")) return EpsvArgument::kAll;
  return AllDigits(argument) ? EpsvArgument::kUnknownFamily
                             : EpsvArgument::kSyntax;
}

std::optional<Address> ParsePassiveText(absl::string_view text) {
  constexpr absl::string_view kDigits = "0123456789";
  while (true) {
    text.remove_prefix(std::min(text.find_first_of(kDigits), text.size()));
    if (text.empty()) return std::nullopt;
    absl::string_view rest = text;
    const std::optional<Address> address =
        TakeSixNumbers(&rest, Spaces::kAllowed);
    if (address.has_value() && address->port != 0) return address;
    // Not from the middle of a list that is broken: its end is no address.
    text.remove_prefix(
        std::min(text.find_first_not_of("0123456789, "), text.size()));
  }
}

std::optional<uint16_t> ParseExtendedPassiveText(absl::string_view text) {
  while (true) {
    text.remove_prefix(std::min(text.find('('), text.size()));
    if (!TakeChar(&text, '(')) return std::nullopt;
    if (text.empty() || !absl::ascii_isgraph(text.front()) ||
        absl::ascii_isdigit(text.front())) {
      continue;
    }
    const char delimiter = text.front();
    absl::string_view rest = text;
    if (!TakeChar(&rest, delimiter) || !TakeChar(&rest, delimiter) ||
        !TakeChar(&rest, delimiter)) {
      continue;
    }
    const std::optional<uint16_t> port = TakePort(&rest);
    if (port.has_value() && TakeChar(&rest, delimiter) &&
        TakeChar(&rest, ')')) {
      return port;
    }
  }
}

std::string FormatPassiveText(const Address& address) {
  return FormatSixNumbers("Entering Passive Mode (", address, ").");
}

std::string FormatExtendedPassiveText(uint16_t port) {
  PINNACE_CHECK(port != 0);
  return absl::StrCat("Entering Extended Passive Mode (|||", port, "|).");
}

}  // namespace pinnace::ftp
