#include "proxy/base/printable.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace pinnace {
namespace {

// The length of the valid UTF-8 sequence at the front of `bytes`, 0 if none.
size_t Utf8SequenceLength(absl::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = at(0);
  size_t length = 0;
  uint8_t second_low = 0x80, second_high = 0xbf;
  if (lead < 0x80) {
    return 1;
  } else if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
    // U+0080..U+009F are the C1 controls.
    if (lead == 0xc2) second_low = 0xa0;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) second_low = 0xa0;
    if (lead == 0xed) second_high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) second_low = 0x90;
    if (lead == 0xf4) second_high = 0x8f;
  }
  if (length == 0 || bytes.size() < length) return 0;
  if (at(1) < second_low || at(1) > second_high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// How many bytes at the front are ASCII and stay as they are.
size_t PlainRun(absl::string_view bytes) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
  return std::find_if_not(bytes.begin(), bytes.end(), plain) - bytes.begin();
}

}  // namespace

std::string Printable(absl::string_view bytes, size_t max_bytes) {
  const bool cut = bytes.size() > max_bytes;
  if (cut) bytes = bytes.substr(0, max_bytes);
  std::string text;
  text.reserve(bytes.size() + 3);
  while (true) {
    const size_t run = PlainRun(bytes);
    text.append(bytes.data(), run);
    bytes.remove_prefix(run);
    if (bytes.empty()) break;
    const size_t length = Utf8SequenceLength(bytes);
    const auto first = static_cast<uint8_t>(bytes[0]);
    if (length == 0 || first < 0x20 || first == 0x7f) {
      absl::StrAppend(&text, "\\x", absl::Hex(first, absl::kZeroPad2));
    } else if (first == '\\') {
      text += "\\\\";
    } else {
      text.append(bytes.data(), length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  if (cut) text += "...";
  return text;
}

}  // namespace pinnace
