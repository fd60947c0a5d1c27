#include "proxy/session/protection.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pinnace::session {
namespace {

using ftp::ReplyCode;

// RFC 4217 §4 and appendix A: the older names of the mechanism say with it
// whether data is protected.
struct Mechanism {
  const char* name;
  bool protects_data;
};
constexpr Mechanism kMechanisms[] = {
    {"TLS", false},
    {"TLS-C", false},
    {"TLS-P", true},
    {"SSL", true},
};

}  // namespace

bool Protection::OnAuth(const ftp::Command& command, Turn& turn) {
  if (!is_offered()) {
    turn.Say(ReplyCode::kNotImplemented, "TLS is not set up on this listener.");
    return false;
  }
  if (state_ != State::kClear) {
    turn.Say(ReplyCode::kBadSequence, "TLS is in effect already.");
    return false;
  }
  for (const Mechanism& mechanism : kMechanisms) {
    if (!absl::EqualsIgnoreCase(command.argument, mechanism.name)) continue;
    turn.Say(ReplyCode::kSecurityExchangeDone,
             absl::StrCat("AUTH ", mechanism.name, " accepted, begin TLS."));
    Forget();
    has_buffer_size_ = protects_data_ = mechanism.protects_data;
    Secure(turn);
    return true;
  }
  turn.Say(ReplyCode::kParameterNotImplemented, "Only AUTH TLS is offered.");
  return false;
}

void Protection::Secure(Turn& turn) {
  state_ = State::kSecuring;
  turn.Do(SecureClient{});
}

void Protection::OnSecured(const TlsFacts& facts) {
  state_ = State::kSecured;
  facts_ = facts;
}

void Protection::OnPbsz(const ftp::Command& command, Turn& turn) {
  if (state_ != State::kSecured) {
    turn.Say(ReplyCode::kBadSequence, "AUTH must come before PBSZ.");
    return;
  }
  uint32_t size = 0;
  if (!absl::SimpleAtoi(command.argument, &size)) {
    turn.Say(ReplyCode::kArgumentError, "PBSZ takes a number, 0 for TLS.");
    return;
  }
  has_buffer_size_ = true;
  turn.Say(ReplyCode::kOk, "PBSZ=0");  // RFC 4217 §8: the only size.
}

void Protection::OnProt(const ftp::Command& command, Turn& turn) {
  if (cleared_by_ccc_) {
    turn.Say(ReplyCode::kProtectionDenied,
             "The control connection is clear: PROT stays as it is.");
    return;
  }
  if (state_ != State::kSecured || !has_buffer_size_) {
    turn.Say(ReplyCode::kBadSequence, "AUTH and PBSZ must come before PROT.");
    return;
  }
  const absl::string_view level = command.argument;
  if (absl::EqualsIgnoreCase(level, "P")) {
    protects_data_ = true;
    turn.Say(ReplyCode::kOk, "Data connections are private.");
  } else if (absl::EqualsIgnoreCase(level, "C")) {
    if (options_.require_private_data) {
      turn.Say(ReplyCode::kDeniedByPolicy, "Only PROT P is allowed here.");
      return;
    }
    protects_data_ = false;
    turn.Say(ReplyCode::kOk, "Data connections are clear.");
  } else if (absl::EqualsIgnoreCase(level, "S") ||
             absl::EqualsIgnoreCase(level, "E")) {
    turn.Say(ReplyCode::kProtectionUnsupported,
             "TLS knows PROT C and PROT P only.");
  } else {
    turn.Say(ReplyCode::kParameterNotImplemented, "PROT takes C or P.");
  }
}

void Protection::OnCcc(Turn& turn) {
  if (!is_offered()) {
    turn.Say(ReplyCode::kNotImplemented, "CCC is not offered.");
    return;
  }
  if (state_ != State::kSecured) {
    turn.Say(ReplyCode::kProtectionDenied,
             "The control connection is not protected.");
    return;
  }
  if (!options_.allow_ccc) {
    turn.Say(ReplyCode::kDeniedByPolicy, "CCC is not allowed here.");
    return;
  }
  turn.Say(ReplyCode::kOk, "The control connection is clear from here on.");
  cleared_by_ccc_ = true;
  state_ = State::kClearing;
  turn.Do(ClearClient{});
}

void Protection::OnRein(Turn& turn) {
  const bool secured = state_ == State::kSecured;
  if (is_implicit() && secured) {
    // There is no clear text on this port.
    has_buffer_size_ = protects_data_ = false;
    return;
  }
  Forget();
  if (!secured) return;
  state_ = State::kClearing;
  turn.Do(ClearClient{});
}

// RFC 4217 §6.
void Protection::AddFeatures(ftp::FeatureList& features) const {
  if (!is_offered()) return;
  if (!is_implicit()) features.Add("AUTH TLS");
  if (options_.allow_ccc) features.Add("CCC");
  features.Add("PBSZ");
  features.Add("PROT");
}

void Protection::Forget() {
  has_buffer_size_ = false;
  protects_data_ = false;
  cleared_by_ccc_ = false;
  facts_ = TlsFacts();
}

}  // namespace pinnace::session
