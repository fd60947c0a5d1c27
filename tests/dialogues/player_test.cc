// The player itself: what it says of a dialogue that is wrong.
#include "tests/dialogues/player.h"

#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/dialogues/dialogue.h"

namespace pinnace::dialogues {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::StatusOr<Dialogue> Parse(absl::string_view text) {
  return Dialogue::Parse("x.ftp", text, [](const std::string& path) {
    return path == "include/greeting.ftp"
               ? std::optional<std::string>("C< 220 Pinnace ready.\n")
               : std::nullopt;
  });
}

std::string PlayText(absl::string_view text) {
  const absl::StatusOr<Dialogue> dialogue = Parse(text);
  if (!dialogue.ok()) return std::string(dialogue.status().message());
  return Play(*dialogue, Delivery::kWhole).diff;
}

TEST(PlayerTest, NothingToSayOfWhatIsRight) {
  EXPECT_EQ(PlayText("# A comment.\n"
                     "@include greeting\n"
                     "C> NOOP\n"
                     "C> NOOP\n"
                     "C< 200 OK.\n"
                     "C< 200 OK.\n"
                     "?  phase=logged_out commands_total=2\n"),
            "");
}

TEST(PlayerTest, NamesTheLineOfTheFirstDifference) {
  const std::string diff = PlayText(
      "C< 220 Pinnace ready.\n"
      "C> NOOP\n"
      "C> SYST\n"
      "C< 200 OK.\n"
      "C< 215 VMS\n");
  EXPECT_THAT(diff, StartsWith("x.ftp:5: "));
  EXPECT_THAT(diff, HasSubstr("    C< 200 OK.\n"
                              "  - C< 215 VMS\n"
                              "  + C< 215 UNIX Type: L8\n"));
}

TEST(PlayerTest, MissesWhatDidNotComeAndWhatIsTooMuch) {
  EXPECT_THAT(PlayText("C< 220 Pinnace ready.\nC< 220 Twice.\n"),
              HasSubstr("  - C< 220 Twice.\n"));
  EXPECT_THAT(PlayText("C> NOOP\n"), HasSubstr("  + C< 220 Pinnace ready.\n"));
  EXPECT_THAT(PlayText("C< 220 Pinnace ready.\nC> QUIT\nC< 221 Goodbye.\n"),
              HasSubstr("  + !  end-session reason=client_quit\n"));
}

TEST(PlayerTest, NamesTheLineOfAQueryThatFails) {
  EXPECT_THAT(
      PlayText("@include greeting\nC> NOOP\nC< 200 OK.\n?  phase=ready\n"),
      StartsWith("x.ftp:4: line 4: phase is logged_out, not ready"));
}

TEST(PlayerTest, RefusesWhatItCannotRead) {
  EXPECT_EQ(PlayText("C> NOOP\nX> NOOP\n"), "x.ftp:2: no such mark");
  EXPECT_EQ(PlayText("@login\n"), "x.ftp:1: no file include/login.ftp");
  EXPECT_EQ(PlayText("@times 0\n"),
            "x.ftp:1: @times needs a number, and is never nested");
  EXPECT_THAT(PlayText("@times 2\nC> NOOP\n"), HasSubstr("without @end"));
  EXPECT_THAT(PlayText("C> \\q\n"), HasSubstr("a wrong \\ sequence"));
  EXPECT_THAT(PlayText("@banana\n"), HasSubstr("nothing is called \"banana\""));
  EXPECT_THAT(PlayText("@include greeting\n* banana\n"),
              HasSubstr("nothing is called \"banana\""));
}

TEST(BytesTest, ThereAndBack) {
  const struct {
    const char* text;
    std::string bytes;
  } kCases[] = {
      {"NOOP", "NOOP\r\n"},   {"NOOP\\-", "NOOP"},
      {"", "\r\n"},           {"\\-", ""},
      {"a\\n\\-", "a\n"},     {"a\\r", "a\r\r\n"},
      {"a\\\\b", "a\\b\r\n"}, {"\\x00\\xff", std::string("\0\xff\r\n", 4)},
      {"a\\x20", "a \r\n"},
  };
  for (const auto& c : kCases) {
    const absl::StatusOr<std::string> bytes = DecodeBytes(c.text);
    ASSERT_TRUE(bytes.ok()) << c.text;
    EXPECT_EQ(*bytes, c.bytes);
    EXPECT_EQ(EncodeBytes(c.bytes), c.text);
  }
  EXPECT_EQ(*DecodeBytes("\\{3:ab}c\\-"), "abababc");
  EXPECT_EQ(*DecodeBytes("\\{2:NOOP\\r\\n}\\-"), "NOOP\r\nNOOP\r\n");
  EXPECT_EQ(*DecodeBytes("x\\t"), "x\t\r\n");
}

}  // namespace
}  // namespace pinnace::dialogues
