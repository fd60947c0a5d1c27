// Where a session's backend stands in its file tree, as far as the session
// knows: it asks with a PWD of its own, whose reply the client does not see.
// Whoever wants to know sees to it that it is asked before the next command.
// Pure; one thread.
#ifndef PINNACE_PROXY_SESSION_WORKING_DIRECTORY_H_
#define PINNACE_PROXY_SESSION_WORKING_DIRECTORY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "proxy/ftp/reply.h"
#include "proxy/ftp/verb.h"
#include "proxy/session/turn.h"

namespace pinnace::session {

// Of a 257 (RFC 959 Appendix II): the whole path between its quotes, where a
// quote that is part of it stands twice. None where that is something else.
std::optional<std::string> DirectoryIn257(absl::string_view text);

class WorkingDirectory {
 public:
  // "" while it is not known.
  const std::string& path() const { return path_; }
  // Worth asking: since something may have changed it, nobody has.
  bool is_stale() const { return state_ == State::kStale; }
  // PWD is with the backend: the next reply is its.
  bool is_asked() const { return state_ == State::kAsked; }

  // Another backend, another user, or a command that may have moved it.
  void Forget();
  // A command of the client's was answered with 2yz.
  void OnDone(ftp::Verb verb) {
    if (Moves(verb)) Forget();
  }

  void Ask(Turn& turn);
  // While asked. A backend that does not say it is not asked again before
  // something changes.
  void OnReply(const ftp::Reply& reply);

 private:
  enum class State : uint8_t { kStale, kAsked, kAnswered };

  static bool Moves(ftp::Verb verb);

  State state_ = State::kStale;
  std::string path_;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_WORKING_DIRECTORY_H_
