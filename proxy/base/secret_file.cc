#include "proxy/base/secret_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proxy/base/limits.h"

namespace pinnace {

absl::Status CheckSecretFile(const std::string& path) {
  struct stat facts = {};
  // What a link leads to counts: mounted secrets are links.
  if (stat(path.c_str(), &facts) != 0) {
    return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  }
  if (S_ISDIR(facts.st_mode)) {
    return absl::NotFoundError(absl::StrCat(path, ": is a directory"));
  }
  if ((facts.st_mode & (S_IROTH | S_IWOTH)) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s: mode %04o lets everybody read or write it; chmod o= %s", path,
      static_cast<unsigned>(facts.st_mode & 07777), path));
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  absl::Status safe = CheckSecretFile(path);
  if (!safe.ok()) return safe;
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  // One more than a token has, so that a longer line is seen to be one.
  std::string token(limits::kMaxTokenBytes + 3, '\0');
  in.read(token.data(), static_cast<std::streamsize>(token.size()));
  token.resize(static_cast<size_t>(in.gcount()));
  token.resize(std::min(token.find('\n'), token.size()));
  absl::StripTrailingAsciiWhitespace(&token);
  if (IsToken(token)) return token;
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": its first line must be a token: ", limits::kMinTokenBytes,
      " to ", limits::kMaxTokenBytes, " visible characters"));
}

bool IsToken(absl::string_view text) {
  return text.size() >= limits::kMinTokenBytes &&
         text.size() <= limits::kMaxTokenBytes &&
         std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

}  // namespace pinnace
