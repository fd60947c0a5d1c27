// The bytes that mean something to Telnet, which a control connection speaks
// (RFC 854), or that end a command line. Any thread.
#ifndef PINNACE_PROXY_FTP_TELNET_H_
#define PINNACE_PROXY_FTP_TELNET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace pinnace::ftp {

// How many bytes at the front are neither IAC nor CR, LF, NUL.
inline size_t OrdinaryRun(absl::string_view bytes) {
  const auto special = [](char c) {
    // From 255 round to 13: one comparison tells nearly all bytes.
    return static_cast<uint8_t>(c + 1) <= '\r' + 1 &&
           (c == '\n' || c == '\r' || c == '\0' || c == '\xff');
  };
  return std::find_if(bytes.begin(), bytes.end(), special) - bytes.begin();
}

}  // namespace pinnace::ftp

#endif  // PINNACE_PROXY_FTP_TELNET_H_
