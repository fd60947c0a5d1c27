#include "proxy/ftp/line_buffer.h"

#include <algorithm>
#include <utility>

#include "proxy/ftp/telnet.h"

namespace pinnace::ftp {
namespace {

// RFC 854, "TELNET command structure".
constexpr uint8_t kSubnegotiationEnd = 240;
constexpr uint8_t kDataMark = 242;
constexpr uint8_t kInterruptProcess = 244;
constexpr uint8_t kSubnegotiationBegin = 250;
constexpr uint8_t kWill = 251;
constexpr uint8_t kDont = 254;
constexpr uint8_t kIac = 255;

}  // namespace

void LineBuffer::Append(absl::string_view bytes) {
  // Each byte moved here pays for one taken before, so the work stays linear.
  if (head_ > buffer_.size() / 2) {
    buffer_.erase(0, head_);
    partial_ -= head_;
    examined_ -= std::min(examined_, head_);
    head_ = 0;
  }
  while (!bytes.empty()) {
    const size_t run = telnet_ == Telnet::kText ? OrdinaryRun(bytes) : 0;
    if (run > 0) {
      TakeText(bytes.substr(0, run));
      bytes.remove_prefix(run);
      continue;
    }
    const char byte = bytes.front();
    bytes.remove_prefix(1);
    if (telnet_ == Telnet::kText && static_cast<uint8_t>(byte) != kIac) {
      TakeSpecial(byte);
    } else {
      TakeTelnet(static_cast<uint8_t>(byte));
    }
  }
}

std::optional<LineBuffer::Line> LineBuffer::Next() {
  if (!HasLine()) return std::nullopt;
  return Remove(head_, buffer_.find('\n', head_));
}

bool LineBuffer::TakeInterrupt() { return std::exchange(interrupt_, false); }

LineBuffer::Kind LineBuffer::KindOf(absl::string_view stored) {
  if (stored.size() == 1 && stored[0] == kTooLongMark) return Kind::kTooLong;
  if (stored.size() == 1 && stored[0] == kForbiddenMark) {
    return Kind::kForbiddenByte;
  }
  return Kind::kComplete;
}

void LineBuffer::TakeTelnet(uint8_t byte) {
  switch (telnet_) {
    case Telnet::kText:
      telnet_ = Telnet::kCommand;
      return;
    case Telnet::kCommand:
      telnet_ = Telnet::kText;
      if (byte == kIac) {
        TakeText("\xff");
      } else if (byte >= kWill && byte <= kDont) {
        telnet_ = Telnet::kOption;
      } else if (byte == kSubnegotiationBegin) {
        telnet_ = Telnet::kParameters;
      } else if (byte == kInterruptProcess || byte == kDataMark) {
        interrupt_ = true;
      }
      return;
    case Telnet::kOption:
      telnet_ = Telnet::kText;
      return;
    case Telnet::kParameters:
      if (byte == kIac) telnet_ = Telnet::kParameterEnd;
      return;
    case Telnet::kParameterEnd:
      telnet_ =
          byte == kSubnegotiationEnd ? Telnet::kText : Telnet::kParameters;
      return;
  }
}

void LineBuffer::TakeText(absl::string_view run) {
  if (std::exchange(after_cr_, false)) Spoil(Kind::kForbiddenByte);
  if (kind_ != Kind::kComplete) return;
  if (run.size() > max_line_bytes_ - (buffer_.size() - partial_)) {
    return Spoil(Kind::kTooLong);
  }
  buffer_.reserve(buffer_.size() + run.size() + 1);  // the line's end too
  buffer_.append(run.data(), run.size());
}

void LineBuffer::TakeSpecial(char byte) {
  if (byte == '\n') return EndLine();
  // A backend may take a bare CR or "CR NUL" for a line end, and what follows
  // for a command that nobody checked.
  if (byte == '\0' || after_cr_) Spoil(Kind::kForbiddenByte);
  after_cr_ = byte == '\r';
}

// The first flaw of a line names it.
void LineBuffer::Spoil(Kind kind) {
  if (kind_ != Kind::kComplete) return;
  kind_ = kind;
  buffer_.resize(partial_);
  ReleaseIfEmpty();
}

void LineBuffer::EndLine() {
  if (kind_ != Kind::kComplete) {
    buffer_ += kind_ == Kind::kTooLong ? kTooLongMark : kForbiddenMark;
  }
  buffer_ += '\n';
  partial_ = buffer_.size();
  kind_ = Kind::kComplete;
  after_cr_ = false;
}

LineBuffer::Line LineBuffer::Remove(size_t begin, size_t end) {
  const absl::string_view stored(buffer_.data() + begin, end - begin);
  Line line = {.kind = KindOf(stored)};
  const size_t kept = line.kind == Kind::kComplete ? stored.size() : 0;
  const size_t taken = end + 1 - begin;
  // When the line is all there is, as most are, the buffer itself is handed
  // out; not one that a long queue has made large.
  if (taken == buffer_.size() && buffer_.capacity() <= 2 * max_line_bytes_) {
    line.text.swap(buffer_);
    line.text.resize(kept);
    head_ = partial_ = examined_ = 0;
    return line;
  }
  line.text.assign(stored.data(), kept);
  if (begin == head_) {
    head_ += taken;
  } else {
    buffer_.erase(begin, taken);
    partial_ -= taken;
  }
  ReleaseIfEmpty();
  return line;
}

void LineBuffer::ReleaseIfEmpty() {
  if (buffered_bytes() > 0) return;
  std::string().swap(buffer_);  // clear() would keep the memory.
  head_ = partial_ = examined_ = 0;
}

}  // namespace pinnace::ftp
