// Bytes of a control connection to command lines (RFC 959 §5.3: a line ends
// with CRLF; a bare LF is accepted as its end, as every server does). Drops
// Telnet codes (RFC 854), undoes IAC doubling, and keeps nothing of a line past
// its cap. Holds no heap memory while it is empty. One thread.
#ifndef PINNACE_PROXY_FTP_LINE_BUFFER_H_
#define PINNACE_PROXY_FTP_LINE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pinnace::ftp {

class LineBuffer {
 public:
  enum class Kind : uint8_t {
    kComplete,
    kTooLong,  // over max_line_bytes; skipped up to its end; text is empty
    kForbiddenByte,  // a NUL, or a CR that is not before LF; text is empty
  };
  struct Line {
    Kind kind = Kind::kComplete;
    std::string text;  // without its end; IAC doubling undone
  };

  // `max_line_bytes` counts the decoded text of one line without its end.
  explicit LineBuffer(size_t max_line_bytes)
      : max_line_bytes_(max_line_bytes) {}

  // Takes any split of the stream. A line that is too long is remembered as
  // such and its bytes are not kept.
  void Append(absl::string_view bytes);

  // The next whole line, in order; nothing when the rest is only a part of one.
  std::optional<Line> Next();

  // Removes and returns the first whole line of kind kComplete for which
  // `wanted(absl::string_view text)` is true, leaving the others in order: how
  // ABOR and STAT jump the queue.
  // kOnlyNew passes over the lines that an earlier such call has refused, so
  // that a long queue is not read again for every segment; ExamineAgain() when
  // `wanted` has become another.
  enum class Scan : uint8_t { kAll, kOnlyNew };
  template <typename Predicate>
  std::optional<Line> TakeFirst(Predicate wanted, Scan scan = Scan::kAll);
  void ExamineAgain() { examined_ = 0; }

  // Drops all that has come, a part of a line and of a Telnet command too.
  void Clear() { *this = LineBuffer(max_line_bytes_); }

  bool HasLine() const { return partial_ > head_; }
  // Decoded bytes held, whole lines and a part of one. A line's end counts as
  // one byte, so that empty lines cannot pile up unseen.
  size_t buffered_bytes() const { return buffer_.size() - head_; }
  // True after a Telnet Interrupt Process or Data Mark since the last call.
  bool TakeInterrupt();

 private:
  // Where the Telnet decoder stands (RFC 854, RFC 855).
  enum class Telnet : uint8_t {
    kText,
    kCommand,      // behind IAC
    kOption,       // behind IAC WILL, WONT, DO or DONT
    kParameters,   // behind IAC SB
    kParameterEnd  // behind an IAC in these
  };

  // What stands in the buffer for the text of a line that has none. Neither
  // byte can be in the text of a complete line.
  static constexpr char kTooLongMark = '\r';
  static constexpr char kForbiddenMark = '\0';

  static Kind KindOf(absl::string_view stored);

  void TakeTelnet(uint8_t byte);
  void TakeText(absl::string_view run);
  void TakeSpecial(char byte);  // CR, LF or NUL
  void Spoil(Kind kind);
  void EndLine();
  Line Remove(size_t begin, size_t end);
  void ReleaseIfEmpty();

  size_t max_line_bytes_;
  // Whole lines, each with one LF behind it, then the line in the making.
  // Nothing is erased per line: `head_` is where the first one begins.
  std::string buffer_;
  size_t head_ = 0;
  size_t partial_ = 0;           // where the line in the making begins
  size_t examined_ = 0;          // lines before it were refused by TakeFirst
  Kind kind_ = Kind::kComplete;  // of the line in the making
  bool after_cr_ = false;
  bool interrupt_ = false;
  Telnet telnet_ = Telnet::kText;
};

template <typename Predicate>
std::optional<LineBuffer::Line> LineBuffer::TakeFirst(Predicate wanted,
                                                      Scan scan) {
  size_t begin = head_;
  if (scan == Scan::kOnlyNew && examined_ > head_) begin = examined_;
  while (begin < partial_) {
    const size_t end = buffer_.find('\n', begin);
    const absl::string_view text(buffer_.data() + begin, end - begin);
    if (KindOf(text) == Kind::kComplete && wanted(text)) {
      if (scan == Scan::kOnlyNew) examined_ = begin;
      return Remove(begin, end);
    }
    begin = end + 1;
  }
  if (scan == Scan::kOnlyNew) examined_ = begin;
  return std::nullopt;
}

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_LINE_BUFFER_H_
