#include "proxy/session/fault_reply.h"

#include "absl/strings/str_cat.h"

namespace pinnace::session {

ftp::Reply CannotOpenData(absl::string_view why) {
  return ftp::Reply::OneLine(
      ftp::ReplyCode::kCannotOpenData,
      absl::StrCat("Cannot open data connection: ", why));
}

}  // namespace pinnace::session
