#include "proxy/ftp/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pinnace::ftp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Reply, OneLine) {
  const Reply reply = Reply::OneLine(ReplyCode::kTransferComplete, "Done.");
  EXPECT_EQ(reply.wire(), "226 Done.\r\n");
  EXPECT_EQ(reply.code(), 226);
  EXPECT_EQ(reply.last_text(), "Done.");
  EXPECT_THAT(reply.Lines(), ElementsAre("Done."));
  EXPECT_TRUE(reply.Is(ReplyCode::kTransferComplete));
  EXPECT_FALSE(reply.Is(ReplyCode::kOk));
}

TEST(Reply, OurTextNeverSplitsAReply) {
  EXPECT_EQ(Reply::OneLine(ReplyCode::kFileUnavailable,
                           absl::string_view("a\r\n226 b\0\t\x7f\xc3\xa4", 13))
                .wire(),
            "550 a  226 b   \xc3\xa4\r\n");
  EXPECT_EQ(
      Reply::ManyLines(ReplyCode::kSystemStatus, "a\r\n", {"b\n211 c"}, "\rd")
          .wire(),
      "211-a  \r\n b 211 c\r\n211  d\r\n");
}

TEST(Reply, ManyLines) {
  const Reply reply = Reply::ManyLines(ReplyCode::kSystemStatus,
                                       "Features:", {"EPSV", "211 x"}, "End");
  EXPECT_EQ(reply.wire(), "211-Features:\r\n EPSV\r\n 211 x\r\n211 End\r\n");
  EXPECT_THAT(reply.Lines(),
              ElementsAre("Features:", " EPSV", " 211 x", "End"));
  EXPECT_EQ(reply.last_text(), "End");
  EXPECT_EQ(Reply::ManyLines(ReplyCode::kHelp, "a", {}, "b").wire(),
            "214-a\r\n214 b\r\n");
}

TEST(Reply, Severity) {
  const auto with = [](int code) { return Reply::Verbatim(code, ""); };
  EXPECT_EQ(with(100).severity(), Severity::kPreliminary);
  EXPECT_EQ(with(226).severity(), Severity::kCompletion);
  EXPECT_EQ(with(331).severity(), Severity::kIntermediate);
  EXPECT_EQ(with(421).severity(), Severity::kTransient);
  EXPECT_EQ(with(599).severity(), Severity::kPermanent);
  EXPECT_TRUE(with(150).IsPreliminary());
  EXPECT_FALSE(with(226).IsPreliminary());
  EXPECT_TRUE(with(226).IsCompletion());
  EXPECT_FALSE(with(150).IsCompletion());
  EXPECT_FALSE(with(399).IsNegative());
  EXPECT_TRUE(with(400).IsNegative());
}

TEST(Reply, LinesOfWhatBackendsSend) {
  const auto lines = [](const char* wire) {
    return Reply::Verbatim(211, wire).Lines();
  };
  static const Reply kHyphens =
      Reply::Verbatim(211, "211-a\n211-EPSV\n226 b\n\r\n2111\n211 end\n");
  EXPECT_THAT(kHyphens.Lines(),
              ElementsAre("a", "EPSV", "226 b", "", "1", "end"));
  EXPECT_EQ(kHyphens.last_text(), "end");
  EXPECT_THAT(lines(""), IsEmpty());
  EXPECT_EQ(Reply::Verbatim(211, "211\r\n").last_text(), "");
  EXPECT_EQ(Reply::Verbatim(211, "211 no end").last_text(), "no end");
  EXPECT_EQ(Reply::Verbatim(211, "211Close\r\n").last_text(), "Close");
  EXPECT_EQ(Reply::Verbatim(211, "").last_text(), "");
}

TEST(Reply, WithCodeKeepsItOneReply) {
  const auto with_550 = [](const char* wire) {
    return Reply::Verbatim(226, wire).WithCode(ReplyCode::kFileUnavailable);
  };
  EXPECT_EQ(with_550("226 Done 226 \r\n").wire(), "550 Done 226 \r\n");
  EXPECT_EQ(with_550("226 Done\r\n").code(), 550);
  EXPECT_EQ(with_550("226\n").wire(), "550\n");
  EXPECT_EQ(with_550("226 no end").wire(), "550 no end");
  EXPECT_EQ(with_550("").wire(), "");
  EXPECT_EQ(with_550("no code\r\n").wire(), "no code\r\n");
  // Lines of text keep what they say, but must not end the reply.
  EXPECT_EQ(
      with_550("226-a\r\n226-b\r\n550 c\r\n550\r\n550x\r\n226 d\r\n").wire(),
      "550-a\r\n226-b\r\n 550 c\r\n 550\r\n550x\r\n550 d\r\n");
}

TEST(ReplyDeathTest, ACodeHasThreeDigits) {
  EXPECT_DEATH(Reply::Verbatim(99, ""), "CHECK failed");
  EXPECT_DEATH(Reply::Verbatim(600, ""), "CHECK failed");
}

}  // namespace
}  // namespace pinnace::ftp
