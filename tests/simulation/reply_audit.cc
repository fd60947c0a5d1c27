#include "tests/simulation/reply_audit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/base/printable.h"

namespace pinnace::simulation {
namespace {

using ftp::Command;
using ftp::Reply;
using ftp::ReplyCode;
using ftp::Verb;

bool IsTransfer(const Command& command) {
  switch (command.verb) {
    case Verb::kRetr:
    case Verb::kStor:
    case Verb::kAppe:
    case Verb::kStou:
    case Verb::kList:
    case Verb::kNlst:
    case Verb::kMlsd:
      return true;
    default:  // No other verb moves data.
      return false;
  }
}

// A verb that is not known, once it is answered with 1yz.
bool MayTurnTransfer(const Command& command) {
  return command.verb == Verb::kOther || command.verb == Verb::kSite;
}

// Model backends put what they answer into braces; the gateway never does.
std::optional<std::string> TokenIn(absl::string_view wire) {
  const size_t open = wire.find('{');
  if (open == absl::string_view::npos) return std::nullopt;
  const size_t close = wire.find('}', open);
  if (close == absl::string_view::npos) return std::nullopt;
  return std::string(wire.substr(open + 1, close - open - 1));
}

}  // namespace

void ReplyAudit::Fault(absl::string_view what, const Reply& reply) {
  faults_.push_back(absl::StrCat(what, ": ", Printable(reply.wire(), 120)));
}

void ReplyAudit::OnCommands(absl::string_view bytes) {
  lines_.Append(bytes);
  while (std::optional<ftp::LineBuffer::Line> line = lines_.Next()) {
    Asked asked{Command::FromLine(std::move(line->text))};
    asked.malformed = line->kind != ftp::LineBuffer::Kind::kComplete ||
                      !asked.command.HasWellFormedVerb();
    asked_.push_back(std::move(asked));
  }
}

void ReplyAudit::OnReplies(absl::string_view bytes) {
  replies_.Append(bytes);
  Reply reply;
  while (true) {
    switch (replies_.Next(&reply)) {
      case ftp::ReplyReader::Status::kNeedMore:
        return;
      case ftp::ReplyReader::Status::kReply:
        OnReply(reply);
        break;
      case ftp::ReplyReader::Status::kMalformed:
      case ftp::ReplyReader::Status::kTooLong:
        faults_.push_back("what the client gets is not FTP");
        return;
    }
  }
}

void ReplyAudit::OnReply(const Reply& reply) {
  if (closing_) return Fault("a reply after the last", reply);
  if (reply.Is(ReplyCode::kServiceClosing)) {
    closing_ = true;
    return;
  }
  if (!std::exchange(greeted_, true)) {
    if (!reply.Is(ReplyCode::kReady)) Fault("a strange greeting", reply);
    return;
  }
  if (asked_.empty()) return Fault("a reply that nobody asked for", reply);
  if (reply.IsPreliminary()) return OnPreliminary(reply);
  if (absl::StartsWith(reply.wire(), "226 Abort successful.")) {
    return TakeOutOfTurn(Verb::kAbor, reply);
  }
  if (reply.Is(ReplyCode::kFileStatus) &&
      absl::StrContains(reply.wire(), " in progress, ")) {
    const Asked& running = asked_.front();
    if (!running.preliminary ||
        !(IsTransfer(running.command) || MayTurnTransfer(running.command))) {
      Fault("STAT is answered before the transfer's 1yz", reply);
    }
    return TakeOutOfTurn(Verb::kStat, reply);
  }
  const Asked asked = std::move(asked_.front());
  asked_.pop_front();
  Check(asked, reply);
}

void ReplyAudit::OnPreliminary(const Reply& reply) {
  if (std::exchange(asked_.front().preliminary, true)) {
    Fault("a second 1yz for one command", reply);
  }
}

void ReplyAudit::TakeOutOfTurn(Verb verb, const Reply& reply) {
  const auto found =
      std::find_if(asked_.begin(), asked_.end(), [verb](const Asked& asked) {
        return !asked.malformed && asked.command.verb == verb;
      });
  if (found == asked_.end()) return Fault("nobody asked for it", reply);
  asked_.erase(found);
}

void ReplyAudit::Check(const Asked& asked, const Reply& reply) {
  if (asked.malformed) {
    if (!reply.Is(ReplyCode::kSyntaxError)) Fault("not a 500", reply);
    return;
  }
  const std::optional<std::string> token = TokenIn(reply.wire());
  if (matches_tokens_ && token.has_value() &&
      *token != asked.command.argument) {
    Fault(absl::StrCat("answers another command than ",
                       Printable(asked.command.ForLog(), 80)),
          reply);
  }
  FollowProtection(asked, reply);
  if (asked.command.verb == Verb::kQuit) closing_ = true;
  if (IsTransfer(asked.command) && reply.IsCompletion()) {
    const std::string lie = truth_();
    if (!lie.empty()) Fault(lie, reply);
  }
}

void ReplyAudit::FollowProtection(const Asked& asked, const Reply& reply) {
  const std::string& argument = asked.command.argument;
  if (reply.Is(ReplyCode::kSecurityExchangeDone)) {
    if (asked.command.verb != Verb::kAuth) {
      if (matches_tokens_) Fault("234, but not to AUTH", reply);
      return;
    }
    // What came in clear behind AUTH is no command (RFC 4217 §15.1).
    asked_.clear();
    lines_.Clear();
    data_is_private_ = absl::EqualsIgnoreCase(argument, "SSL") ||
                       absl::EqualsIgnoreCase(argument, "TLS-P");
  } else if (asked.command.verb == Verb::kProt && reply.IsCompletion()) {
    data_is_private_ = absl::EqualsIgnoreCase(argument, "P");
  } else if (asked.command.verb == Verb::kRein) {
    data_is_private_ = false;
  }
}

void ReplyAudit::OnSilentEnd() {
  if (closing_) faults_.push_back("a last reply in the midst of a handshake");
}

void ReplyAudit::OnEnd(session::EndReason reason) {
  const bool says_nothing = reason == session::EndReason::kClientLost;
  if (!closing_ && !says_nothing) {
    faults_.push_back(absl::StrCat("ended without a last reply: ",
                                   session::EndReasonName(reason)));
  }
  if (reason == session::EndReason::kDrained && !all_answered()) {
    faults_.push_back("drained before all was answered");
  }
}

}  // namespace pinnace::simulation
