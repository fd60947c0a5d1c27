#include "proxy/base/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace pinnace {
namespace {

TEST(Printable, EscapesWhatIsNotText) {
  const struct {
    absl::string_view bytes;
    absl::string_view text;
  } kCases[] = {
      {"", ""},
      {"CWD a b~", "CWD a b~"},
      {"a\\b", "a\\\\b"},
      {"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
      {absl::string_view("\0\x1f\x7f", 3), "\\x00\\x1f\\x7f"},
      {"\x1b[31m", "\\x1b[31m"},

      // UTF-8: the least and the most of each length.
      {"\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf"},
      {"\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf"},
      {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
      {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},

      {"\x80", "\\x80"},                             // lone
      {"\xff\xfe", "\\xff\\xfe"},                    // never in UTF-8
      {"\xc0\x80", "\\xc0\\x80"},                    // overlong
      {"\xc1\xbf", "\\xc1\\xbf"},                    // overlong
      {"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},           // overlong
      {"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},  // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // past U+10FFFF
      {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},  // past U+10FFFF
      {"\xc2\x9b", "\\xc2\\x9b"},                    // C1: CSI
      {"\xc3", "\\xc3"},                             // cut
      {"\xe2\x82", "\\xe2\\x82"},                    // cut
      {"\xe2\x82xy", "\\xe2\\x82xy"},                // broken off
      {"\xf0\x9f\x98z", "\\xf0\\x9f\\x98z"},         // broken off
      {"\xc3\xc3\xa4", "\\xc3\xc3\xa4"},             // then a whole one
  };
  for (const auto& c : kCases) EXPECT_EQ(Printable(c.bytes), c.text);
}

TEST(Printable, IsCut) {
  EXPECT_EQ(Printable("abcd", 4), "abcd");
  EXPECT_EQ(Printable("abcde", 4), "abcd...");
  EXPECT_EQ(Printable("a\xc3\xa4", 2), "a\\xc3...");
  EXPECT_EQ(Printable("a", 0), "...");
  EXPECT_EQ(Printable("", 0), "");
  EXPECT_EQ(Printable(std::string(513, 'a')), std::string(512, 'a') + "...");
}

}  // namespace
}  // namespace pinnace
