#include "proxy/ftp/reply_reader.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace pinnace::ftp {
namespace {

// The code at the front of a line, when a reply may begin with it.
std::optional<int> ReplyCodeOf(absl::string_view line) {
  if (line.size() < 3) return std::nullopt;
  int code = 0;
  for (const char c : line.substr(0, 3)) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
    code = code * 10 + (c - '0');
  }
  if (code < 100 || code > 599) return std::nullopt;
  if (line.size() > 3 && absl::ascii_isdigit(line[3])) return std::nullopt;
  return code;
}

}  // namespace

void ReplyReader::Append(absl::string_view bytes) {
  if (failure_ != Status::kNeedMore) return;
  // Each byte moved here pays for one taken before, so the work stays linear.
  if (head_ > buffer_.size() / 2) {
    buffer_.erase(0, head_);
    line_ -= head_;
    scan_ -= head_;
    head_ = 0;
  }
  buffer_.append(bytes.data(), bytes.size());
}

ReplyReader::Status ReplyReader::Next(Reply* reply) {
  if (failure_ != Status::kNeedMore) return failure_;
  while (true) {
    const size_t newline = buffer_.find('\n', scan_);
    if (newline == std::string::npos) {
      scan_ = buffer_.size();
      // The LF that is still to come counts.
      return OverCap(buffer_.size() + 1) ? Fail(Status::kTooLong)
                                         : Status::kNeedMore;
    }
    const size_t end = newline + 1;
    if (OverCap(end)) return Fail(Status::kTooLong);
    const Status status = TakeLine(end, reply);
    if (status != Status::kNeedMore) return status;
  }
}

ReplyReader::Status ReplyReader::TakeLine(size_t end, Reply* reply) {
  absl::string_view line(buffer_.data() + line_, end - 1 - line_);
  absl::ConsumeSuffix(&line, "\r");
  const std::optional<int> code = ReplyCodeOf(line);
  const bool first = code_ == 0;
  if (first && !code.has_value()) return Fail(Status::kMalformed);

  // "220Welcome" is no rarer than "220" alone: only a hyphen opens a block.
  const bool ends_block = code == code_ && (line.size() == 3 || line[3] == ' ');
  const bool opens_block = line.size() > 3 && line[3] == '-';
  line_ = end;
  scan_ = end;
  if (first ? opens_block : !ends_block) {
    if (first) code_ = *code;
    return Status::kNeedMore;
  }
  code_ = 0;
  *reply = Reply::Verbatim(*code, TakeWire(end));
  return Status::kReply;
}

// Whether the line or the reply that would end at `end` is over its cap.
bool ReplyReader::OverCap(size_t end) const {
  return end - line_ > limits_.max_line_bytes ||
         end - head_ > limits_.max_reply_bytes;
}

ReplyReader::Status ReplyReader::Fail(Status status) {
  failure_ = status;
  head_ = buffer_.size();
  ReleaseIfEmpty();
  return status;
}

// The bytes [head_, end). When they are all there is, as with most replies,
// the buffer itself is handed out.
std::string ReplyReader::TakeWire(size_t end) {
  std::string wire;
  if (head_ == 0 && end == buffer_.size()) {
    wire.swap(buffer_);
    head_ = line_ = scan_ = 0;
    return wire;
  }
  wire.assign(buffer_, head_, end - head_);
  head_ = end;
  ReleaseIfEmpty();
  return wire;
}

void ReplyReader::ReleaseIfEmpty() {
  if (buffered_bytes() > 0) return;
  std::string().swap(buffer_);  // clear() would keep the memory.
  head_ = line_ = scan_ = 0;
}

}  // namespace pinnace::ftp
