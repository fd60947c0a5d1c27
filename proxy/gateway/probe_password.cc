#include "proxy/gateway/probe_password.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {
namespace {

constexpr char kAnonymousPassword[] = "pinnace@";

absl::Status Unusable(absl::string_view path, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("password_file ", path, ": ", why));
}

// What is no regular file could keep the worker waiting.
bool IsRegularFile(int fd) {
  struct stat facts;
  return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

}  // namespace

absl::StatusOr<std::string> ProbePassword(const std::string& path) {
  if (path.empty()) return kAnonymousPassword;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Unusable(path, std::strerror(errno));
  // A longest line, its end, and a byte that shows it to be too long.
  std::array<char, limits::kMaxProbePasswordBytes + 2> bytes;
  ssize_t got = -1;
  if (IsRegularFile(fd)) {
    got = read(fd, bytes.data(), bytes.size());
  } else {
    errno = EINVAL;
  }
  const int error = errno;
  close(fd);
  if (got < 0) return Unusable(path, std::strerror(error));
  absl::string_view line(bytes.data(), static_cast<size_t>(got));
  line = line.substr(0, line.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) return Unusable(path, "its first line is empty");
  if (line.size() > limits::kMaxProbePasswordBytes) {
    return Unusable(path, "its first line is too long");
  }
  // It would end the PASS command and begin another.
  if (std::any_of(line.begin(), line.end(),
                  [](char c) { return absl::ascii_iscntrl(c); })) {
    return Unusable(path, "its first line has control bytes");
  }
  return std::string(line);
}

}  // namespace pinnace::gateway
