// A whole reply: its code and the bytes that carry it. Any thread.
#ifndef PINNACE_PROXY_FTP_REPLY_H_
#define PINNACE_PROXY_FTP_REPLY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/ftp/reply_code.h"

namespace pinnace::ftp {

class Reply {
 public:
  // One line of ours: "226 Transfer complete.\r\n". CR, LF and control bytes in
  // `text` become spaces: a reply of ours is never split by what somebody put
  // into it.
  static Reply OneLine(ReplyCode code, absl::string_view text);
  // The bytes of such a reply alone.
  static void AppendOneLine(ReplyCode code, absl::string_view text,
                            std::string* wire);
  // "211-Features:\r\n EPSV\r\n ...\r\n211 End\r\n"; each of `lines` gets one
  // leading space.
  static Reply ManyLines(ReplyCode code, absl::string_view first,
                         const std::vector<std::string>& lines,
                         absl::string_view last);
  // What a backend sent, kept to the byte. `code` is 100..599.
  static Reply Verbatim(int code, std::string wire);

  int code() const { return code_; }
  Severity severity() const { return static_cast<Severity>(code_ / 100); }
  bool Is(ReplyCode code) const { return code_ == static_cast<int>(code); }
  bool IsPreliminary() const { return severity() == Severity::kPreliminary; }
  bool IsCompletion() const { return severity() == Severity::kCompletion; }
  bool IsNegative() const { return code_ >= 400; }

  // Every byte, ending with CRLF (or with the line end the backend used).
  const std::string& wire() const { return wire_; }
  // The text behind the code on the last line, without its end. A view into
  // wire().
  absl::string_view last_text() const;
  // All lines without code, hyphen and line end, for FEAT. Views into wire().
  std::vector<absl::string_view> Lines() const;

  // The same text under another code: only the last line's code changes, and
  // the first line's, so that the reply is still one reply. A line between that
  // would end it under the new code gets a leading space.
  Reply WithCode(ReplyCode code) const;

 private:
  int code_ = 0;
  std::string wire_;
};

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_REPLY_H_
