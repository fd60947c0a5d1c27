// What protects a client's leg: TLS of the control connection, PBSZ, PROT and
// CCC (RFC 4217, RFC 2228). Knows nothing of the backend's leg, which has its
// own. Pure; one thread.
#ifndef PINNACE_PROXY_SESSION_PROTECTION_H_
#define PINNACE_PROXY_SESSION_PROTECTION_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "proxy/base/tls_facts.h"
#include "proxy/ftp/command.h"
#include "proxy/ftp/features.h"
#include "proxy/session/session_options.h"
#include "proxy/session/turn.h"

namespace pinnace::session {

class Protection {
 public:
  // `options` outlives it.
  Protection(const SessionOptions& options, ClientTls mode)
      : options_(options), mode_(mode) {}

  bool is_offered() const { return mode_ != ClientTls::kNone; }
  bool is_implicit() const { return mode_ == ClientTls::kImplicit; }
  bool is_secured() const { return state_ == State::kSecured; }
  // The shell is at a handshake or at its undoing: no command is taken.
  bool is_busy() const {
    return state_ == State::kSecuring || state_ == State::kClearing;
  }
  bool is_securing() const { return state_ == State::kSecuring; }
  bool protects_data() const { return protects_data_; }
  // A password has to wait for AUTH, after CCC and REIN too.
  bool needs_tls() const {
    return (mode_ == ClientTls::kRequire || is_implicit()) && !is_secured();
  }
  // Of the last handshake; empty before it, and after REIN.
  const TlsFacts& facts() const { return facts_; }

  // Each answers the client. OnAuth: true when a handshake follows.
  [[nodiscard]] bool OnAuth(const ftp::Command& command, Turn& turn);
  void OnPbsz(const ftp::Command& command, Turn& turn);
  void OnProt(const ftp::Command& command, Turn& turn);
  void OnCcc(Turn& turn);
  // REIN was answered: the connection goes back to clear (RFC 4217 §13), but
  // that of an implicit listener.
  void OnRein(Turn& turn);

  void AddFeatures(ftp::FeatureList& features) const;

  // An implicit listener's first act.
  void Secure(Turn& turn);
  void OnSecured(const TlsFacts& facts);
  void OnCleared() { state_ = State::kClear; }

 private:
  enum class State : uint8_t { kClear, kSecuring, kSecured, kClearing };

  void Forget();

  const SessionOptions& options_;
  const ClientTls mode_;
  State state_ = State::kClear;
  bool has_buffer_size_ = false;  // PBSZ has come
  bool protects_data_ = false;    // PROT P
  bool cleared_by_ccc_ = false;
  TlsFacts facts_;
};

}  // namespace pinnace::session

#endif  // PINNACE_PROXY_SESSION_PROTECTION_H_
