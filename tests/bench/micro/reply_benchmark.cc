// A backend's bytes to replies.
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/reply_reader.h"

namespace pinnace::ftp {
namespace {

constexpr absl::string_view kOneLine = "226 Transfer complete.\r\n";
constexpr absl::string_view kManyLines =
    "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n REST STREAM\r\n"
    " SIZE\r\n TVFS\r\n UTF8\r\n211 End\r\n";

ReplyReader NewReader() {
  return ReplyReader({.max_line_bytes = limits::kMaxReplyLineBytes,
                      .max_reply_bytes = limits::kMaxReplyBytes});
}

void ReadReplies(benchmark::State& state, absl::string_view segment) {
  ReplyReader reader = NewReader();
  int64_t replies = 0;
  for (auto _ : state) {
    reader.Append(segment);
    Reply reply;
    while (reader.Next(&reply) == ReplyReader::Status::kReply) {
      benchmark::DoNotOptimize(reply);
      ++replies;
    }
  }
  PINNACE_CHECK(reader.buffered_bytes() == 0);
  state.SetItemsProcessed(replies);
}

BENCHMARK_CAPTURE(ReadReplies, one_line, kOneLine)->Name("BM_OneLineReply");
BENCHMARK_CAPTURE(ReadReplies, many_lines, kManyLines)->Name("BM_TenLineReply");

void BM_RepliesInOneSegment(benchmark::State& state) {
  std::string segment;
  for (int64_t i = 0; i < state.range(0); ++i)
    absl::StrAppend(&segment, kOneLine);
  ReadReplies(state, segment);
}
BENCHMARK(BM_RepliesInOneSegment)->Arg(10);

}  // namespace
}  // namespace pinnace::ftp
