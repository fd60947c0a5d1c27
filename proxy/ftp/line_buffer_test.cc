#include "proxy/ftp/line_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/ftp/testing/splits.h"

namespace pinnace::ftp {
namespace {

using ::testing::ElementsAre;

constexpr size_t kMaxLineBytes = 16;

std::string Show(const LineBuffer::Line& line) {
  switch (line.kind) {
    case LineBuffer::Kind::kComplete:
      return line.text;
    case LineBuffer::Kind::kTooLong:
      return absl::StrCat("<too long>", line.text);
    case LineBuffer::Kind::kForbiddenByte:
      return absl::StrCat("<forbidden>", line.text);
  }
  return "<no kind>";
}

std::vector<std::string> Drain(LineBuffer* buffer) {
  std::vector<std::string> lines;
  while (auto line = buffer->Next()) lines.push_back(Show(*line));
  return lines;
}

struct StreamCase {
  const char* name;
  std::string stream;
  std::vector<std::string> lines;
  size_t rest_bytes = 0;  // of the line that has not ended
  bool interrupt = false;
};

// A literal with NUL bytes in it.
template <size_t N>
std::string Bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

std::vector<StreamCase> StreamCases() {
  const std::string longest(kMaxLineBytes, 'a');
  return {
      {"nothing", "", {}},
      {"part", "NOO", {}, 3},
      {"crlf", "NOOP\r\n", {"NOOP"}},
      {"bare LF", "NOOP\n", {"NOOP"}},
      {"empty lines", "\r\n\n\r\n", {"", "", ""}},
      {"pipelined", "USER a\r\nPASS b\nPW", {"USER a", "PASS b"}, 2},
      {"CR waits for its LF", "NOOP\r", {}, 4},
      {"spaces stay", " CWD  a \r\n", {" CWD  a "}},
      {"high bytes stay", "CWD \xc3\xa4\xfe\r\n", {"CWD \xc3\xa4\xfe"}},

      {"longest", longest + "\r\n", {longest}},
      {"longest, bare LF", longest + "\n", {longest}},
      {"one over", longest + "a\r\nNOOP\r\n", {"<too long>", "NOOP"}},
      {"too long without an end", longest + "aaaa", {}, 0},
      {"far over", std::string(500, 'x') + "\nNOOP\n", {"<too long>", "NOOP"}},
      {"too long twice",
       longest + "a\n" + longest + "b\n",
       {"<too long>", "<too long>"}},
      {"too long, then forbidden",
       longest + "a\rb" + Bytes("\0") + "\n",
       {"<too long>"}},
      {"a doubled IAC counts once",
       std::string(15, 'a') + "\xff\xff\r\n",
       {std::string(15, 'a') + "\xff"}},

      {"bare CR", "CWD a\rDELE b\r\nNOOP\r\n", {"<forbidden>", "NOOP"}},
      {"NUL", Bytes("CWD a\0b\r\nNOOP\r\n"), {"<forbidden>", "NOOP"}},
      {"NUL alone", Bytes("\0\n"), {"<forbidden>"}},
      {"CR NUL", Bytes("CWD a\r\0\nNOOP\r\n"), {"<forbidden>", "NOOP"}},
      {"CR CR LF", "NOOP\r\r\nNOOP\r\n", {"<forbidden>", "NOOP"}},
      {"CR alone", "\r \n", {"<forbidden>"}},
      {"forbidden without an end", "CWD a\rb", {}, 0},
      {"forbidden, then too long",
       "\r" + std::string(100, 'a') + "\n",
       {"<forbidden>"}},
      {"a CR does not outlive its line", "a\r\nb\n", {"a", "b"}},

      {"IAC IAC", "CWD \xff\xff\r\n", {"CWD \xff"}},
      {"IAC IAC behind CR", "CWD a\r\xff\xff\n", {"<forbidden>"}},
      {"WILL", "\xff\xfb\x01NOOP\r\n", {"NOOP"}},
      {"WONT", "NO\xff\xfc\x01OP\r\n", {"NOOP"}},
      {"DO, option is LF", "NO\xff\xfd\nOP\r\n", {"NOOP"}},
      {"DONT, option is IAC", "NO\xff\xfe\xffOP\r\n", {"NOOP"}},
      {"subnegotiation", "\xff\xfa\x18\r\n\xff\xff\xff\xf0NOOP\r\n", {"NOOP"}},
      {"subnegotiation without an end", "\xff\xfaNOOP\r\nNOOP\r\n", {}},
      {"IAC NOP", "NO\xff\xf1OP\r\n", {"NOOP"}},
      {"IAC and an unknown byte", "NO\xff.OP\r\n", {"NOOP"}},
      {"IAC between CR and LF", "NOOP\r\xff\xf1\n", {"NOOP"}},
      {"IAC without an end", "NOOP\xff", {}, 4},
      {"interrupt process",
       "\xff\xf4"
       "ABOR\r\n",
       {"ABOR"},
       0,
       true},
      {"data mark",
       "\xff\xf2"
       "ABOR\r\n",
       {"ABOR"},
       0,
       true},
      {"synch", "\xff\xf4\xff\xf2STAT\r\n", {"STAT"}, 0, true},
      {"interrupt in mid-line", "AB\xff\xf4OR\r\n", {"ABOR"}, 0, true},
      {"a data mark without IAC is text", "\xf2STAT\r\n", {"\xf2STAT"}},
      {"interrupt inside a subnegotiation is none",
       "\xff\xfa\xff\xf4\xff\xf0NOOP\r\n",
       {"NOOP"}},
  };
}

TEST(LineBuffer, ReadsEachStreamAlikeHoweverItIsSplit) {
  for (const StreamCase& c : StreamCases()) {
    for (const testing::Pieces& pieces : testing::EverySplit(c.stream)) {
      SCOPED_TRACE(absl::StrCat(c.name, ", first piece of ",
                                pieces.empty() ? 0 : pieces[0].size()));
      LineBuffer at_the_end(kMaxLineBytes);
      LineBuffer at_once(kMaxLineBytes);
      std::vector<std::string> lines;
      for (absl::string_view piece : pieces) {
        at_the_end.Append(piece);
        at_once.Append(piece);
        for (std::string& line : Drain(&at_once)) lines.push_back(line);
        EXPECT_FALSE(at_once.HasLine());
      }
      EXPECT_EQ(lines, c.lines);
      EXPECT_EQ(at_the_end.HasLine(), !c.lines.empty());
      EXPECT_EQ(Drain(&at_the_end), c.lines);
      for (LineBuffer* buffer : {&at_the_end, &at_once}) {
        EXPECT_FALSE(buffer->HasLine());
        EXPECT_EQ(buffer->buffered_bytes(), c.rest_bytes);
        EXPECT_EQ(buffer->TakeInterrupt(), c.interrupt);
        EXPECT_FALSE(buffer->TakeInterrupt());
      }
    }
  }
}

TEST(LineBuffer, ATooLongLineIsReportedWhenItsEndIsSeen) {
  LineBuffer buffer(kMaxLineBytes);
  for (int i = 0; i < 1024; ++i) {
    buffer.Append(std::string(1024, 'x'));
    EXPECT_FALSE(buffer.HasLine());
    EXPECT_EQ(buffer.Next(), std::nullopt);
    EXPECT_EQ(buffer.buffered_bytes(), 0u);
  }
  buffer.Append("\r");
  EXPECT_FALSE(buffer.HasLine());
  buffer.Append("\nNOOP\r\n");
  EXPECT_TRUE(buffer.HasLine());
  EXPECT_THAT(Drain(&buffer), ElementsAre("<too long>", "NOOP"));
}

TEST(LineBuffer, CountsWhatItHolds) {
  LineBuffer buffer(kMaxLineBytes);
  buffer.Append("NOOP\r\nUS");
  EXPECT_EQ(buffer.buffered_bytes(), 7u);
  buffer.Next();
  EXPECT_EQ(buffer.buffered_bytes(), 2u);
  buffer.Append("\xff\xff\xff\xf4");
  EXPECT_EQ(buffer.buffered_bytes(), 3u);
  buffer.Append(std::string(100, '\n'));
  EXPECT_EQ(buffer.buffered_bytes(), 103u);
}

TEST(LineBuffer, ManyPipelinedCommandsComeInOrder) {
  std::string stream;
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&stream, "CWD ", i, "\r\n");
  LineBuffer buffer(kMaxLineBytes);
  buffer.Append(stream);
  for (int i = 0; i < 10'000; ++i) {
    // More arrives behind what waits.
    buffer.Append("N");
    auto line = buffer.Next();
    ASSERT_TRUE(line.has_value());
    ASSERT_EQ(line->text, absl::StrCat("CWD ", i));
    buffer.Append("\n");
  }
  for (int i = 0; i < 10'000; ++i) {
    auto line = buffer.Next();
    ASSERT_TRUE(line.has_value());
    ASSERT_EQ(line->text, "N");
  }
  EXPECT_EQ(buffer.buffered_bytes(), 0u);
}

auto Is(const char* text) {
  return [text](absl::string_view line) { return line == text; };
}

TEST(LineBuffer, TakeFirstLeavesTheOthersInOrder) {
  LineBuffer buffer(kMaxLineBytes);
  buffer.Append("NOOP\r\nABOR\r\nPWD\r\nABOR\r\nQU");
  EXPECT_EQ(buffer.TakeFirst(Is("STAT")), std::nullopt);

  EXPECT_EQ(buffer.TakeFirst(Is("ABOR"))->text, "ABOR");
  buffer.Append("IT\r\nSY");
  EXPECT_EQ(buffer.TakeFirst(Is("QUIT"))->text, "QUIT");
  EXPECT_EQ(buffer.TakeFirst(Is("SY")), std::nullopt);  // not whole yet
  buffer.Append("ST\r\n");
  EXPECT_EQ(buffer.TakeFirst(Is("NOOP"))->text, "NOOP");
  EXPECT_THAT(Drain(&buffer), ElementsAre("PWD", "ABOR", "SYST"));
}

TEST(LineBuffer, TakeFirstBehindLinesThatAreGone) {
  LineBuffer buffer(kMaxLineBytes);
  buffer.Append("A\nB\nC\nD\nE");
  EXPECT_EQ(buffer.Next()->text, "A");
  EXPECT_EQ(buffer.TakeFirst(Is("C"))->text, "C");
  EXPECT_EQ(buffer.TakeFirst(Is("B"))->text, "B");
  buffer.Append("F\n");
  EXPECT_EQ(buffer.TakeFirst(Is("EF"))->text, "EF");
  EXPECT_THAT(Drain(&buffer), ElementsAre("D"));
  EXPECT_EQ(buffer.TakeFirst(Is("D")), std::nullopt);
}

TEST(LineBuffer, TakeFirstAsksOnlyAboutCompleteLines) {
  LineBuffer buffer(kMaxLineBytes);
  buffer.Append("a\rb\n" + std::string(100, 'x') + "\nNOOP\n\nPW");
  std::vector<std::string> asked;
  EXPECT_EQ(buffer.TakeFirst([&](absl::string_view text) {
    asked.emplace_back(text);
    return false;
  }),
            std::nullopt);
  EXPECT_THAT(asked, ElementsAre("NOOP", ""));
  EXPECT_EQ(Show(*buffer.TakeFirst(Is(""))), "");
  EXPECT_THAT(Drain(&buffer), ElementsAre("<forbidden>", "<too long>", "NOOP"));
}

}  // namespace
}  // namespace pinnace::ftp
