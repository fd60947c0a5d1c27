#include "proxy/tls/tls_relay.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "openssl/bio.h"
#include "openssl/ssl.h"
#include "proxy/io/testing_loopback.h"
#include "proxy/rates/pacer.h"
#include "proxy/tls/client_context.h"
#include "proxy/tls/server_context.h"
#include "tests/support/test_authority.h"

namespace pinnace::tls {
namespace {

using io::Pair;
using io::Pattern;
using io::Received;
using io::ReceiveOutside;
using io::SendOutside;
using io::Settle;
using io::TurnUntil;
using testing::TestAuthority;

constexpr size_t kAll = 1 << 30;

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslSession = std::unique_ptr<SSL_SESSION, FreeSession>;

// What both ends know of each other; made once, for keys take time.
struct World {
  World() {
    const TestAuthority::Files files = authority.Issue(
        "gateway", {.common_name = "gateway", .names = "DNS:gateway"});
    ServerOptions server_options;
    server_options.certificates = {{.cert = files.cert, .key = files.key}};
    server = ServerContext::Load(server_options).value();
    client = ClientContext::Load({.ca = authority.ca_file()}).value();
    SSL_CTX_use_certificate_chain_file(peer.get(), files.cert.c_str());
    SSL_CTX_use_PrivateKey_file(peer.get(), files.key.c_str(),
                                SSL_FILETYPE_PEM);
  }
  static World& Get() {
    static World& world = *new World;
    return world;
  }

  TestAuthority authority{"authority"};
  std::shared_ptr<const ServerContext> server;
  std::shared_ptr<const ClientContext> client;
  SslContext peer{SSL_CTX_new(TLS_method()), SSL_CTX_free};
};

// OpenSSL at the other end of the wire, driven by hand, or bytes in clear.
class Peer {
 public:
  enum class Role { kClear, kClient, kServer };
  enum class End { kOpen, kCloseNotify, kFin, kCloseNotifyAndFin };

  void Open(io::Socket its_socket, Role role, int version = 0) {
    socket = std::move(its_socket);
    socket.SetNoDelay();
    if (role == Role::kClear) return;
    ssl.reset(SSL_new(World::Get().peer.get()));
    if (version != 0) SSL_set_max_proto_version(ssl.get(), version);
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (role == Role::kClient) {
      SSL_set_connect_state(ssl.get());
    } else {
      SSL_set_accept_state(ssl.get());
    }
  }
  // Goes on with everything that is under way. Whether a byte has moved.
  bool Drive() {
    bool moved = false;
    if (ssl == nullptr) {
      const size_t before = received.bytes.size();
      if (reads) ReceiveOutside(socket, &received, step);
      moved = received.bytes.size() > before;
      outgoing += std::exchange(to_send, {});
    } else {
      moved = DriveTls();
    }
    if (!outgoing.empty()) {
      const size_t size =
          SendOutside(socket, absl::string_view(outgoing).substr(sent, step));
      sent += size;
      moved = moved || size > 0;
      if (sent == outgoing.size()) {
        outgoing.clear();
        sent = 0;
      }
    }
    if (has_sent_all() && is_secured() && !fin_sent &&
        (end == End::kFin || end == End::kCloseNotifyAndFin)) {
      fin_sent = true;
      socket.ShutdownWrite();
    }
    return moved;
  }
  bool has_sent_all() const { return to_send.empty() && outgoing.empty(); }
  bool is_secured() const {
    return ssl == nullptr || SSL_is_init_finished(ssl.get());
  }
  // Whatever a clean end is.
  bool has_ended() const {
    return received.finished && (ssl == nullptr || close_notify);
  }
  const std::string& bytes() const {
    return ssl == nullptr ? received.bytes : plaintext;
  }

  struct FreeSsl {
    void operator()(SSL* its_ssl) const { SSL_free(its_ssl); }
  };
  io::Socket socket;
  std::unique_ptr<SSL, FreeSsl> ssl;
  size_t step = kAll;  // of what the wire takes and gives at a time
  bool reads = true;
  std::string to_send;
  End end = End::kOpen;
  Received received;  // off the wire
  std::string plaintext;
  bool close_notify = false;
  bool failed = false;

 private:
  bool DriveTls() {
    if (reads) ReceiveOutside(socket, &received, step);
    const bool moved = !received.bytes.empty();
    BIO_write(SSL_get_rbio(ssl.get()), received.bytes.data(),
              static_cast<int>(received.bytes.size()));
    received.bytes.clear();
    if (!is_secured() && !failed) {
      const int result = SSL_do_handshake(ssl.get());
      failed = SSL_get_error(ssl.get(), result) == SSL_ERROR_SSL;
    }
    if (is_secured()) {
      if (!to_send.empty()) {
        SSL_write(ssl.get(), to_send.data(), static_cast<int>(to_send.size()));
        to_send.clear();
      }
      if (!said_end &&
          (end == End::kCloseNotify || end == End::kCloseNotifyAndFin)) {
        said_end = true;
        SSL_shutdown(ssl.get());
      }
      Decrypt();
    }
    char* data;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data);
    outgoing.append(data, static_cast<size_t>(size));
    BIO_reset(SSL_get_wbio(ssl.get()));
    return moved;
  }
  void Decrypt() {
    char buffer[16 * 1024];
    int size;
    while ((size = SSL_read(ssl.get(), buffer, sizeof(buffer))) > 0) {
      plaintext.append(buffer, static_cast<size_t>(size));
    }
    const int error = SSL_get_error(ssl.get(), size);
    if (error == SSL_ERROR_ZERO_RETURN) close_notify = true;
    if (error == SSL_ERROR_SSL) failed = true;
  }

  std::string outgoing;
  size_t sent = 0;
  bool said_end = false;
  bool fin_sent = false;
};

// A session in a ticket of the control connection of gateway session `session`,
// as a client remembers it.
SslSession TicketOf(uint64_t session, int version) {
  const auto engine =
      TlsEngine::Server(World::Get().server, {.session = session});
  Peer peer;
  peer.Open(io::Socket(), Peer::Role::kClient, version);
  std::string said;
  char buffer[1024];
  for (int i = 0; i < 8; ++i) {
    SSL_read(peer.ssl.get(), buffer, sizeof(buffer));
    char* data;
    const long size = BIO_get_mem_data(SSL_get_wbio(peer.ssl.get()), &data);
    said.assign(data, static_cast<size_t>(size));
    BIO_reset(SSL_get_wbio(peer.ssl.get()));
    if (!said.empty()) engine->Feed(said);
    EXPECT_EQ(engine->Read(absl::MakeSpan(buffer)).value(), 0u);
    if (engine->is_secured() && i == 6) {
      EXPECT_TRUE(engine->Write("220 Welcome.\r\n").ok());
    }
    BIO_write(SSL_get_rbio(peer.ssl.get()), engine->output().data(),
              static_cast<int>(engine->output().size()));
    engine->output().clear();
  }
  EXPECT_TRUE(engine->is_secured());
  // A copy: OpenSSL does not resume a session whose connection broke.
  return SslSession(SSL_SESSION_dup(SSL_get0_session(peer.ssl.get())));
}

class TlsRelayTest : public ::testing::Test, public TlsRelay::Owner {
 protected:
  using Leg = TlsRelay::Leg;
  // By who is the TLS server: kServer: the gateway, as toward its clients.
  enum class Kind { kClear, kServer, kClient };

  void Open(Kind source, Kind sink, int version = 0, int buffer_bytes = 0) {
    Pair source_pair = io::Connect(), sink_pair = io::Connect();
    if (buffer_bytes > 0) {
      ShrinkSendBuffer(source_pair.far, buffer_bytes);
      ShrinkSendBuffer(sink_pair.near, buffer_bytes);
    }
    source_ = std::move(source_pair.near);
    sink_ = std::move(sink_pair.near);
    source_peer_.Open(std::move(source_pair.far), RoleOfPeer(source), version);
    sink_peer_.Open(std::move(sink_pair.far), RoleOfPeer(sink), version);
    source_engine_ = EngineOf(source);
    sink_engine_ = EngineOf(sink);
    source_watch_ =
        loop_.WatchSocket(source_.fd(), nullptr, io::Priority::kBulk);
    sink_watch_ = loop_.WatchSocket(sink_.fd(), nullptr, io::Priority::kBulk);
  }
  static Peer::Role RoleOfPeer(Kind kind) {
    switch (kind) {
      case Kind::kClear:
        return Peer::Role::kClear;
      case Kind::kServer:
        return Peer::Role::kClient;
      case Kind::kClient:
        return Peer::Role::kServer;
    }
    return Peer::Role::kClear;
  }
  static std::unique_ptr<TlsEngine> EngineOf(Kind kind) {
    switch (kind) {
      case Kind::kClear:
        return nullptr;
      case Kind::kServer:
        return TlsEngine::Server(World::Get().server, {.is_data = true});
      case Kind::kClient:
        return TlsEngine::Client(World::Get().client,
                                 {.server_name = "gateway", .is_data = true});
    }
    return nullptr;
  }
  void Start(const TlsRelay::Options& options = {}) {
    relay_ = std::make_unique<TlsRelay>(
        loop_,
        TlsRelay::End{&source_, source_watch_.get(), source_engine_.get()},
        TlsRelay::End{&sink_, sink_watch_.get(), sink_engine_.get()}, options,
        this);
  }
  void OnSourceEnded(int64_t bytes) override {
    ++ended_;
    moved_ = bytes;
  }
  void OnRelayDone(int64_t bytes) override {
    ++done_;
    moved_ = bytes;
    if (destroy_at_end_) relay_.reset();
  }
  void OnRelayBroken(Leg leg, const absl::Status& status,
                     int64_t bytes) override {
    ++broken_;
    leg_ = leg;
    status_ = status;
    moved_ = bytes;
    if (destroy_at_end_) relay_.reset();
  }
  bool IsOver() const { return done_ + broken_ > 0; }
  template <typename Done>
  void DriveUntil(const Done& done) {
    for (int turns_at_rest = 0; turns_at_rest < 5'000; ++turns_at_rest) {
      bool moved = false;
      for (Peer* peer : {&source_peer_, &sink_peer_}) {
        if (peer->socket.is_open() && peer->Drive()) moved = true;
      }
      if (done()) return;
      loop_.RunOnce(absl::Milliseconds(moved ? 0 : 1));
      if (moved) turns_at_rest = 0;
    }
    FAIL() << "It does not come to that.";
  }
  void DriveUntilOver() {
    DriveUntil([&] { return IsOver(); });
  }
  void ExpectBroken(Leg leg, absl::StatusCode code, absl::string_view message) {
    EXPECT_EQ(done_, 0);
    EXPECT_EQ(broken_, 1);
    EXPECT_EQ(leg_, leg);
    EXPECT_EQ(status_.code(), code) << status_;
    EXPECT_TRUE(absl::StrContains(status_.message(), message)) << status_;
  }
  void EndSource() {
    source_peer_.end = source_peer_.ssl == nullptr
                           ? Peer::End::kFin
                           : Peer::End::kCloseNotifyAndFin;
  }
  // All that the sink's peer gets is `bytes`.
  void ExpectWhole(const std::string& bytes) {
    DriveUntil([&] { return IsOver() && sink_peer_.has_ended(); });
    EXPECT_EQ(done_, 1) << status_;
    EXPECT_EQ(moved_, static_cast<int64_t>(bytes.size()));
    EXPECT_TRUE(sink_peer_.bytes() == bytes);
    EXPECT_FALSE(source_peer_.failed);
    EXPECT_FALSE(sink_peer_.failed);
  }
  void SendThrough(const std::string& bytes) {
    source_peer_.to_send = bytes;
    EndSource();
    ExpectWhole(bytes);
  }
  // For what happens to either leg.
  void OpenAgain() {
    relay_.reset();
    source_watch_.reset();
    sink_watch_.reset();
    source_peer_ = Peer();
    sink_peer_ = Peer();
    done_ = broken_ = 0;
  }
  void TearDown() override {
    relay_.reset();
    source_watch_.reset();
    sink_watch_.reset();
    EXPECT_EQ(loop_.live_watches(), 0);
    EXPECT_EQ(loop_.live_timers(), 0);
  }

  io::Loop loop_;
  io::Socket source_, sink_;
  Peer source_peer_, sink_peer_;
  std::unique_ptr<TlsEngine> source_engine_, sink_engine_;
  std::unique_ptr<io::Loop::Watch> source_watch_, sink_watch_;
  std::unique_ptr<TlsRelay> relay_;
  bool destroy_at_end_ = false;
  int done_ = 0, broken_ = 0, ended_ = 0;
  int64_t moved_ = -1;
  Leg leg_ = Leg::kSource;
  absl::Status status_;
};

// Every way that a transfer's legs can be.
class TlsRelayWaysTest : public TlsRelayTest,
                         public ::testing::WithParamInterface<int> {
 protected:
  struct Way {
    Kind source, sink;
    int version;
  };
  static constexpr int kWays = 12;
  static Way TheWay() {
    static constexpr std::pair<Kind, Kind> kKinds[kWays / 2] = {
        {Kind::kClear, Kind::kServer},  {Kind::kClear, Kind::kClient},
        {Kind::kServer, Kind::kClear},  {Kind::kClient, Kind::kClear},
        {Kind::kServer, Kind::kClient}, {Kind::kClient, Kind::kServer}};
    const auto [source, sink] = kKinds[GetParam() / 2];
    return {source, sink,
            GetParam() % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION};
  }
  void OpenTheWay(int buffer_bytes = 0) {
    const Way way = TheWay();
    Open(way.source, way.sink, way.version, buffer_bytes);
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, TlsRelayWaysTest, ::testing::Range(0, 12));

TEST_P(TlsRelayWaysTest, AFileWithoutBytes) {
  OpenTheWay();
  Start();
  SendThrough("");
  EXPECT_TRUE(source_peer_.is_secured());
  EXPECT_TRUE(sink_peer_.is_secured());
  if (source_peer_.ssl != nullptr) {
    DriveUntil([&] { return source_peer_.close_notify; });
  }
}

TEST_P(TlsRelayWaysTest, OneByte) {
  OpenTheWay();
  Start();
  SendThrough("x");
}

TEST_P(TlsRelayWaysTest, HoldsTheEndUntilItIsToldTo) {
  for (const size_t size : {0, 300'000}) {
    OpenTheWay();
    Start({.relay = {.at_end = io::Relay::AtEnd::kHold}});
    ended_ = 0;
    const std::string bytes = Pattern(size);
    source_peer_.to_send = bytes;
    EndSource();
    DriveUntil([&] {
      return ended_ == 1 && sink_peer_.bytes().size() == bytes.size();
    });
    EXPECT_EQ(moved_, static_cast<int64_t>(bytes.size()));
    for (int i = 0; i < 20; ++i) {
      sink_peer_.Drive();
      loop_.RunOnce(absl::ZeroDuration());
    }
    EXPECT_FALSE(sink_peer_.has_ended());
    EXPECT_FALSE(IsOver());

    relay_->PassEnd();
    ExpectWhole(bytes);
    EXPECT_EQ(ended_, 1);
    OpenAgain();
  }
}

// The source goes in mid-file, and another one goes on where the sink is.
TEST_P(TlsRelayWaysTest, ASecondSourceGoesOn) {
  const Way way = TheWay();
  OpenTheWay(16 * 1024);
  Start({.relay = {.at_end = io::Relay::AtEnd::kHold}});
  const std::string bytes = Pattern(700'000);
  source_peer_.to_send = bytes;
  DriveUntil([&] { return relay_->bytes_moved() > 200'000; });
  const auto delivered = static_cast<size_t>(relay_->bytes_delivered());
  ASSERT_LT(delivered, bytes.size());
  const bool is_secured = relay_->is_sink_secured();
  relay_.reset();
  source_watch_.reset();

  Pair pair = io::Connect();
  source_ = std::move(pair.near);
  source_peer_ = Peer();
  source_peer_.Open(std::move(pair.far), RoleOfPeer(way.source), way.version);
  source_engine_ = EngineOf(way.source);
  source_watch_ = loop_.WatchSocket(source_.fd(), nullptr, io::Priority::kBulk);
  relay_ = std::make_unique<TlsRelay>(
      loop_, TlsRelay::End{&source_, source_watch_.get(), source_engine_.get()},
      TlsRelay::End{&sink_, sink_watch_.get(), sink_engine_.get(), is_secured},
      TlsRelay::Options{}, this);
  source_peer_.to_send = bytes.substr(delivered);
  EndSource();
  DriveUntil([&] { return IsOver() && sink_peer_.has_ended(); });
  EXPECT_EQ(done_, 1) << status_;
  EXPECT_EQ(moved_, static_cast<int64_t>(bytes.size() - delivered));
  EXPECT_TRUE(sink_peer_.bytes() == bytes);
}

TEST_P(TlsRelayWaysTest, OneMoreThanAllowedBreaksIt) {
  for (const size_t size : {1, 70'000}) {
    OpenTheWay();
    Start({.relay = {.max_bytes = static_cast<int64_t>(size)}});
    SendThrough(Pattern(size));
    OpenAgain();

    OpenTheWay();
    Start({.relay = {.max_bytes = static_cast<int64_t>(size)}});
    source_peer_.to_send = Pattern(size + 1);
    EndSource();
    DriveUntilOver();
    ExpectBroken(Leg::kSource, absl::StatusCode::kOutOfRange, "more than");
    EXPECT_LE(moved_, static_cast<int64_t>(size));
    OpenAgain();
  }
}

TEST_P(TlsRelayWaysTest, KeepsToItsRate) {
  const auto bucket = std::make_shared<rates::RateBucket>(rates::RateLimit{
      .bytes_per_second = 4'000'000, .burst_bytes = 64 * 1024});
  rates::Pacer pacer({bucket});
  OpenTheWay();
  Start({.relay = {.pacer = &pacer}});
  const absl::Time before = loop_.now();
  SendThrough(Pattern(500'000));
  // 434 KB in time, the last piece of 40 KB at its begin.
  EXPECT_GT(loop_.now() - before, absl::Milliseconds(90));
}

TEST_P(TlsRelayWaysTest, ManyBytes) {
  OpenTheWay();
  Start();
  SendThrough(Pattern(5 * 1024 * 1024 + 1));
  EXPECT_EQ(relay_->bytes_moved(), 5 * 1024 * 1024 + 1);
}

TEST_P(TlsRelayWaysTest, ByteByByte) {
  OpenTheWay();
  source_peer_.step = 1;
  sink_peer_.step = 1;
  Start();
  SendThrough(Pattern(300));
}

TEST_P(TlsRelayWaysTest, ASlowReader) {
  OpenTheWay(8192);
  sink_peer_.step = 20'000;
  Start();
  SendThrough(Pattern(1'000'000));
}

TEST_P(TlsRelayWaysTest, TheWireHoldsTheSourceBackAndItGoesOn) {
  OpenTheWay(64 * 1024);
  Start();
  DriveUntil(
      [&] { return source_peer_.is_secured() && sink_peer_.is_secured(); });
  sink_peer_.reads = false;
  const std::string bytes = Pattern(4 * 1024 * 1024);
  source_peer_.to_send = bytes;
  size_t turns_at_rest = 0;
  int64_t moved = -1;
  DriveUntil([&] {
    turns_at_rest =
        relay_->bytes_moved() == moved ? turns_at_rest + 1 : size_t{0};
    moved = relay_->bytes_moved();
    return turns_at_rest == 100;
  });
  EXPECT_LT(moved, 2 * 1024 * 1024);
  EXPECT_FALSE(source_peer_.has_sent_all());
  if (sink_engine_ != nullptr) {
    EXPECT_LE(sink_engine_->output().size(), size_t{100 * 1024});
  }
  EXPECT_FALSE(IsOver());
  sink_peer_.reads = true;
  EndSource();
  ExpectWhole(bytes);
}

TEST_P(TlsRelayWaysTest, PausesAreNoEnd) {
  OpenTheWay();
  Start();
  std::string all;
  for (const size_t size : {1, 1000, 100'000, 3}) {
    source_peer_.to_send = Pattern(size);
    all += Pattern(size);
    DriveUntil([&] { return sink_peer_.bytes() == all; });
    EXPECT_EQ(relay_->bytes_moved(), static_cast<int64_t>(all.size()));
    // It keeps no memory for the time when nothing moves.
    for (const auto& engine : {&source_engine_, &sink_engine_}) {
      if (*engine == nullptr) continue;
      EXPECT_LE((*engine)->output().capacity(), std::string().capacity());
    }
  }
  EXPECT_FALSE(IsOver());
  source_peer_.end =
      source_peer_.ssl == nullptr ? Peer::End::kFin : Peer::End::kCloseNotify;
  DriveUntil([&] { return IsOver() && sink_peer_.has_ended(); });
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(moved_, static_cast<int64_t>(all.size()));
}

TEST_P(TlsRelayWaysTest, AResetOfTheSourceIsNotItsEnd) {
  OpenTheWay();
  Start({.tolerate_missing_close_notify = true});
  source_peer_.to_send = Pattern(1000);
  DriveUntil([&] { return sink_peer_.bytes().size() == 1000; });
  source_peer_.socket.Reset();
  DriveUntilOver();
  ExpectBroken(Leg::kSource, absl::StatusCode::kUnavailable,
               "Connection reset by peer");
  EXPECT_EQ(moved_, 1000);
  Settle(loop_);
  sink_peer_.Drive();
  EXPECT_FALSE(sink_peer_.close_notify);
  EXPECT_FALSE(sink_peer_.received.finished);
}

TEST_P(TlsRelayWaysTest, AResetOfTheSinkWhileTheSourceIsIdle) {
  OpenTheWay();
  Start();
  source_peer_.to_send = "x";
  DriveUntil([&] { return sink_peer_.bytes().size() == 1; });
  sink_peer_.socket.Reset();
  DriveUntilOver();
  ExpectBroken(Leg::kSink, absl::StatusCode::kUnavailable,
               "Connection reset by peer");
}

TEST_P(TlsRelayWaysTest, AResetOfTheSinkWhileItBlocks) {
  OpenTheWay(8192);
  Start();
  source_peer_.to_send = "x";
  DriveUntil([&] { return sink_peer_.bytes().size() == 1; });
  sink_peer_.reads = false;
  source_peer_.to_send = Pattern(3'000'000);
  DriveUntil([&] { return relay_->bytes_moved() > 100'000; });
  sink_peer_.socket.Reset();
  DriveUntilOver();
  EXPECT_EQ(leg_, Leg::kSink);
  EXPECT_EQ(status_.code(), absl::StatusCode::kUnavailable) << status_;
}

TEST_P(TlsRelayWaysTest, TheOwnerMayDestroyItWhenDone) {
  OpenTheWay();
  destroy_at_end_ = true;
  Start();
  SendThrough(Pattern(100'000));
  EXPECT_EQ(relay_, nullptr);
}

TEST_P(TlsRelayWaysTest, TheOwnerMayDestroyItWhenBroken) {
  for (const Leg leg : {Leg::kSource, Leg::kSink}) {
    OpenAgain();
    OpenTheWay();
    destroy_at_end_ = true;
    Start();
    source_peer_.to_send = "x";
    DriveUntil([&] { return sink_peer_.bytes().size() == 1; });
    (leg == Leg::kSource ? source_peer_ : sink_peer_).socket.Reset();
    DriveUntilOver();
    EXPECT_EQ(leg_, leg);
    EXPECT_EQ(relay_, nullptr);
  }
}

TEST_P(TlsRelayWaysTest, TheEndOfTheSinksPeerIsNoError) {
  OpenTheWay();
  Start();
  source_peer_.to_send = "x";
  DriveUntil([&] { return sink_peer_.bytes().size() == 1; });
  sink_peer_.end = Peer::End::kCloseNotifyAndFin;
  for (int i = 0; i < 10; ++i) {
    sink_peer_.Drive();
    Settle(loop_);
  }
  EXPECT_FALSE(IsOver());
  sink_peer_.plaintext.clear();
  sink_peer_.received.bytes.clear();
  EndSource();
  source_peer_.to_send = Pattern(100'000);
  DriveUntil([&] { return IsOver() && sink_peer_.has_ended(); });
  EXPECT_EQ(done_, 1) << status_;
  EXPECT_TRUE(sink_peer_.bytes() == Pattern(100'000));
}

TEST_P(TlsRelayWaysTest, AnEndInTheHandshake) {
  for (const Leg leg : {Leg::kSource, Leg::kSink}) {
    for (const bool by_reset : {false, true}) {
      OpenAgain();
      OpenTheWay();
      Peer& peer = leg == Leg::kSource ? source_peer_ : sink_peer_;
      if (peer.ssl == nullptr) continue;
      Start({.tolerate_missing_close_notify = true});
      // What a ClientHello begins with; as much of a ServerHello.
      ASSERT_EQ(SendOutside(peer.socket, absl::string_view("\x16\x03", 2)), 2u);
      Settle(loop_);
      EXPECT_EQ(loop_.live_timers(), 1);
      if (by_reset) {
        peer.socket.Reset();
      } else {
        peer.socket.ShutdownWrite();
      }
      ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
      ExpectBroken(leg, absl::StatusCode::kUnauthenticated,
                   by_reset ? "TLS handshake: receive: Connection reset by peer"
                            : "TLS handshake: the peer closed the connection");
    }
  }
}

TEST_P(TlsRelayWaysTest, WhatIsNotTls) {
  for (const Leg leg : {Leg::kSource, Leg::kSink}) {
    OpenAgain();
    OpenTheWay();
    Peer& peer = leg == Leg::kSource ? source_peer_ : sink_peer_;
    if (peer.ssl == nullptr) continue;
    Start();
    SendOutside(peer.socket, "drwxr-xr-x 1 ftp ftp 0 Jan 1 00:00 pub\r\n");
    ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
    ExpectBroken(leg, absl::StatusCode::kUnauthenticated, "TLS handshake: ");
    EXPECT_EQ(moved_, 0);
  }
}

TEST_P(TlsRelayWaysTest, ASilentPeerIsNotTimedHere) {
  OpenTheWay();
  Start();
  Settle(loop_);
  EXPECT_EQ(loop_.live_timers(), 0);
  DriveUntil(
      [&] { return source_peer_.is_secured() && sink_peer_.is_secured(); });
  Settle(loop_);
  EXPECT_EQ(loop_.live_timers(), 0);
}

TEST_P(TlsRelayWaysTest, ASourceThatEndsWithoutSaying) {
  if (TheWay().source == Kind::kClear) return;
  for (const bool tolerates : {false, true}) {
    OpenAgain();
    OpenTheWay();
    Start({.tolerate_missing_close_notify = tolerates});
    source_peer_.to_send = Pattern(1000);
    source_peer_.end = Peer::End::kFin;
    DriveUntilOver();
    if (tolerates) {
      EXPECT_EQ(done_, 1) << status_;
      EXPECT_EQ(moved_, 1000);
      DriveUntil([&] { return sink_peer_.has_ended(); });
      EXPECT_TRUE(sink_peer_.bytes() == Pattern(1000));
    } else {
      ExpectBroken(Leg::kSource, absl::StatusCode::kDataLoss,
                   "ended without close_notify");
      sink_peer_.Drive();
      EXPECT_FALSE(sink_peer_.received.finished);
    }
  }
}

// The file may have come with the handshake's last message.
TEST_P(TlsRelayWaysTest, TheSourceIsAheadOfTheSink) {
  OpenTheWay();
  Start();
  source_peer_.to_send = Pattern(1000);
  EndSource();
  for (int i = 0; i < 10; ++i) {
    source_peer_.Drive();
    Settle(loop_);
  }
  EXPECT_TRUE(source_peer_.is_secured());
  EXPECT_EQ(IsOver(), sink_peer_.ssl == nullptr);
  DriveUntil([&] { return IsOver() && sink_peer_.has_ended(); });
  EXPECT_EQ(done_, 1);
  EXPECT_TRUE(sink_peer_.bytes() == Pattern(1000));
}

TEST_F(TlsRelayTest, NothingOfTheSourceIsReadBeforeTheSinkIsSecured) {
  Open(Kind::kServer, Kind::kClient, TLS1_3_VERSION, 64 * 1024);
  Start();
  const std::string bytes = Pattern(4 * 1024 * 1024);
  source_peer_.to_send = bytes;
  int turns_at_rest = 0;
  while (turns_at_rest < 100) {
    turns_at_rest = source_peer_.Drive() ? 0 : turns_at_rest + 1;
    loop_.RunOnce(absl::ZeroDuration());
  }
  EXPECT_EQ(relay_->bytes_moved(), 0);
  EXPECT_FALSE(source_peer_.has_sent_all());
  EndSource();
  ExpectWhole(bytes);
}

TEST_F(TlsRelayTest, KeysMayChange) {
  Open(Kind::kServer, Kind::kClient, TLS1_3_VERSION);
  Start();
  std::string all;
  for (int i = 0; i < 10; ++i) {
    DriveUntil(
        [&] { return source_peer_.is_secured() && sink_peer_.is_secured(); });
    SSL_key_update(source_peer_.ssl.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_key_update(sink_peer_.ssl.get(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(sink_peer_.ssl.get());
    source_peer_.to_send = Pattern(100'000);
    all += Pattern(100'000);
    DriveUntil([&] { return sink_peer_.bytes() == all; });
  }
  EndSource();
  ExpectWhole(all);
}

// The kernel tells of a reset once, and here it tells those who send tickets:
// what the next receive says looks like a FIN.
TEST_F(TlsRelayTest, AResetThatTheTicketsMeet) {
  Open(Kind::kServer, Kind::kClear, TLS1_3_VERSION);
  Start({.tolerate_missing_close_notify = true});
  source_peer_.to_send = "x";
  DriveUntil([&] { return source_peer_.is_secured(); });
  source_peer_.socket.Reset();
  DriveUntilOver();
  ExpectBroken(Leg::kSource, absl::StatusCode::kUnavailable,
               "send: Connection reset by peer");
}

TEST_F(TlsRelayTest, ASinksPeerThatSends) {
  Open(Kind::kClear, Kind::kServer);
  Start();
  DriveUntil([&] { return sink_peer_.is_secured(); });
  sink_peer_.to_send = Pattern(500'000);
  source_peer_.to_send = "x";
  DriveUntil([&] { return sink_peer_.bytes() == "x"; });
  EXPECT_FALSE(IsOver());
  sink_peer_.to_send = Pattern(700'000);
  DriveUntilOver();
  ExpectBroken(Leg::kSink, absl::StatusCode::kUnavailable, "receiver");
}

TEST_F(TlsRelayTest, GarbageBehindTheHandshake) {
  Open(Kind::kServer, Kind::kClear);
  Start();
  source_peer_.to_send = "x";
  DriveUntil([&] { return sink_peer_.bytes() == "x"; });
  SendOutside(source_peer_.socket, Pattern(1000));
  DriveUntilOver();
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(leg_, Leg::kSource);
  EXPECT_EQ(status_.code(), absl::StatusCode::kAborted) << status_;
  // The alert.
  source_peer_.Drive();
  EXPECT_TRUE(source_peer_.failed);
}

TEST_F(TlsRelayTest, AFailedHandshakeIsToldToItsPeer) {
  Open(Kind::kServer, Kind::kClear);
  Start();
  SendOutside(source_peer_.socket,
              absl::string_view("\x16\x03\x01\0\x05hello", 10));
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  Received received;
  ReceiveOutside(source_peer_.socket, &received);
  ASSERT_GE(received.bytes.size(), 7u);
  EXPECT_EQ(received.bytes[0], 21);  // RFC 8446 §5.1: alert
}

TEST_F(TlsRelayTest, ACertificateThatIsNotTrusted) {
  Open(Kind::kClear, Kind::kClient);
  sink_engine_ =
      TlsEngine::Client(World::Get().client, {.server_name = "elsewhere"});
  Start();
  DriveUntilOver();
  ExpectBroken(Leg::kSink, absl::StatusCode::kUnauthenticated,
               "TLS handshake: ");
  sink_peer_.Drive();
  EXPECT_TRUE(sink_peer_.failed);
}

class TlsRelaySessionTest : public TlsRelayTest,
                            public ::testing::WithParamInterface<int> {
 protected:
  void OpenWithTicketOf(uint64_t session, Leg leg) {
    Open(leg == Leg::kSource ? Kind::kServer : Kind::kClear,
         leg == Leg::kSink ? Kind::kServer : Kind::kClear, GetParam());
    Peer& peer = leg == Leg::kSource ? source_peer_ : sink_peer_;
    if (session == 0) return;
    const SslSession ticket = TicketOf(session, GetParam());
    ASSERT_EQ(SSL_set_session(peer.ssl.get(), ticket.get()), 1);
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, TlsRelaySessionTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(TlsRelaySessionTest, ItsOwnTicketIsTaken) {
  for (const Leg leg : {Leg::kSource, Leg::kSink}) {
    OpenAgain();
    OpenWithTicketOf(7, leg);
    Start({.session = 7, .must_resume = true});
    SendThrough(Pattern(1000));
  }
}

TEST_P(TlsRelaySessionTest, AForeignTicketIsRefusedWithoutAWord) {
  for (const Leg leg : {Leg::kSource, Leg::kSink}) {
    OpenAgain();
    OpenWithTicketOf(8, leg);
    Start({.session = 7});
    Peer& peer = leg == Leg::kSource ? source_peer_ : sink_peer_;
    DriveUntilOver();
    ExpectBroken(leg, absl::StatusCode::kPermissionDenied,
                 "resumes the TLS session of another control connection");
    EXPECT_EQ(moved_, 0);
    Received received;
    ReceiveOutside(peer.socket, &received);
    EXPECT_EQ(received.bytes, "");
  }
}

TEST_P(TlsRelaySessionTest, AnyTicketWhenNothingIsAsked) {
  OpenWithTicketOf(8, Leg::kSink);
  Start();
  SendThrough(Pattern(1000));
}

TEST_P(TlsRelaySessionTest, NoTicketWillDoIfItNeedNotResume) {
  OpenWithTicketOf(0, Leg::kSource);
  Start({.session = 7});
  SendThrough(Pattern(1000));
}

TEST_P(TlsRelaySessionTest, WhatMustResumeDoes) {
  for (const Leg leg : {Leg::kSource, Leg::kSink}) {
    OpenAgain();
    OpenWithTicketOf(0, leg);
    Start({.session = 7, .must_resume = true});
    source_peer_.to_send = "x";
    DriveUntilOver();
    ExpectBroken(leg, absl::StatusCode::kPermissionDenied,
                 "does not resume the TLS session of its control connection");
    EXPECT_EQ(moved_, 0);
  }
}

// A worker reads the ClientHello of a connection to find its session.
TEST_P(TlsRelaySessionTest, AnEngineThatHasReadTheClientHello) {
  OpenWithTicketOf(7, Leg::kSource);
  source_peer_.Drive();
  Received hello;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(source_, &hello);
    return !hello.bytes.empty();
  }));
  source_engine_->Feed(hello.bytes);
  char buffer[100];
  ASSERT_EQ(source_engine_->Read(absl::MakeSpan(buffer)).value(), 0u);
  ASSERT_EQ(source_engine_->ticket_session(), 7u);
  Start({.session = 7, .must_resume = true});
  EXPECT_EQ(loop_.live_timers(), 1);
  SendThrough(Pattern(1000));
}

// What is asked of clients is not asked of the backend's certificate.
TEST_P(TlsRelaySessionTest, ABackendNeedNotResume) {
  Open(Kind::kClear, Kind::kClient, GetParam());
  Start({.session = 7, .must_resume = true});
  SendThrough(Pattern(1000));
}

}  // namespace
}  // namespace pinnace::tls
