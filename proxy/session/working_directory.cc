#include "proxy/session/working_directory.h"

#include <cstddef>

#include "proxy/base/limits.h"
#include "proxy/ftp/remote_path.h"

namespace pinnace::session {

std::optional<std::string> DirectoryIn257(absl::string_view text) {
  const size_t open = text.find('"');
  if (open == absl::string_view::npos) return std::nullopt;
  std::string path;
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      path += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      path += text[i++];
    } else {
      // What no command could name is of no use.
      if (!ftp::IsWholePath(path) ||
          path.size() > limits::kMaxCommandLineBytes) {
        return std::nullopt;
      }
      return ftp::JoinPath("/", path);
    }
  }
  return std::nullopt;
}

void WorkingDirectory::Forget() {
  state_ = State::kStale;
  path_.clear();
}

// Also by taking its name away, or in ways of the server's own.
bool WorkingDirectory::Moves(ftp::Verb verb) {
  return verb == ftp::Verb::kCwd || verb == ftp::Verb::kXcwd ||
         verb == ftp::Verb::kCdup || verb == ftp::Verb::kXcup ||
         verb == ftp::Verb::kSmnt || verb == ftp::Verb::kRnto ||
         verb == ftp::Verb::kSite || verb == ftp::Verb::kOther;
}

void WorkingDirectory::Ask(Turn& turn) {
  state_ = State::kAsked;
  path_.clear();
  turn.SendLine("PWD");
}

void WorkingDirectory::OnReply(const ftp::Reply& reply) {
  if (reply.IsPreliminary()) return;
  state_ = State::kAnswered;
  if (reply.Is(ftp::ReplyCode::kPathName)) {
    path_ = DirectoryIn257(reply.Lines().front()).value_or("");
  }
}

}  // namespace pinnace::session
