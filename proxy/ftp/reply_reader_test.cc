#include "proxy/ftp/reply_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/ftp/testing/splits.h"

namespace pinnace::ftp {
namespace {

using Status = ReplyReader::Status;

constexpr ReplyReader::Limits kLimits = {.max_line_bytes = 32,
                                         .max_reply_bytes = 64};

struct Read {
  std::vector<std::string> replies;  // "code wire"
  Status end = Status::kNeedMore;
};

void ReadAll(ReplyReader* reader, Read* read) {
  Reply reply;
  while ((read->end = reader->Next(&reply)) == Status::kReply) {
    read->replies.push_back(absl::StrCat(reply.code(), " ", reply.wire()));
  }
}

struct StreamCase {
  const char* name;
  std::string stream;
  std::vector<std::string> replies;
  Status end = Status::kNeedMore;
  size_t rest_bytes = 0;
};

std::vector<StreamCase> StreamCases() {
  const std::string features = "211-Features\r\n EPSV\r\n211 End\r\n";
  const std::string digits =
      "230-Hi\r\n226 no\r\n230\r x\r\n2300 \r\n230 ok\r\n";
  const std::string nul = std::string("220 a\0b\xff\xf4\x07\r\n", 12);
  const std::string line_at_cap = "220 " + std::string(27, 'a') + "\n";
  const std::string reply_at_cap =
      "220-" + std::string(27, 'a') + "\n220 " + std::string(27, 'b') + "\n";
  return {
      {"nothing", "", {}},
      {"part", "22", {}, Status::kNeedMore, 2},
      {"one line", "220 Hi\r\n", {"220 220 Hi\r\n"}},
      {"bare LF", "220 Hi\n", {"220 220 Hi\n"}},
      {"code alone", "220\r\n", {"220 220\r\n"}},
      {"code alone, bare LF", "220\n", {"220 220\n"}},
      {"code and no space", "220Hi\r\n", {"220 220Hi\r\n"}},
      {"code and space", "220 \r\n", {"220 220 \r\n"}},
      {"two, and a part",
       "150 a\r\n226 b\r\n22",
       {"150 150 a\r\n", "226 226 b\r\n"},
       Status::kNeedMore,
       2},
      {"many lines", features, {"211 " + features}},
      {"many lines, twice",
       features + features,
       {"211 " + features, "211 " + features}},
      {"a block's last line is the code alone",
       "211-a\r\n211\r\n",
       {"211 211-a\r\n211\r\n"}},
      {"text that looks like codes", digits, {"230 " + digits}},
      {"hyphen on every line",
       "211-a\n211-b\n211 c\n",
       {"211 211-a\n211-b\n211 c\n"}},
      {"empty lines in a block",
       "211-\n\n\r\n211 c\n",
       {"211 211-\n\n\r\n211 c\n"}},
      {"block that another code ends goes on",
       "211-a\n226 b\n",
       {},
       Status::kNeedMore,
       12},
      {"control bytes stay", nul, {"220 " + nul}},
      {"lowest and highest", "100 a\n599 b\n", {"100 100 a\n", "599 599 b\n"}},

      {"code too low", "099 a\r\n", {}, Status::kMalformed},
      {"code too high", "600 a\r\n", {}, Status::kMalformed},
      {"four digits", "2200 a\r\n", {}, Status::kMalformed},
      {"two digits", "22\r\n", {}, Status::kMalformed},
      {"no digits", "SSH-2.0-x\r\n", {}, Status::kMalformed},
      {"space first", " 220 a\r\n", {}, Status::kMalformed},
      {"empty line", "\r\n220 a\r\n", {}, Status::kMalformed},
      {"malformed behind a reply",
       "220 a\r\nHTTP\r\n220 b\r\n",
       {"220 220 a\r\n"},
       Status::kMalformed},

      {"longest line", line_at_cap, {"220 " + line_at_cap}},
      {"line over its cap", "a" + line_at_cap, {}, Status::kTooLong},
      {"line over its cap, no end", std::string(32, '2'), {}, Status::kTooLong},
      {"line just not over its cap",
       std::string(31, '2'),
       {},
       Status::kNeedMore,
       31},
      {"line over its cap behind a reply",
       "220 a\r\n220 " + std::string(100, 'a') + "\n",
       {"220 220 a\r\n"},
       Status::kTooLong},
      {"longest reply", reply_at_cap, {"220 " + reply_at_cap}},
      {"longest reply, twice",
       reply_at_cap + reply_at_cap,
       {"220 " + reply_at_cap, "220 " + reply_at_cap}},
      {"reply over its cap", "220-a\n" + reply_at_cap, {}, Status::kTooLong},
      {"reply over its cap, no end",
       "220-" + std::string(27, 'a') + "\n" + std::string(31, 'a') + "\n",
       {},
       Status::kTooLong},
  };
}

TEST(ReplyReader, ReadsEachStreamAlikeHoweverItIsSplit) {
  for (const StreamCase& c : StreamCases()) {
    for (const testing::Pieces& pieces : testing::EverySplit(c.stream)) {
      SCOPED_TRACE(absl::StrCat(c.name, ", first piece of ",
                                pieces.empty() ? 0 : pieces[0].size()));
      ReplyReader at_the_end(kLimits);
      ReplyReader at_once(kLimits);
      Read read_at_the_end, read_at_once;
      for (absl::string_view piece : pieces) {
        at_the_end.Append(piece);
        at_once.Append(piece);
        ReadAll(&at_once, &read_at_once);
      }
      ReadAll(&at_the_end, &read_at_the_end);
      for (const Read& read : {read_at_the_end, read_at_once}) {
        EXPECT_EQ(read.replies, c.replies);
        EXPECT_EQ(read.end, c.end);
      }
      for (const ReplyReader& reader : {at_the_end, at_once}) {
        EXPECT_EQ(reader.buffered_bytes(), c.rest_bytes);
      }
    }
  }
}

TEST(ReplyReader, AFailureIsFinalAndHoldsNothing) {
  for (const std::string& flaw :
       {std::string("no code\n"), std::string(100, 'x')}) {
    ReplyReader reader(kLimits);
    Reply reply;
    reader.Append(flaw);
    const Status failure = reader.Next(&reply);
    reader.Append("220 Hi\r\n");
    EXPECT_EQ(reader.buffered_bytes(), 0u);
    EXPECT_EQ(reader.Next(&reply), failure);
    EXPECT_NE(failure, Status::kReply);
    EXPECT_NE(failure, Status::kNeedMore);
  }
}

TEST(ReplyReader, ManyRepliesInOneRead) {
  ReplyReader reader(kLimits);
  std::string stream;
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&stream, "200 ", i, "\r\n");
  reader.Append(stream);
  Reply reply;
  for (int i = 0; i < 10'000; ++i) {
    reader.Append(i % 2 == 0 ? "226 " : "x\n");
    ASSERT_EQ(reader.Next(&reply), Status::kReply);
    ASSERT_EQ(reply.wire(), absl::StrCat("200 ", i, "\r\n"));
  }
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(reader.Next(&reply), Status::kReply);
    ASSERT_EQ(reply.wire(), "226 x\n");
  }
  EXPECT_EQ(reader.Next(&reply), Status::kNeedMore);
  EXPECT_EQ(reader.buffered_bytes(), 0u);
}

}  // namespace
}  // namespace pinnace::ftp
