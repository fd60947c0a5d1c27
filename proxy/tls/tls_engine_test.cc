#include "proxy/tls/tls_engine.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "openssl/x509v3.h"
#include "proxy/base/limits.h"
#include "proxy/tls/testing_ends.h"
#include "tests/support/test_authority.h"

namespace pinnace::tls {
namespace {

using testing::TestAuthority;
using testing::WriteTestFile;
using Engines = Link<TlsEngine, TlsEngine>;
using ServerContextPtr = std::shared_ptr<const ServerContext>;
using ClientContextPtr = std::shared_ptr<const ClientContext>;

constexpr size_t kWhole = 1 << 30;

std::string Block(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * i >> 3);
  return bytes;
}

class TlsEngineTest : public ::testing::Test {
 protected:
  ServerOptions ServerSetUp() {
    const TestAuthority::Files files = authority_.Issue(
        "gateway",
        {.common_name = "gateway", .names = "DNS:ftp.example.com,IP:10.0.0.1"});
    return {.certificates = {{files.cert, files.key}}};
  }
  ServerContextPtr LoadServer(const ServerOptions& options,
                              const ServerContext* former = nullptr) {
    auto context = ServerContext::Load(options, former);
    EXPECT_TRUE(context.ok()) << context.status();
    return *context;
  }
  ServerContextPtr LoadServer() { return LoadServer(ServerSetUp()); }
  ClientContextPtr LoadClient(ClientOptions options) {
    auto context = ClientContext::Load(options);
    EXPECT_TRUE(context.ok()) << context.status();
    return *context;
  }
  ClientContextPtr LoadClient() {
    return LoadClient({.ca = authority_.ca_file()});
  }
  // A client that shows a certificate.
  ClientContextPtr LoadClient(TestAuthority& issuer,
                              const TestAuthority::Wish& wish) {
    const TestAuthority::Files files = issuer.Issue("client", wish);
    return LoadClient(
        {.ca = authority_.ca_file(), .own = {files.cert, files.key}});
  }
  std::unique_ptr<TlsEngine> ServerEnd(ServerContextPtr context,
                                       const TlsEngine::ServerSide& side = {
                                           .session = 1}) {
    return TlsEngine::Server(std::move(context), side);
  }
  std::unique_ptr<TlsEngine> ClientEnd(
      ClientContextPtr context, std::string name = "ftp.example.com",
      std::shared_ptr<SessionJar> jar = nullptr) {
    return TlsEngine::Client(
        std::move(context),
        {.server_name = std::move(name), .sessions = std::move(jar)});
  }

  TestAuthority authority_{"authority"};
};

class ChunkTest : public TlsEngineTest,
                  public ::testing::WithParamInterface<size_t> {};

TEST_P(ChunkTest, BytesGoBothWays) {
  Engines link(ServerEnd(LoadServer()), ClientEnd(LoadClient()), GetParam());
  EXPECT_FALSE(link.client->is_secured());
  link.Run();
  ASSERT_TRUE(link.server->is_secured()) << link.server_status;
  ASSERT_TRUE(link.client->is_secured()) << link.client_status;
  EXPECT_FALSE(link.server->is_resumed());
  const std::string big = Block(100'000);
  EXPECT_TRUE(link.client->Write("USER anna\r\n").ok());
  EXPECT_TRUE(link.client->Write("").ok());
  EXPECT_TRUE(link.client->Write(big).ok());
  EXPECT_TRUE(link.server->Write(big).ok());
  link.Run();
  EXPECT_EQ(link.at_server, "USER anna\r\n" + big);
  EXPECT_EQ(link.at_client, big);
}

TEST_P(ChunkTest, CloseNotifyBothWaysAndWhatIsBehind) {
  Engines link(ServerEnd(LoadServer()), ClientEnd(LoadClient()), GetParam());
  link.Run();
  EXPECT_TRUE(link.client->Write("CCC\r\n").ok());
  link.client->CloseNotify();
  link.client->CloseNotify();
  link.Run();
  EXPECT_EQ(link.at_server, "CCC\r\n");
  EXPECT_TRUE(link.server->peer_closed());
  EXPECT_FALSE(link.client->peer_closed());
  // The other direction is still open.
  EXPECT_TRUE(link.server->Write("200 ok\r\n").ok());
  link.server->CloseNotify();
  const std::string fed = link.server->output() + "USER anna\r\n";
  link.client->Feed(fed);
  char buffer[100];
  EXPECT_EQ(*link.client->Read(absl::MakeSpan(buffer)), 8u);
  EXPECT_EQ(*link.client->Read(absl::MakeSpan(buffer)), 0u);
  EXPECT_TRUE(link.client->peer_closed());
  EXPECT_EQ(link.client->unread(), "USER anna\r\n");
}

TEST_P(ChunkTest, Tls12) {
  const SslContext raw = RawPeer::NewContext(TLS1_2_VERSION);
  Link<TlsEngine, RawPeer> link(ServerEnd(LoadServer()),
                                RawPeer::Client(raw.get()), GetParam());
  link.Run();
  ASSERT_TRUE(link.server->is_secured()) << link.server_status;
  EXPECT_EQ(link.server->facts().version, "TLSv1.2");
  EXPECT_TRUE(link.client->Write("hello").ok());
  EXPECT_TRUE(link.server->Write("world").ok());
  link.server->GiveTicket();  // There is no such thing.
  EXPECT_TRUE(link.server->Write("!").ok());
  link.Run();
  EXPECT_EQ(link.at_server, "hello");
  EXPECT_EQ(link.at_client, "world!");
}

INSTANTIATE_TEST_SUITE_P(Chunks, ChunkTest,
                         ::testing::Values(1, 7, 1000, kWhole));

TEST_F(TlsEngineTest, Facts) {
  Engines link(ServerEnd(LoadServer()),
               ClientEnd(LoadClient(), "FTP.example.com."));
  EXPECT_EQ(link.server->facts().version, "");
  link.Run();
  const TlsFacts server = link.server->facts();
  EXPECT_EQ(server.version, "TLSv1.3");
  EXPECT_TRUE(absl::StartsWith(server.cipher, "TLS_")) << server.cipher;
  EXPECT_EQ(server.server_name, "ftp.example.com");
  EXPECT_EQ(server.subject, "");
  const TlsFacts client = link.client->facts();
  EXPECT_EQ(client.server_name, "FTP.example.com");
  EXPECT_EQ(client.subject, "gateway");
}

TEST_F(TlsEngineTest, AnAddressIsVerifiedAndNotSentAsAName) {
  Engines link(ServerEnd(LoadServer()), ClientEnd(LoadClient(), "10.0.0.1"));
  link.Run();
  ASSERT_TRUE(link.client->is_secured()) << link.client_status;
  EXPECT_EQ(link.server->facts().server_name, "");
  Engines other(ServerEnd(LoadServer()), ClientEnd(LoadClient(), "10.0.0.2"));
  other.Run();
  EXPECT_EQ(other.client_status.message(),
            "TLS handshake: cannot verify 10.0.0.2: IP address mismatch");
}

TEST_F(TlsEngineTest, ShowsTheCertificateThatWasAskedFor) {
  ServerOptions options = ServerSetUp();
  const TestAuthority::Files two = authority_.Issue(
      "two",
      {.common_name = "two", .names = "DNS:two.example,DNS:*.two.example"});
  options.certificates.push_back({two.cert, two.key});
  const ServerContextPtr server = LoadServer(options);
  const ClientContextPtr any =
      LoadClient(ClientOptions{.ca = authority_.ca_file(), .verify = false});
  const auto shown = [&](const std::string& name) {
    Engines link(ServerEnd(server), ClientEnd(any, name));
    link.Run();
    EXPECT_TRUE(link.client->is_secured()) << link.client_status;
    EXPECT_EQ(link.client->facts().subject, "");  // It was not verified.
    Engines verified(ServerEnd(server), ClientEnd(LoadClient(), name));
    verified.Run();
    return verified.client_status.ok() ? verified.client->facts().subject
                                       : "refused";
  };
  EXPECT_EQ(shown("ftp.example.com"), "gateway");
  EXPECT_EQ(shown("TWO.example"), "two");
  EXPECT_EQ(shown("a.two.example"), "two");
  EXPECT_EQ(shown("three.example"), "refused");  // It was shown the first.
}

TEST_F(TlsEngineTest, Alpn) {
  const auto agreed = [&](bool is_data, const std::string& offered) {
    const SslContext raw = RawPeer::NewContext(TLS1_3_VERSION);
    SSL_CTX_set_alpn_protos(
        raw.get(), reinterpret_cast<const unsigned char*>(offered.data()),
        static_cast<unsigned>(offered.size()));
    Link<TlsEngine, RawPeer> link(
        ServerEnd(LoadServer(), {.session = 1, .is_data = is_data}),
        RawPeer::Client(raw.get()));
    link.Run();
    EXPECT_TRUE(link.server->is_secured()) << link.server_status;
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(link.client->ssl(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  };
  EXPECT_EQ(agreed(false,
                   "\x01x\x03"
                   "ftp"),
            "ftp");
  EXPECT_EQ(agreed(true,
                   "\x03"
                   "ftp\x08"
                   "ftp-data"),
            "ftp-data");
  EXPECT_EQ(agreed(false,
                   "\x08"
                   "ftp-data"),
            "");
  EXPECT_EQ(agreed(false, "\x02h2"), "");
}

TEST_F(TlsEngineTest, ClientCertificates) {
  ServerOptions options = ServerSetUp();
  options.client_ca = authority_.ca_file();
  const auto outcome = [&](const ClientContextPtr& client) {
    Engines link(ServerEnd(LoadServer(options)), ClientEnd(client));
    link.Run();
    return link.server->is_secured()
               ? link.server->facts().subject
               : std::string(link.server_status.message());
  };
  TestAuthority stranger("stranger");
  EXPECT_EQ(outcome(LoadClient(authority_, {.common_name = "anna"})), "anna");
  EXPECT_EQ(outcome(LoadClient(authority_, {.common_name = "an\x01na"})), "");
  EXPECT_EQ(outcome(LoadClient()), "");
  EXPECT_EQ(outcome(LoadClient(stranger, {.common_name = "eve"})),
            "TLS handshake: cannot verify the client's certificate: unable to "
            "get local issuer certificate");
  EXPECT_EQ(outcome(LoadClient(
                authority_, {.common_name = "old", .valid = -absl::Hours(1)})),
            "TLS handshake: cannot verify the client's certificate: "
            "certificate has expired");
  options.require_client_certificate = true;
  EXPECT_EQ(outcome(LoadClient(authority_, {.common_name = "anna"})), "anna");
  EXPECT_EQ(outcome(LoadClient()),
            "TLS handshake: peer did not return a certificate");
}

// An authority that can revoke: its certificates by number.
class Revoker {
 public:
  Revoker() : key_(EVP_EC_gen("P-256")), ca_(Sign(1, key_)) {}
  ~Revoker() {
    X509_free(ca_);
    EVP_PKEY_free(key_);
  }
  Revoker(const Revoker&) = delete;
  Revoker& operator=(const Revoker&) = delete;

  std::string CaFile() { return Write("revoker-ca.pem", ca_); }
  CertificateFiles Issue(int serial) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = Sign(serial, key);
    CertificateFiles files = {
        .cert = Write(absl::StrCat("revoker-", serial, ".pem"), certificate),
        .key = WriteTestFile(
            absl::StrCat("revoker-", serial, ".key"), Pem([&](BIO* to) {
              PEM_write_bio_PrivateKey(to, key, nullptr, nullptr, 0, nullptr,
                                       nullptr);
            }))};
    X509_free(certificate);
    EVP_PKEY_free(key);
    return files;
  }
  std::string RevokedFile(int serial) {
    X509_CRL* list = X509_CRL_new();
    X509_CRL_set_version(list, 1);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(ca_));
    ASN1_TIME* time = X509_gmtime_adj(nullptr, -60);
    X509_CRL_set1_lastUpdate(list, time);
    X509_REVOKED* revoked = X509_REVOKED_new();
    ASN1_INTEGER* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set(number, serial);
    X509_REVOKED_set_serialNumber(revoked, number);
    X509_REVOKED_set_revocationDate(revoked, time);
    X509_CRL_add0_revoked(list, revoked);
    X509_gmtime_adj(time, 3600);
    X509_CRL_set1_nextUpdate(list, time);
    EXPECT_GT(X509_CRL_sign(list, key_, EVP_sha256()), 0);
    const std::string path = WriteTestFile(
        "revoker.crl", Pem([&](BIO* to) { PEM_write_bio_X509_CRL(to, list); }));
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(time);
    X509_CRL_free(list);
    return path;
  }

 private:
  static std::string Pem(const std::function<void(BIO*)>& write) {
    BIO* memory = BIO_new(BIO_s_mem());
    write(memory);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<size_t>(size));
    BIO_free(memory);
    return text;
  }
  static std::string Write(const std::string& name, X509* certificate) {
    return WriteTestFile(
        name, Pem([&](BIO* to) { PEM_write_bio_X509(to, certificate); }));
  }
  // The first one by itself.
  X509* Sign(int serial, EVP_PKEY* key) {
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    const std::string name = absl::StrCat("number ", serial);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
        reinterpret_cast<const unsigned char*>(name.data()), -1, -1, 0);
    X509* issuer = serial == 1 ? certificate : ca_;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    X509_EXTENSION* constraint =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints,
                            serial == 1 ? "critical,CA:TRUE" : "CA:FALSE");
    X509_add_ext(certificate, constraint, -1);
    X509_EXTENSION_free(constraint);
    EXPECT_GT(X509_sign(certificate, key_, EVP_sha256()), 0);
    return certificate;
  }

  EVP_PKEY* const key_;
  X509* const ca_;
};

TEST_F(TlsEngineTest, RevokedClientCertificates) {
  Revoker revoker;
  ServerOptions options = ServerSetUp();
  options.client_ca = revoker.CaFile();
  options.client_crl = revoker.RevokedFile(3);
  const auto outcome = [&](int serial) {
    Engines link(
        ServerEnd(LoadServer(options)),
        ClientEnd(LoadClient(ClientOptions{.ca = authority_.ca_file(),
                                           .own = revoker.Issue(serial)})));
    link.Run();
    return link.server->is_secured()
               ? link.server->facts().subject
               : std::string(link.server_status.message());
  };
  EXPECT_EQ(outcome(2), "number 2");
  EXPECT_EQ(outcome(3),
            "TLS handshake: cannot verify the client's certificate: "
            "certificate revoked");
}

TEST_F(TlsEngineTest, AClientLearnsThatItsCertificateIsRefused) {
  ServerOptions options = ServerSetUp();
  options.client_ca = authority_.ca_file();
  options.require_client_certificate = true;
  Engines link(ServerEnd(LoadServer(options)), ClientEnd(LoadClient()));
  link.Run();
  EXPECT_EQ(link.client_status.message(),
            "TLS: the peer's alert: certificate required");
}

TEST_F(TlsEngineTest, WhyABackendIsNotTrusted) {
  const auto failure = [&](const ServerOptions& options,
                           const ClientContextPtr& client, std::string name) {
    Engines link(ServerEnd(LoadServer(options)),
                 ClientEnd(client, std::move(name)));
    link.Run();
    EXPECT_EQ(link.client_status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_FALSE(link.server->is_secured());
    EXPECT_TRUE(absl::StartsWith(link.server_status.message(),
                                 "TLS handshake: the peer's alert: "))
        << link.server_status;
    return std::string(link.client_status.message());
  };
  EXPECT_EQ(failure(ServerSetUp(), LoadClient(), "other.example"),
            "TLS handshake: cannot verify other.example: hostname mismatch");
  TestAuthority stranger("stranger");
  EXPECT_EQ(failure(ServerSetUp(),
                    LoadClient(ClientOptions{.ca = stranger.ca_file()}),
                    "ftp.example.com"),
            "TLS handshake: cannot verify ftp.example.com: unable to get local "
            "issuer certificate");
  const TestAuthority::Files old =
      authority_.Issue("old", {.common_name = "old",
                               .names = "DNS:old.example",
                               .valid = -absl::Hours(1)});
  EXPECT_EQ(failure({.certificates = {{old.cert, old.key}}}, LoadClient(),
                    "old.example"),
            "TLS handshake: cannot verify old.example: certificate has "
            "expired");
}

TEST_F(TlsEngineTest, NoNameIsNotAnyName) {
  Engines link(ServerEnd(LoadServer()), ClientEnd(LoadClient(), ""));
  link.Run();
  EXPECT_EQ(link.client_status.code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(TlsEngineTest, OldVersionsAreRefused) {
  ServerOptions options = ServerSetUp();
  const auto outcome = [&](int version) {
    const SslContext raw = RawPeer::NewContext(version);
    Link<TlsEngine, RawPeer> link(ServerEnd(LoadServer(options)),
                                  RawPeer::Client(raw.get()));
    link.Run();
    EXPECT_FALSE(link.client_status.ok());
    return link.server_status.message().empty()
               ? "accepted"
               : std::string(link.server_status.message());
  };
  EXPECT_EQ(outcome(TLS1_VERSION), "TLS handshake: unsupported protocol");
  EXPECT_EQ(outcome(TLS1_1_VERSION), "TLS handshake: unsupported protocol");
  options.min_version = Version::kTls13;
  EXPECT_EQ(outcome(TLS1_2_VERSION), "TLS handshake: unsupported protocol");
}

TEST_F(TlsEngineTest, WhatIsNoTls) {
  const auto failure = [&](absl::string_view bytes) {
    const std::unique_ptr<TlsEngine> server = ServerEnd(LoadServer());
    server->Feed(bytes);
    char buffer[100];
    const absl::StatusOr<size_t> size = server->Read(absl::MakeSpan(buffer));
    EXPECT_EQ(ERR_peek_error(), 0u);
    EXPECT_EQ(server->unread(), "");
    // The last word.
    EXPECT_EQ(server->Read(absl::MakeSpan(buffer)).status(), size.status());
    EXPECT_EQ(server->Write("x"), size.status());
    return std::string(size.status().message());
  };
  EXPECT_EQ(failure("USER anna\r\n"), "TLS handshake: wrong version number");
  EXPECT_EQ(failure("GET / HTTP/1.1\r\n\r\n"), "TLS handshake: http request");
  EXPECT_EQ(failure(std::string(100, '\0')),
            "TLS handshake: wrong version number");
}

TEST_F(TlsEngineTest, AHandshakeIsBounded) {
  const std::unique_ptr<TlsEngine> server = ServerEnd(LoadServer());
  // A ClientHello of 100 kB, in records of 16 kB.
  std::string record = {'\x16', '\x03', '\x01', '\x40', '\x00'};
  record += std::string("\x01\x01\x86\xa0", 4);
  record.resize(5 + 16384, 'x');
  size_t fed = 0;
  absl::StatusOr<size_t> size = 0;
  char buffer[100];
  while (size.ok() && fed < 2 * limits::kMaxHandshakeBytes) {
    server->Feed(record);
    size = server->Read(absl::MakeSpan(buffer));
    fed += record.size();
  }
  EXPECT_EQ(size.status().message(),
            "TLS handshake: it takes more than 65536 bytes");
  EXPECT_LT(fed, 2 * limits::kMaxHandshakeBytes);
}

TEST_F(TlsEngineTest, ABrokenRecordIsTheEnd) {
  Engines link(ServerEnd(LoadServer()), ClientEnd(LoadClient()));
  link.Run();
  EXPECT_TRUE(link.client->Write("STOR x\r\n").ok());
  link.client->output()[8] ^= 1;
  link.Run();
  EXPECT_EQ(link.server_status.message(),
            "TLS: decryption failed or bad record mac");
  EXPECT_EQ(link.client_status.message(),
            "TLS: the peer's alert: bad record mac");
  link.server->CloseNotify();
  EXPECT_EQ(link.server->output(), "");
}

TEST_F(TlsEngineTest, AHandshakeThatIsClosed) {
  const std::unique_ptr<TlsEngine> client = ClientEnd(LoadClient());
  char buffer[100];
  EXPECT_EQ(*client->Read(absl::MakeSpan(buffer)), 0u);
  client->CloseNotify();  // Says nothing yet.
  client->Feed(absl::string_view("\x15\x03\x03\x00\x02\x01\x00", 7));
  EXPECT_EQ(client->Read(absl::MakeSpan(buffer)).status().message(),
            "TLS handshake: the peer closed the connection");
}

TEST_F(TlsEngineTest, RenegotiationIsRefused) {
  const SslContext raw = RawPeer::NewContext(TLS1_2_VERSION);
  Link<TlsEngine, RawPeer> link(ServerEnd(LoadServer()),
                                RawPeer::Client(raw.get()));
  link.Run();
  SSL_renegotiate(link.client->ssl());
  SSL_do_handshake(link.client->ssl());
  ERR_clear_error();
  link.Run();
  EXPECT_FALSE(link.client_status.ok());  // It insists.
  EXPECT_EQ(link.server->facts().version, "TLSv1.2");
}

// Of both versions, so that a client that resumes in the other way is looked
// at, too.
class TicketTest : public TlsEngineTest,
                   public ::testing::WithParamInterface<int> {
 protected:
  TicketTest() {
    SSL_CTX_set_session_cache_mode(
        raw_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(raw_.get(), &tickets_);
    SSL_CTX_sess_set_new_cb(raw_.get(), [](SSL* ssl, SSL_SESSION* session) {
      auto* tickets = static_cast<std::vector<SSL_SESSION*>*>(
          SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      tickets->push_back(session);
      return 1;
    });
  }
  ~TicketTest() override {
    for (SSL_SESSION* ticket : tickets_) SSL_SESSION_free(ticket);
  }

  bool is_13() const { return GetParam() == TLS1_3_VERSION; }

  using RawLink = Link<TlsEngine, RawPeer>;
  RawLink Talk(const ServerContextPtr& context,
               const TlsEngine::ServerSide& side,
               SSL_SESSION* ticket = nullptr) {
    RawLink link(TlsEngine::Server(context, side),
                 RawPeer::Client(raw_.get(), ticket));
    link.Run();
    EXPECT_TRUE(link.server->is_secured()) << link.server_status;
    EXPECT_EQ(SSL_session_reused(link.client->ssl()) == 1,
              link.server->is_resumed());
    return link;
  }
  // The first ticket of a control connection.
  SSL_SESSION* TicketOf(const ServerContextPtr& context, uint64_t session) {
    const size_t before = tickets_.size();
    Talk(context, {.session = session});
    EXPECT_GT(tickets_.size(), before);
    return tickets_[before];
  }

  const SslContext raw_ = RawPeer::NewContext(GetParam());
  std::vector<SSL_SESSION*> tickets_;
};

TEST_P(TicketTest, OwnSessionResumes) {
  const ServerContextPtr server = LoadServer();
  SSL_SESSION* ticket = TicketOf(server, 7);
  const RawLink link = Talk(server, {.session = 7, .is_data = true}, ticket);
  EXPECT_TRUE(link.server->is_resumed());
  EXPECT_EQ(link.server->ticket_session(), 7u);
}

TEST_P(TicketTest, AForeignSessionIsToldAndDoesNotResume) {
  const ServerContextPtr server = LoadServer();
  SSL_SESSION* ticket = TicketOf(server, 7);
  const RawLink link = Talk(server, {.session = 8, .is_data = true}, ticket);
  EXPECT_FALSE(link.server->is_resumed());
  EXPECT_EQ(link.server->ticket_session(), 7u);
  // A new control connection of a client that remembers its last one.
  EXPECT_FALSE(Talk(server, {.session = 9}, ticket).server->is_resumed());
}

TEST_P(TicketTest, AnUnknownSessionIsTold) {
  const ServerContextPtr server = LoadServer();
  SSL_SESSION* ticket = TicketOf(server, 7);
  std::unique_ptr<RawPeer> client = RawPeer::Client(raw_.get(), ticket);
  const std::unique_ptr<TlsEngine> data =
      TlsEngine::Server(server, {.is_data = true});
  char buffer[100];
  EXPECT_EQ(*client->Read(absl::MakeSpan(buffer)), 0u);
  data->Feed(client->output());
  EXPECT_EQ(data->ticket_session(), std::nullopt);
  EXPECT_EQ(*data->Read(absl::MakeSpan(buffer)), 0u);
  EXPECT_EQ(data->ticket_session(), 7u);  // After the ClientHello alone.
  EXPECT_TRUE(data->is_resumed());
  data->SetSession(7);
  EXPECT_EQ(Talk(server, {.is_data = true}).server->ticket_session(),
            std::nullopt);
}

TEST_P(TicketTest, SurvivesAReload) {
  const ServerContextPtr former = LoadServer();
  SSL_SESSION* ticket = TicketOf(former, 7);
  ServerOptions options = ServerSetUp();
  options.certificates.push_back(options.certificates[0]);
  const ServerContextPtr reloaded = LoadServer(options, former.get());
  EXPECT_TRUE(Talk(reloaded, {.session = 7, .is_data = true}, ticket)
                  .server->is_resumed());
}

TEST_P(TicketTest, IsWorthNothingElsewhere) {
  SSL_SESSION* ticket = TicketOf(LoadServer(), 7);
  const RawLink link =
      Talk(LoadServer(), {.session = 7, .is_data = true}, ticket);
  EXPECT_FALSE(link.server->is_resumed());
  EXPECT_EQ(link.server->ticket_session(), std::nullopt);
}

TEST_P(TicketTest, NoneWhenReuseIsOff) {
  ServerOptions options = ServerSetUp();
  options.session_reuse = SessionReuse::kOff;
  const ServerContextPtr server = LoadServer(options);
  const RawLink link = Talk(server, {.session = 7});
  link.server->GiveTicket();
  EXPECT_TRUE(link.server->Write("226 sent\r\n").ok());
  RawLink more = Talk(server, {.session = 7});
  EXPECT_TRUE(tickets_.empty());
  const ServerContextPtr on = LoadServer();
  const RawLink refused =
      Talk(LoadServer(options, on.get()), {.session = 7}, TicketOf(on, 7));
  EXPECT_FALSE(refused.server->is_resumed());
}

TEST_P(TicketTest, SoManyAsAreOfUse) {
  const ServerContextPtr server = LoadServer();
  SSL_SESSION* ticket = TicketOf(server, 7);
  EXPECT_EQ(tickets_.size(), is_13() ? limits::kTlsTickets : 1u);
  size_t before = tickets_.size();
  Talk(server, {.session = 7, .is_data = true}, ticket);
  EXPECT_EQ(tickets_.size() - before, is_13() ? 1u : 0u);
  before = tickets_.size();
  Talk(server, {.session = 7, .is_data = true, .gives_tickets = false},
       is_13() ? tickets_[1] : ticket);
  EXPECT_EQ(tickets_.size(), before);
  // Each of them is good, and those of a data connection, too. Clients forget
  // the ones of TLS 1.3 that they have used.
  for (size_t i = is_13() ? 2 : 0; i < before; ++i) {
    EXPECT_TRUE(Talk(server, {.session = 7, .is_data = true}, tickets_[i])
                    .server->is_resumed());
  }
}

TEST_P(TicketTest, OneMoreWithTheNextReply) {
  const ServerContextPtr server = LoadServer();
  RawLink link = Talk(server, {.session = 7});
  const size_t before = tickets_.size();
  link.server->GiveTicket();
  link.server->GiveTicket();
  EXPECT_EQ(link.server->output(), "");
  EXPECT_TRUE(link.server->Write("226 sent\r\n").ok());
  EXPECT_TRUE(link.client->Write("NOOP\r\n").ok());
  link.Run();
  EXPECT_EQ(link.at_client, "226 sent\r\n");
  EXPECT_EQ(link.at_server, "NOOP\r\n");
  ASSERT_EQ(tickets_.size() - before, is_13() ? 2u : 0u);
  EXPECT_TRUE(Talk(server, {.session = 7, .is_data = true}, tickets_.back())
                  .server->is_resumed());
  for (int i = 0; i < 100; ++i) link.server->GiveTicket();
  link.server->CloseNotify();
  link.Run();
  EXPECT_EQ(SSL_get_shutdown(link.client->ssl()), SSL_RECEIVED_SHUTDOWN);
}

TEST_P(TicketTest, TheSubjectComesBackWithIt) {
  ServerOptions options = ServerSetUp();
  options.client_ca = authority_.ca_file();
  options.require_client_certificate = true;
  const TestAuthority::Files files =
      authority_.Issue("anna", {.common_name = "anna"});
  SSL_CTX_use_certificate_file(raw_.get(), files.cert.c_str(),
                               SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(raw_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  const ServerContextPtr server = LoadServer(options);
  SSL_SESSION* ticket = TicketOf(server, 7);
  const RawLink link = Talk(server, {.session = 7, .is_data = true}, ticket);
  EXPECT_TRUE(link.server->is_resumed());
  EXPECT_EQ(link.server->facts().subject, "anna");
}

TEST_P(TicketTest, AClientEngineResumesWhatItsJarHas) {
  const SslContext backend = RawPeer::NewContext(GetParam());
  const ServerOptions options = ServerSetUp();
  SSL_CTX_use_certificate_file(
      backend.get(), options.certificates[0].cert.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_use_PrivateKey_file(
      backend.get(), options.certificates[0].key.c_str(), SSL_FILETYPE_PEM);
  const ClientContextPtr context = LoadClient();
  const auto jar = std::make_shared<SessionJar>();
  const auto resumed = [&] {
    Link<RawPeer, TlsEngine> link(RawPeer::Server(backend.get()),
                                  ClientEnd(context, "ftp.example.com", jar));
    link.Run();
    EXPECT_TRUE(link.client->is_secured()) << link.client_status;
    EXPECT_EQ(link.client->facts().subject, "gateway");
    return link.client->is_resumed();
    // Both are dropped without a close_notify.
  };
  EXPECT_FALSE(resumed());
  EXPECT_TRUE(resumed());
  EXPECT_TRUE(resumed());
  ASSERT_NE(jar->newest(), nullptr);
  EXPECT_EQ(SSL_SESSION_is_resumable(jar->newest()), 1);
}

INSTANTIATE_TEST_SUITE_P(Versions, TicketTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

// As curl does with TLS 1.2.
class SessionIdTest : public TlsEngineTest {
 protected:
  SessionIdTest() { SSL_CTX_set_options(raw_.get(), SSL_OP_NO_TICKET); }

  struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

  Session Talk(const ServerContextPtr& context,
               const TlsEngine::ServerSide& side,
               SSL_SESSION* offered = nullptr) {
    Link<TlsEngine, RawPeer> link(TlsEngine::Server(context, side),
                                  RawPeer::Client(raw_.get(), offered));
    link.Run();
    EXPECT_TRUE(link.server->is_secured()) << link.server_status;
    resumed_ = link.server->is_resumed();
    told_ = link.server->ticket_session();
    return Session(SSL_get1_session(link.client->ssl()));
  }

  const SslContext raw_ = RawPeer::NewContext(TLS1_2_VERSION);
  bool resumed_ = false;
  std::optional<uint64_t> told_;
};

TEST_F(SessionIdTest, OwnSessionResumesAndForeignOnesDoNot) {
  const ServerContextPtr server = LoadServer();
  const Session own = Talk(server, {.session = 7});
  Talk(server, {.session = 7, .is_data = true}, own.get());
  EXPECT_TRUE(resumed_);
  EXPECT_EQ(told_, 7u);
  // Of a data connection whose session is not known yet.
  Talk(server, {.is_data = true}, own.get());
  EXPECT_TRUE(resumed_);
  EXPECT_EQ(told_, 7u);
  Talk(server, {.session = 8, .is_data = true}, own.get());
  EXPECT_FALSE(resumed_);
  EXPECT_EQ(told_, 7u);
}

TEST_F(SessionIdTest, EndsWithItsControlSession) {
  const ServerContextPtr server = LoadServer();
  const Session own = Talk(server, {.session = 7});
  const ServerContextPtr reloaded = LoadServer(ServerSetUp(), server.get());
  Talk(reloaded, {.session = 7, .is_data = true}, own.get());
  EXPECT_TRUE(resumed_);
  reloaded->Forget(7);
  Talk(server, {.session = 7, .is_data = true}, own.get());
  EXPECT_FALSE(resumed_);
  EXPECT_EQ(told_, std::nullopt);
}

TEST_F(SessionIdTest, NoneWhenReuseIsOff) {
  ServerOptions options = ServerSetUp();
  options.session_reuse = SessionReuse::kOff;
  const ServerContextPtr server = LoadServer(options);
  const Session own = Talk(server, {.session = 7});
  Talk(server, {.session = 7, .is_data = true}, own.get());
  EXPECT_FALSE(resumed_);
}

TEST_F(TlsEngineTest, FilesThatCannotBeUsedAreNamed) {
  ServerOptions options = ServerSetUp();
  EXPECT_FALSE(ServerContext::Load({}).ok());
  const std::string empty = WriteTestFile("empty", "");
  const auto failure = [&] {
    return std::string(ServerContext::Load(options).status().message());
  };
  options.client_crl = empty;
  EXPECT_EQ(failure(),
            "certificates of clients cannot be checked without client_ca");
  options.client_ca = empty;
  EXPECT_EQ(failure(), absl::StrCat(empty, ": has no PEM certificate"));
  options.client_ca = authority_.ca_file();
  EXPECT_TRUE(absl::StartsWith(
      failure(),
      absl::StrCat(empty, ": is no PEM list of revoked certificates")))
      << failure();
  options.certificates[0].key = empty;
  EXPECT_TRUE(absl::StartsWith(failure(), empty)) << failure();
  EXPECT_EQ(ERR_peek_error(), 0u);
  EXPECT_TRUE(absl::StartsWith(
      ClientContext::Load({.ca = empty}).status().message(), empty));
  EXPECT_TRUE(absl::StartsWith(
      ClientContext::Load({.own = {empty, empty}}).status().message(), empty));
  EXPECT_TRUE(ClientContext::Load({}).ok());
}

}  // namespace
}  // namespace pinnace::tls
