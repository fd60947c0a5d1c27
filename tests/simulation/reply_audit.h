// Hears both directions of a client's control connection and knows whose turn
// it is: every command gets exactly one final reply, in order, at most one 1yz
// before it, and its own. For tests only. One thread.
#ifndef PINNACE_TESTS_SIMULATION_REPLY_AUDIT_H_
#define PINNACE_TESTS_SIMULATION_REPLY_AUDIT_H_

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/base/limits.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/line_buffer.h"
#include "proxy/ftp/reply_reader.h"
#include "proxy/session/action.h"

namespace pinnace::simulation {

class ReplyAudit {
 public:
  // Asked when a transfer is answered with success: what is not true about it.
  using Truth = std::function<std::string()>;
  explicit ReplyAudit(Truth truth) : truth_(std::move(truth)) {}

  // A backend that talks out of turn cannot be told from one that answers.
  void StopMatchingTokens() { matches_tokens_ = false; }

  void OnCommands(absl::string_view bytes);
  void OnReplies(absl::string_view bytes);
  void OnEnd(session::EndReason reason);
  // In the midst of a TLS handshake, when nothing can be said.
  void OnSilentEnd();

  // The first is the one to look at.
  const std::vector<std::string>& faults() const { return faults_; }
  bool all_answered() const { return asked_.empty(); }
  // PROT P is what the client was told last.
  bool data_is_private() const { return data_is_private_; }

 private:
  struct Asked {
    ftp::Command command;
    bool malformed = false;  // its only answer is 500
    bool preliminary = false;
  };

  void OnReply(const ftp::Reply& reply);
  void OnPreliminary(const ftp::Reply& reply);
  void Check(const Asked& asked, const ftp::Reply& reply);
  void FollowProtection(const Asked& asked, const ftp::Reply& reply);
  // The first of `verb`, wherever it is in the line.
  void TakeOutOfTurn(ftp::Verb verb, const ftp::Reply& reply);
  void Fault(absl::string_view what, const ftp::Reply& reply);

  const Truth truth_;
  bool matches_tokens_ = true;
  bool greeted_ = false;
  bool closing_ = false;  // 421 or 221 is the last reply
  bool data_is_private_ = false;
  ftp::LineBuffer lines_{limits::kMaxCommandLineBytes};
  ftp::ReplyReader replies_{{.max_line_bytes = limits::kMaxReplyLineBytes,
                             .max_reply_bytes = limits::kMaxReplyBytes}};
  std::deque<Asked> asked_;
  std::vector<std::string> faults_;
};

}  // namespace pinnace::simulation

#endif  // PINNACE_TESTS_SIMULATION_REPLY_AUDIT_H_
