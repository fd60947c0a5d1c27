// Any bytes from a backend: the same replies however they are split, to the
// byte; each is one reply and within the caps, and stays one under another
// code.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/check.h"
#include "proxy/ftp/reply_reader.h"
#include "proxy/ftp/testing/splits.h"

namespace pinnace::ftp {
namespace {

using Status = ReplyReader::Status;

constexpr ReplyReader::Limits kLimits = {.max_line_bytes = 64,
                                         .max_reply_bytes = 256};
// For a reply that was changed on the way.
constexpr ReplyReader::Limits kWideLimits = {.max_line_bytes = 1024,
                                             .max_reply_bytes = 4096};

struct Read {
  std::vector<Reply> replies;
  Status end = Status::kNeedMore;
  size_t rest_bytes = 0;
};

Read ReadPieces(const testing::Pieces& pieces, ReplyReader::Limits limits) {
  ReplyReader reader(limits);
  Read read;
  for (absl::string_view piece : pieces) {
    reader.Append(piece);
    Reply reply;
    while ((read.end = reader.Next(&reply)) == Status::kReply) {
      read.replies.push_back(reply);
    }
    PINNACE_CHECK(reader.buffered_bytes() < limits.max_reply_bytes);
  }
  read.rest_bytes = reader.buffered_bytes();
  return read;
}

void CheckSame(const Read& a, const Read& b) {
  PINNACE_CHECK(a.replies.size() == b.replies.size());
  for (size_t i = 0; i < a.replies.size(); ++i) {
    PINNACE_CHECK(a.replies[i].code() == b.replies[i].code());
    PINNACE_CHECK(a.replies[i].wire() == b.replies[i].wire());
  }
  PINNACE_CHECK(a.end == b.end);
  PINNACE_CHECK(a.rest_bytes == b.rest_bytes);
}

void CheckReply(const Reply& reply) {
  const std::string& wire = reply.wire();
  PINNACE_CHECK(wire.size() <= kLimits.max_reply_bytes);
  PINNACE_CHECK(absl::StartsWith(wire, absl::StrCat(reply.code())));
  PINNACE_CHECK(absl::EndsWith(wire, "\n"));
  PINNACE_CHECK(reply.Lines().back() == reply.last_text());

  for (const ReplyCode code : {ReplyCode::kOk, ReplyCode::kFileUnavailable}) {
    const Reply other = reply.WithCode(code);
    const Read read = ReadPieces({other.wire()}, kWideLimits);
    PINNACE_CHECK(read.replies.size() == 1 && read.rest_bytes == 0);
    PINNACE_CHECK(read.end == Status::kNeedMore);
    PINNACE_CHECK(read.replies[0].Is(code));
    PINNACE_CHECK(read.replies[0].wire() == other.wire());
    PINNACE_CHECK(other.last_text() == reply.last_text());
    PINNACE_CHECK(other.Lines().size() == reply.Lines().size());
  }
}

void Check(absl::string_view stream) {
  const Read whole = ReadPieces({stream}, kLimits);
  CheckSame(whole, ReadPieces(testing::ByteByByte(stream), kLimits));
  const size_t half = stream.size() / 2;
  CheckSame(whole,
            ReadPieces({stream.substr(0, half), stream.substr(half)}, kLimits));

  std::string passed_on;
  for (const Reply& reply : whole.replies) {
    CheckReply(reply);
    passed_on += reply.wire();
  }
  PINNACE_CHECK(absl::StartsWith(stream, passed_on));
  if (whole.end == Status::kNeedMore) {
    PINNACE_CHECK(passed_on.size() + whole.rest_bytes == stream.size());
  } else {
    PINNACE_CHECK(whole.rest_bytes == 0);
  }
}

}  // namespace
}  // namespace pinnace::ftp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pinnace::ftp::Check({reinterpret_cast<const char*>(data), size});
  return 0;
}
