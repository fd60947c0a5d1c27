// Bytes of a backend's control connection to whole replies, kept verbatim
// (RFC 959 §4.2: a multiline reply ends with the line that begins with the
// first line's code and a space; lines between may begin with anything, other
// codes too). Takes a bare LF as a line end and a code alone as a whole line,
// as backends send them. Holds no heap memory while it is empty. One thread.
#ifndef PINNACE_PROXY_FTP_REPLY_READER_H_
#define PINNACE_PROXY_FTP_REPLY_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "proxy/ftp/reply.h"

namespace pinnace::ftp {

class ReplyReader {
 public:
  enum class Status : uint8_t {
    kNeedMore,
    kReply,      // Next() has filled `reply`
    kMalformed,  // a first line without a three-digit code 100..599: final
    kTooLong,    // a line or a whole reply over its cap: final
  };

  struct Limits {
    size_t max_line_bytes;
    size_t max_reply_bytes;
  };

  // The caps count every byte, line ends too.
  explicit ReplyReader(Limits limits) : limits_(limits) {}

  void Append(absl::string_view bytes);
  // Call until kNeedMore. After kMalformed or kTooLong the reader holds nothing
  // and says the same again; the connection is of no more use.
  Status Next(Reply* reply);

  size_t buffered_bytes() const { return buffer_.size() - head_; }

 private:
  // Takes the whole line [line_, end); kNeedMore when its reply goes on.
  Status TakeLine(size_t end, Reply* reply);
  bool OverCap(size_t end) const;
  Status Fail(Status status);
  std::string TakeWire(size_t end);
  void ReleaseIfEmpty();

  Limits limits_;
  // Nothing is erased per reply: `head_` is where the first one begins.
  std::string buffer_;
  size_t head_ = 0;
  size_t line_ = 0;  // where the line being read begins
  size_t scan_ = 0;  // no LF between here and `line_`
  int code_ = 0;     // of the multiline reply being read, or 0
  Status failure_ = Status::kNeedMore;
};

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_REPLY_READER_H_
