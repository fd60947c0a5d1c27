// One end of one TLS connection (RFC 8446, RFC 5246): bytes to bytes, no
// socket, no clock. Holds no buffer of its own while nothing is under way. One
// thread at a time; may be moved to another thread.
#ifndef PINNACE_PROXY_TLS_TLS_ENGINE_H_
#define PINNACE_PROXY_TLS_TLS_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "openssl/ssl.h"
#include "proxy/base/tls_facts.h"
#include "proxy/tls/client_context.h"
#include "proxy/tls/server_context.h"

namespace pinnace::tls {

class TlsEngine {
 public:
  // What a server's tickets are for.
  struct ServerSide {
    // Goes into the tickets that are given. 0 on a data connection: not known
    // yet; see ticket_session().
    uint64_t session = 0;
    bool is_data = false;       // offers ALPN "ftp-data" instead of "ftp"
    bool gives_tickets = true;  // a peer that only writes would not read them
  };
  static std::unique_ptr<TlsEngine> Server(
      std::shared_ptr<const ServerContext> context, const ServerSide& side);

  struct ClientSide {
    // Host name or IP address that the certificate must have; a name goes into
    // the ClientHello too (RFC 6066 §3).
    std::string server_name;
    bool is_data = false;
    // Resumes its session, and puts the newer ones there.
    std::shared_ptr<SessionJar> sessions;
  };
  static std::unique_ptr<TlsEngine> Client(
      std::shared_ptr<const ClientContext> context, ClientSide side);

  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  // What the peer sent. `ciphertext` stays valid until Read() has returned 0 or
  // an error. Replaces what is unread() of the former one.
  void Feed(absl::string_view ciphertext);
  // Goes on with the handshake, then decrypts into `buffer`. 0: nothing more
  // without more of the peer's bytes, or peer_closed(). An error is the last
  // word: what is broken, in words for an operator; output() may hold an alert
  // that should still be sent. A client starts its handshake with the first
  // call; an empty `buffer` is for the handshake alone.
  absl::StatusOr<size_t> Read(absl::Span<char> buffer);
  // Encrypts, into output(). Not before is_secured(), nor after CloseNotify().
  absl::Status Write(absl::string_view plaintext);
  // What has to go to the peer. The caller takes it out.
  std::string& output() { return output_; }

  // Says that nothing more is written (RFC 8446 §6.1). Idempotent.
  void CloseNotify();
  // The peer has said so.
  bool peer_closed() const { return peer_closed_; }
  // What has not been used yet of that which was fed: nothing once Read() has
  // returned 0, but for what is behind the peer's close_notify and no longer
  // TLS.
  absl::string_view unread() const { return input_; }

  // A part of a record has come: an end here cuts something off.
  bool is_within_record() const { return SSL_has_pending(ssl_.get()) == 1; }
  bool is_secured() const { return secured_; }  // The handshake is over.
  bool is_server() const { return server_ != nullptr; }
  bool is_resumed() const;
  TlsFacts facts() const;

  // Server: the session in the ticket that the peer came with, if it is one of
  // ours. Known as soon as the ClientHello has been read, before anything of
  // output() has to be sent. Anybody can show a ticket that was overheard: only
  // is_resumed() once is_secured() proves that it is the peer's own.
  std::optional<uint64_t> ticket_session() const { return ticket_session_; }
  // Server: a session that was not known yet is.
  void SetSession(uint64_t session) { side_.session = session; }
  // Server: a peer that only writes would not read them, and what is unread
  // when it closes makes its end a RST.
  void GiveNoTickets();
  // Server, TLS 1.3: one more ticket goes with the next Write(), if tickets are
  // given at all.
  void GiveTicket();

 private:
  friend class ClientContext;
  friend class ServerContext;
  struct Callbacks;  // that OpenSSL calls
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // Every engine of a context needs them.
  static void SetServerCallbacks(SSL_CTX* context);
  static void SetClientCallbacks(SSL_CTX* context);

  explicit TlsEngine(SSL_CTX* context);
  void SetWantedName();
  absl::Status Handshake();
  absl::Status Fail();
  std::string FailureText() const;
  std::string ServerName() const;
  std::string VerifiedSubject() const;

  // One of them.
  std::shared_ptr<const ServerContext> server_;
  std::shared_ptr<const ClientContext> client_;

  ServerSide side_;
  std::optional<uint64_t> ticket_session_;
  size_t owed_tickets_ = 0;

  ClientSide client_side_;

  absl::string_view input_;
  std::string output_;
  size_t handshake_bytes_ = 0;  // of the peer's
  absl::Status failure_;
  bool secured_ = false;
  bool close_notified_ = false;
  bool peer_closed_ = false;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace pinnace::tls

#endif  // PINNACE_PROXY_TLS_TLS_ENGINE_H_
