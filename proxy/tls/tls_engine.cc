#include "proxy/tls/tls_engine.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "openssl/bio.h"
#include "openssl/err.h"
#include "openssl/x509v3.h"
#include "proxy/base/address.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"
#include "proxy/base/printable.h"
#include "proxy/tls/openssl_error.h"

namespace pinnace::tls {
namespace {

constexpr size_t kMaxHostNameBytes = 255;

// As ALPN has them on the wire (RFC 7301 §3.1; RFC 4217 in IANA's registry).
constexpr absl::string_view kFtp =
    "\x03"
    "ftp";
constexpr absl::string_view kFtpData =
    "\x08"
    "ftp-data";

absl::string_view Protocol(bool is_data) { return is_data ? kFtpData : kFtp; }

const unsigned char* Unsigned(const char* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

// Lower-cased; empty when it is no host name at all.
std::string HostName(const char* name) {
  if (name == nullptr) return "";
  const std::string host = absl::AsciiStrToLower(name);
  const bool sane =
      !host.empty() && host.size() <= kMaxHostNameBytes &&
      host.front() != '.' &&
      std::all_of(host.begin(), host.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
      });
  return sane ? host : "";
}

bool HasName(SSL_CTX* context, const std::string& host) {
  X509* certificate = SSL_CTX_get0_certificate(context);
  return X509_check_host(certificate, host.data(), host.size(), 0, nullptr) ==
         1;
}

// The session that a ticket of ours is for.
std::optional<uint64_t> SessionIn(SSL_SESSION* ticket) {
  void* data = nullptr;
  size_t size = 0;
  uint64_t session = 0;
  if (SSL_SESSION_get0_ticket_appdata(ticket, &data, &size) != 1 ||
      size != sizeof(session)) {
    return std::nullopt;
  }
  std::memcpy(&session, data, sizeof(session));
  return session;
}

}  // namespace

struct TlsEngine::Callbacks {
  static TlsEngine& EngineOf(const SSL* ssl) {
    return *static_cast<TlsEngine*>(SSL_get_app_data(ssl));
  }

  static int ReadInput(BIO* bio, char* bytes, int size) {
    TlsEngine& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (engine.input_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t count =
        std::min(static_cast<size_t>(size), engine.input_.size());
    std::memcpy(bytes, engine.input_.data(), count);
    engine.input_.remove_prefix(count);
    if (!engine.secured_) engine.handshake_bytes_ += count;
    return static_cast<int>(count);
  }

  static int WriteOutput(BIO* bio, const char* bytes, int size) {
    TlsEngine& engine = *static_cast<TlsEngine*>(BIO_get_data(bio));
    engine.output_.append(bytes, static_cast<size_t>(size));
    return size;
  }

  static long Control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO* NewBio(TlsEngine* engine) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(
          BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TLS engine");
      PINNACE_CHECK(made != nullptr);
      BIO_meth_set_read(made, &ReadInput);
      BIO_meth_set_write(made, &WriteOutput);
      BIO_meth_set_ctrl(made, &Control);
      return made;
    }();
    BIO* bio = BIO_new(method);
    PINNACE_CHECK(bio != nullptr);
    BIO_set_data(bio, engine);
    BIO_set_init(bio, 1);
    return bio;
  }

  // A name that no certificate has is no error: clients have always been
  // careless with it.
  static int ChooseCertificate(SSL* ssl, int*, void*) {
    const std::string host =
        HostName(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    if (host.empty()) return SSL_TLSEXT_ERR_NOACK;
    for (const SslContext& context : EngineOf(ssl).server_->contexts_) {
      if (!HasName(context.get(), host)) continue;
      SSL_set_SSL_CTX(ssl, context.get());
      return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
  }

  static int ChooseProtocol(SSL* ssl, const unsigned char** chosen,
                            unsigned char* chosen_size,
                            const unsigned char* offered, unsigned size,
                            void*) {
    const absl::string_view ours = Protocol(EngineOf(ssl).side_.is_data);
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, chosen_size, Unsigned(ours.data()),
                              static_cast<unsigned>(ours.size()), offered,
                              size) != OPENSSL_NPN_NEGOTIATED) {
      return SSL_TLSEXT_ERR_NOACK;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
  }

  static int FillTicket(SSL* ssl, void*) {
    const uint64_t session = EngineOf(ssl).side_.session;
    if (session == 0) return 1;  // A resumed one still has what it had.
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &session,
                                           sizeof(session));
  }

  static SSL_TICKET_RETURN JudgeTicket(SSL* ssl, SSL_SESSION* ticket,
                                       const unsigned char*, size_t,
                                       SSL_TICKET_STATUS status, void*) {
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    TlsEngine& engine = EngineOf(ssl);
    const std::optional<uint64_t> session = SessionIn(ticket);
    if (!session.has_value()) return SSL_TICKET_RETURN_IGNORE_RENEW;
    engine.ticket_session_ = session;
    if (engine.side_.session != 0 && engine.side_.session != *session) {
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW
                                              : SSL_TICKET_RETURN_USE;
  }

  // RFC 5246 §7.4.1.3.
  static int NameSession(SSL* ssl, unsigned char* id, unsigned* size) {
    const SessionStore::Id made =
        SessionStore::NewId(EngineOf(ssl).side_.session);
    if (*size < made.size()) return 0;
    std::copy(made.begin(), made.end(), id);
    *size = static_cast<unsigned>(made.size());
    return 1;
  }

  // A session without a ticket; TLS 1.3 has none such.
  static int StoreSession(SSL* ssl, SSL_SESSION* session) {
    const TlsEngine& engine = EngineOf(ssl);
    if (SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION &&
        engine.side_.session != 0 && engine.side_.gives_tickets) {
      engine.server_->store_->Put(engine.side_.session, session);
    }
    return 0;
  }

  static SSL_SESSION* FindSession(SSL* ssl, const unsigned char* id, int size,
                                  int* copy) {
    *copy = 0;
    TlsEngine& engine = EngineOf(ssl);
    const absl::Span<const unsigned char> wanted(id, static_cast<size_t>(size));
    SSL_SESSION* session = engine.server_->store_->Find(wanted);
    if (session == nullptr) return nullptr;
    engine.ticket_session_ = SessionStore::OwnerIn(wanted);
    if (engine.side_.session != 0 &&
        engine.side_.session != *engine.ticket_session_) {
      SSL_SESSION_free(session);
      return nullptr;
    }
    return session;
  }

  // The jar has copies and gives copies: OpenSSL never resumes a session again
  // whose connection broke or, in TLS 1.3, that has been resumed. An aborted
  // transfer must not cost the next ones theirs, nor a backend's thrift with
  // tickets (RFC 8446 §C.4 is about clients that are tracked).
  static int KeepSession(SSL* ssl, SSL_SESSION* session) {
    SessionJar* jar = EngineOf(ssl).client_side_.sessions.get();
    if (jar != nullptr) jar->Put(SSL_SESSION_dup(session));
    return 0;
  }
};

void TlsEngine::SetServerCallbacks(SSL_CTX* context) {
  SSL_CTX_set_tlsext_servername_callback(context,
                                         &Callbacks::ChooseCertificate);
  SSL_CTX_set_alpn_select_cb(context, &Callbacks::ChooseProtocol, nullptr);
  SSL_CTX_set_generate_session_id(context, &Callbacks::NameSession);
  SSL_CTX_sess_set_new_cb(context, &Callbacks::StoreSession);
  SSL_CTX_sess_set_get_cb(context, &Callbacks::FindSession);
  SSL_CTX_set_session_ticket_cb(context, &Callbacks::FillTicket,
                                &Callbacks::JudgeTicket, nullptr);
}

void TlsEngine::SetClientCallbacks(SSL_CTX* context) {
  SSL_CTX_sess_set_new_cb(context, &Callbacks::KeepSession);
}

TlsEngine::TlsEngine(SSL_CTX* context) : ssl_(SSL_new(context)) {
  PINNACE_CHECK(ssl_ != nullptr);
  SSL_set_app_data(ssl_.get(), this);
  BIO* bio = Callbacks::NewBio(this);
  SSL_set_bio(ssl_.get(), bio, bio);
}

TlsEngine::~TlsEngine() = default;

std::unique_ptr<TlsEngine> TlsEngine::Server(
    std::shared_ptr<const ServerContext> context, const ServerSide& side) {
  std::unique_ptr<TlsEngine> engine(
      new TlsEngine(context->contexts_.front().get()));
  const bool may_resume =
      context->options().session_reuse != SessionReuse::kOff;
  engine->side_ = side;
  if (!may_resume) engine->side_.gives_tickets = false;
  SSL* ssl = engine->ssl_.get();
  SSL_set_accept_state(ssl);
  if (!engine->side_.gives_tickets) {
    SSL_set_num_tickets(ssl, 0);
  } else if (side.is_data) {
    SSL_set_num_tickets(ssl, 1);
  }
  engine->server_ = std::move(context);
  ERR_clear_error();
  return engine;
}

std::unique_ptr<TlsEngine> TlsEngine::Client(
    std::shared_ptr<const ClientContext> context, ClientSide side) {
  std::unique_ptr<TlsEngine> engine(new TlsEngine(context->context_.get()));
  engine->client_ = std::move(context);
  engine->client_side_ = std::move(side);
  SSL* ssl = engine->ssl_.get();
  SSL_set_connect_state(ssl);
  engine->SetWantedName();
  const absl::string_view protocol = Protocol(engine->client_side_.is_data);
  SSL_set_alpn_protos(ssl, Unsigned(protocol.data()),
                      static_cast<unsigned>(protocol.size()));
  const SessionJar* jar = engine->client_side_.sessions.get();
  if (jar != nullptr && jar->newest() != nullptr) {
    SSL_SESSION* session = SSL_SESSION_dup(jar->newest());
    SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
  }
  ERR_clear_error();
  return engine;
}

void TlsEngine::SetWantedName() {
  SSL* ssl = ssl_.get();
  std::string& name = client_side_.server_name;
  name = std::string(absl::StripSuffix(name, "."));
  const bool is_ip = IpAddress::Parse(name).has_value();
  if (!is_ip && !name.empty()) SSL_set_tlsext_host_name(ssl, name.c_str());
  if (!client_->verify_) return;
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // OpenSSL takes an empty name for any name.
  const bool set =
      !name.empty() &&
      (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1
             : X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) ==
                   1);
  if (!set) {
    failure_ = absl::UnauthenticatedError(
        "TLS handshake: there is no name to verify the certificate by");
  }
}

void TlsEngine::Feed(absl::string_view ciphertext) { input_ = ciphertext; }

absl::StatusOr<size_t> TlsEngine::Read(absl::Span<char> buffer) {
  if (!failure_.ok()) return failure_;
  if (peer_closed_) return 0;
  if (!secured_) {
    absl::Status status = Handshake();
    if (!status.ok()) return status;
  }
  if (!secured_ || buffer.empty()) return 0;
  ERR_clear_error();
  size_t size = 0;
  const int result =
      SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
  if (result == 1) return size;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return 0;
    case SSL_ERROR_ZERO_RETURN:
      peer_closed_ = true;
      return 0;
    default:
      return Fail();
  }
}

absl::Status TlsEngine::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    secured_ = true;
    return absl::OkStatus();
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      if (handshake_bytes_ <= limits::kMaxHandshakeBytes) {
        return absl::OkStatus();
      }
      failure_ = absl::UnauthenticatedError(
          absl::StrCat("TLS handshake: it takes more than ",
                       limits::kMaxHandshakeBytes, " bytes"));
      input_ = {};
      return failure_;
    case SSL_ERROR_ZERO_RETURN:
      failure_ = absl::UnauthenticatedError(
          "TLS handshake: the peer closed the connection");
      input_ = {};
      return failure_;
    default:
      return Fail();
  }
}

// With what is in OpenSSL's queue of errors.
absl::Status TlsEngine::Fail() {
  const std::string text = FailureText();
  failure_ =
      secured_
          ? absl::AbortedError(absl::StrCat("TLS: ", text))
          : absl::UnauthenticatedError(absl::StrCat("TLS handshake: ", text));
  input_ = {};
  return failure_;
}

std::string TlsEngine::FailureText() const {
  const unsigned long error = ERR_peek_error();
  const bool unverified =
      ERR_GET_LIB(error) == ERR_LIB_SSL &&
      ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  const std::string text = TakeOpensslError();
  if (!unverified) return text;
  return absl::StrCat(
      "cannot verify ",
      client_ != nullptr ? client_side_.server_name
                         : "the client's certificate",
      ": ", X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get())));
}

absl::Status TlsEngine::Write(absl::string_view plaintext) {
  if (!failure_.ok()) return failure_;
  PINNACE_CHECK(secured_ && !close_notified_);
  if (plaintext.empty()) return absl::OkStatus();
  ERR_clear_error();
  for (; owed_tickets_ > 0; --owed_tickets_) {
    SSL_new_session_ticket(ssl_.get());
  }
  size_t written = 0;
  // It wants to read only in the middle of a message of the peer's that is in
  // parts though it need not be: nobody does that in good faith.
  if (SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written) !=
      1) {
    return Fail();
  }
  return absl::OkStatus();
}

void TlsEngine::CloseNotify() {
  if (!failure_.ok() || !secured_ || close_notified_) return;
  close_notified_ = true;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsEngine::GiveNoTickets() {
  side_.gives_tickets = false;
  SSL_set_num_tickets(ssl_.get(), 0);
}

void TlsEngine::GiveTicket() {
  if (!secured_ || server_ == nullptr || !side_.gives_tickets ||
      SSL_version(ssl_.get()) != TLS1_3_VERSION) {
    return;
  }
  owed_tickets_ = std::min(owed_tickets_ + 1, limits::kTlsTickets);
}

bool TlsEngine::is_resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

TlsFacts TlsEngine::facts() const {
  if (!secured_) return {};
  return {.version = SSL_get_version(ssl_.get()),
          .cipher = SSL_get_cipher_name(ssl_.get()),
          .server_name = ServerName(),
          .subject = VerifiedSubject()};
}

std::string TlsEngine::ServerName() const {
  if (client_ != nullptr) return client_side_.server_name;
  return HostName(SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name));
}

std::string TlsEngine::VerifiedSubject() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr ||
      (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) == 0 ||
      SSL_get_verify_result(ssl_.get()) != X509_V_OK) {
    return "";
  }
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place < 0) return "";
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(
      &bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
  if (size < 0) return "";
  const std::string name(reinterpret_cast<const char*>(bytes),
                         static_cast<size_t>(size));
  OPENSSL_free(bytes);
  // What is cut or escaped could be taken for another name.
  return name.size() <= limits::kMaxSubjectBytes && Printable(name) == name
             ? name
             : "";
}

}  // namespace pinnace::tls
