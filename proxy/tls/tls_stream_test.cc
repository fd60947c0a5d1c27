#include "proxy/tls/tls_stream.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/io/testing_loopback.h"
#include "tests/support/test_authority.h"

namespace pinnace::tls {
namespace {

using io::Pattern;
using io::Received;
using io::ReceiveOutside;
using io::SendOutside;
using io::Settle;
using ::pinnace::testing::TestAuthority;

// The client at the other end of the socket, driven by hand.
class FarEnd {
 public:
  FarEnd(io::Socket socket, std::unique_ptr<TlsEngine> end)
      : end(std::move(end)), socket(std::move(socket)) {}

  void Turn() {
    Read();
    Received incoming;
    ReceiveOutside(socket, &incoming);
    finished |= incoming.finished;
    error = incoming.error != 0 ? incoming.error : error;
    if (in_clear) {
      clear += incoming.bytes;
    } else {
      end->Feed(incoming.bytes);
      Read();
    }
    Send();
  }
  // What the engine has to say, and `more` behind it, in one segment.
  void Send(absl::string_view more = "") {
    end->output().append(more.data(), more.size());
    end->output().erase(0, SendOutside(socket, end->output()));
  }

  std::unique_ptr<TlsEngine> end;
  io::Socket socket;
  std::string received;
  std::string clear;
  bool in_clear = false;
  bool finished = false;
  int error = 0;

 private:
  void Read() {
    char buffer[16 * 1024];
    while (true) {
      const absl::StatusOr<size_t> size = end->Read(absl::MakeSpan(buffer));
      if (!size.ok() || *size == 0) return;
      received.append(buffer, *size);
    }
  }
};

class TlsStreamTest : public ::testing::Test {
 protected:
  TlsStreamTest() {
    const TestAuthority::Files files = authority_.Issue(
        "gateway", {.common_name = "gateway", .names = "DNS:ftp.example.com"});
    server_ = *ServerContext::Load({.certificates = {{files.cert, files.key}}});
    client_ = *ClientContext::Load({.ca = authority_.ca_file()});
  }
  void TearDown() override {
    stream_.reset();
    loop_.CloseLingering();
    EXPECT_EQ(loop_.live_watches(), 0);
    EXPECT_EQ(loop_.live_timers(), 0);
  }

  std::unique_ptr<TlsEngine> NewClient() {
    return TlsEngine::Client(client_, {.server_name = "ftp.example.com"});
  }
  std::unique_ptr<TlsStream> NewStream(io::Socket socket,
                                       std::unique_ptr<TlsEngine> engine,
                                       absl::string_view first = "") {
    auto inner =
        std::make_unique<io::TcpStream>(loop_, std::move(socket), &owner_);
    inner->Write(first);
    return std::make_unique<TlsStream>(loop_, std::move(inner),
                                       std::move(engine), &owner_, [this] {
                                         ++secured_;
                                         if (on_secured_) on_secured_();
                                       });
  }
  void Open(int send_buffer_bytes = 0, absl::string_view first = "") {
    io::Pair pair = io::Connect();
    if (send_buffer_bytes > 0) {
      io::ShrinkSendBuffer(pair.near, send_buffer_bytes);
    }
    stream_ = NewStream(std::move(pair.near),
                        TlsEngine::Server(server_, {.session = 1}), first);
    far_ = std::make_unique<FarEnd>(std::move(pair.far), NewClient());
  }
  template <typename Done>
  [[nodiscard]] bool TurnUntil(const Done& done) {
    return io::TurnUntil(loop_, [&] {
      far_->Turn();
      return done();
    });
  }
  void Secure() {
    ASSERT_TRUE(
        TurnUntil([&] { return secured_ == 1 && far_->end->is_secured(); }));
  }
  bool IsEnded() const { return !owner_.ends.empty(); }

  TestAuthority authority_{"authority"};
  std::shared_ptr<const ServerContext> server_;
  std::shared_ptr<const ClientContext> client_;
  io::Loop loop_;
  io::RecordingOwner owner_;
  std::unique_ptr<TlsStream> stream_;
  std::unique_ptr<FarEnd> far_;
  int secured_ = 0;
  std::function<void()> on_secured_;
};

TEST_F(TlsStreamTest, Dialogue) {
  Open();
  EXPECT_EQ(loop_.live_timers(), 1);
  stream_->Write("too early");
  Secure();
  EXPECT_EQ(loop_.live_timers(), 0);
  EXPECT_TRUE(far_->end->Write("USER anna\r\n").ok());
  ASSERT_TRUE(TurnUntil([&] { return !owner_.received.empty(); }));
  EXPECT_EQ(owner_.received, "USER anna\r\n");
  stream_->Write("331 password\r\n");
  ASSERT_TRUE(TurnUntil([&] { return !far_->received.empty(); }));
  EXPECT_EQ(far_->received, "331 password\r\n");
  EXPECT_EQ(secured_, 1);
  EXPECT_FALSE(IsEnded());
}

TEST_F(TlsStreamTest, StreamToStream) {
  io::Pair pair = io::Connect();
  stream_ = NewStream(std::move(pair.near),
                      TlsEngine::Server(server_, {.session = 1}));
  std::unique_ptr<TlsStream> backend =
      NewStream(std::move(pair.far), NewClient());
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return secured_ == 2; }));
  backend->Write("USER anna\r\n");
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return !owner_.received.empty(); }));
  EXPECT_EQ(owner_.received, "USER anna\r\n");
  EXPECT_EQ(backend->engine().facts().subject, "gateway");
}

TEST_F(TlsStreamTest, WhatWasSaidInClearGoesFirst) {
  Open(0, "234 go ahead\r\n");
  ASSERT_TRUE(io::TurnUntil(loop_, [&] {
    Received received;
    ReceiveOutside(far_->socket, &received, 14);
    far_->clear += received.bytes;
    return far_->clear.size() == 14;
  }));
  EXPECT_EQ(far_->clear, "234 go ahead\r\n");
  Secure();
}

TEST_F(TlsStreamTest, APausedStreamIsTakenOver) {
  io::Pair pair = io::Connect();
  auto inner =
      std::make_unique<io::TcpStream>(loop_, std::move(pair.near), &owner_);
  inner->PauseReading();
  far_ = std::make_unique<FarEnd>(std::move(pair.far), NewClient());
  far_->Turn();
  Settle(loop_);
  stream_ = std::make_unique<TlsStream>(
      loop_, std::move(inner), TlsEngine::Server(server_, {.session = 1}),
      &owner_, [this] { ++secured_; });
  Secure();
}

TEST_F(TlsStreamTest, BigWritesArriveAndDrainOnce) {
  Open(4096);
  Secure();
  std::string expected;
  const std::string block = Pattern(100'000);
  while (expected.size() < 1'000'000 || stream_->unsent_bytes() == 0) {
    stream_->Write(block);
    expected += block;
  }
  EXPECT_EQ(owner_.drained, 0);
  ASSERT_TRUE(TurnUntil([&] { return owner_.drained > 0; }));
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
  ASSERT_TRUE(
      TurnUntil([&] { return far_->received.size() == expected.size(); }));
  EXPECT_EQ(far_->received, expected);
  EXPECT_EQ(owner_.drained, 1);
}

TEST_F(TlsStreamTest, PauseInsideOnBytesKeepsTheRest) {
  Open();
  Secure();
  owner_.on_bytes = [&] { stream_->PauseReading(); };
  for (const char* command : {"one", "two", "three"}) {
    EXPECT_TRUE(far_->end->Write(command).ok());
  }
  far_->end->CloseNotify();
  far_->Send();
  ASSERT_TRUE(TurnUntil([&] { return !owner_.received.empty(); }));
  Settle(loop_);
  EXPECT_EQ(owner_.received, "one");
  stream_->ResumeReading();
  EXPECT_EQ(owner_.received, "one");  // Never inside the call.
  stream_->PauseReading();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "one");
  stream_->ResumeReading();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "onetwo");
  stream_->ResumeReading();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "onetwothree");
  EXPECT_FALSE(IsEnded());
  stream_->ResumeReading();
  Settle(loop_);
  ASSERT_TRUE(IsEnded());
  EXPECT_TRUE(owner_.ends[0].ok());
}

TEST_F(TlsStreamTest, APauseDoesNotHoldUpTheHandshake) {
  Open();
  stream_->PauseReading();
  Secure();
  EXPECT_TRUE(far_->end->Write("USER anna\r\n").ok());
  far_->Send();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "");
  stream_->ResumeReading();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "USER anna\r\n");
}

TEST_F(TlsStreamTest, PauseInSecured) {
  Open();
  on_secured_ = [&] { stream_->PauseReading(); };
  // The client's first command is in the segment of its Finished.
  ASSERT_TRUE(io::TurnUntil(loop_, [&] {
    Received received;
    ReceiveOutside(far_->socket, &received);
    far_->end->Feed(received.bytes);
    EXPECT_TRUE(far_->end->Read({}).ok());
    if (far_->end->is_secured()) {
      EXPECT_TRUE(far_->end->Write("USER anna\r\n").ok());
    }
    far_->Send();
    return far_->end->is_secured();
  }));
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return secured_ == 1; }));
  Settle(loop_);
  EXPECT_EQ(owner_.received, "");
  stream_->ResumeReading();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "USER anna\r\n");
}

TEST_F(TlsStreamTest, FinInTheHandshake) {
  Open();
  far_->Turn();
  far_->socket.ShutdownWrite();
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return IsEnded(); }));
  EXPECT_EQ(owner_.ends[0], absl::UnavailableError("TLS handshake: the peer "
                                                   "closed the connection"));
  stream_->Write("421 bye\r\n");
  EXPECT_EQ(secured_, 0);
  EXPECT_EQ(loop_.live_timers(), 0);
}

TEST_F(TlsStreamTest, ResetInTheHandshake) {
  Open();
  far_->socket.Reset();
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return IsEnded(); }));
  EXPECT_EQ(owner_.ends[0].message(),
            "TLS handshake: receive: Connection reset by peer");
}

TEST_F(TlsStreamTest, ABadHandshakeIsToldByAnAlert) {
  Open();
  owner_.on_end = [&] {
    io::FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  };
  SendOutside(far_->socket,
              absl::string_view("\x16\x03\x01\x00\x05\x01\x00\x00\x01x", 10));
  Received received;
  ASSERT_TRUE(io::TurnUntil(loop_, [&] {
    ReceiveOutside(far_->socket, &received);
    return received.finished;
  }));
  EXPECT_EQ(owner_.ends[0].code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(
      absl::StartsWith(owner_.ends[0].message(), "TLS handshake: length"))
      << owner_.ends[0];
  ASSERT_EQ(received.bytes.size(), 7u);
  EXPECT_EQ(received.bytes[0], '\x15');
}

TEST_F(TlsStreamTest, FinWithoutCloseNotifyIsAnEnd) {
  Open();
  Secure();
  EXPECT_TRUE(far_->end->Write("QUIT\r\n").ok());
  far_->Send();
  far_->socket.ShutdownWrite();
  ASSERT_TRUE(TurnUntil([&] { return IsEnded(); }));
  EXPECT_TRUE(owner_.ends[0].ok());
  EXPECT_EQ(owner_.received, "QUIT\r\n");
  stream_->Write("221 bye\r\n");
  ASSERT_TRUE(TurnUntil([&] { return far_->received == "221 bye\r\n"; }));
}

TEST_F(TlsStreamTest, CloseNotifyIsAnEndAndIsAnswered) {
  Open();
  Secure();
  EXPECT_TRUE(far_->end->Write("QUIT\r\n").ok());
  far_->end->CloseNotify();
  far_->Send();
  ASSERT_TRUE(TurnUntil([&] { return IsEnded(); }));
  EXPECT_TRUE(owner_.ends[0].ok());
  EXPECT_EQ(owner_.received, "QUIT\r\n");
  stream_->Write("221-bye\r\n");
  stream_->WriteLast("221 bye\r\n");
  io::FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  ASSERT_TRUE(TurnUntil([&] { return far_->finished; }));
  EXPECT_EQ(far_->received, "221-bye\r\n221 bye\r\n");
  EXPECT_TRUE(far_->end->peer_closed());
  far_->socket.ShutdownWrite();
  ASSERT_TRUE(
      io::TurnUntil(loop_, [&] { return loop_.live_lingering() == 0; }));
  EXPECT_EQ(owner_.ends.size(), 1u);
}

TEST_F(TlsStreamTest, FinishFlushesAllAndSaysCloseNotify) {
  Open(4096);
  Secure();
  const std::string block = Pattern(64 * 1024);
  size_t written = 0;
  while (stream_->unsent_bytes() == 0) {
    stream_->Write(block);
    written += block.size();
  }
  io::FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  ASSERT_TRUE(TurnUntil([&] { return far_->finished; }));
  EXPECT_EQ(far_->received.size(), written);
  EXPECT_TRUE(far_->end->peer_closed());
}

TEST_F(TlsStreamTest, ABrokenRecordIsTold) {
  Open();
  Secure();
  EXPECT_TRUE(far_->end->Write("STOR x\r\n").ok());
  far_->end->output()[8] ^= 1;
  far_->Send();
  ASSERT_TRUE(TurnUntil([&] { return IsEnded(); }));
  EXPECT_EQ(owner_.ends[0].message(),
            "TLS: decryption failed or bad record mac");
  stream_->Write("500 what?\r\n");
  Settle(loop_);
  far_->Turn();
  EXPECT_EQ(far_->received, "");
}

TEST_F(TlsStreamTest, ResetAborts) {
  Open();
  Secure();
  stream_->Reset();
  ASSERT_TRUE(TurnUntil([&] { return far_->error != 0; }));
  EXPECT_EQ(far_->error, ECONNRESET);
  stream_->Write("nothing");
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
  EXPECT_FALSE(IsEnded());
}

TEST_F(TlsStreamTest, StopTls) {
  Open();
  Secure();
  std::unique_ptr<io::TcpStream> clear;
  io::RecordingOwner clear_owner;
  std::string behind;
  owner_.on_bytes = [&] {
    stream_->Write("200 clear now\r\n");
    stream_->StopTls(
        [&](std::unique_ptr<io::TcpStream> inner, absl::string_view bytes) {
          clear = std::move(inner);
          clear->set_owner(&clear_owner);
          behind = std::string(bytes);
          stream_.reset();
        });
    stream_->Write("never sent");
  };
  EXPECT_TRUE(far_->end->Write("CCC\r\n").ok());
  ASSERT_TRUE(TurnUntil([&] { return far_->end->peer_closed(); }));
  EXPECT_EQ(far_->received, "200 clear now\r\n");
  EXPECT_EQ(clear, nullptr);
  far_->in_clear = true;
  EXPECT_TRUE(far_->end->Write("dropped").ok());
  far_->end->CloseNotify();
  far_->Send("USER anna\r\n");
  ASSERT_TRUE(TurnUntil([&] { return clear != nullptr; }));
  EXPECT_EQ(behind, "USER anna\r\n");
  EXPECT_EQ(owner_.received, "CCC\r\n");
  clear->Write("331 password\r\n");
  SendOutside(far_->socket, "PASS x\r\n");
  ASSERT_TRUE(TurnUntil([&] { return !clear_owner.received.empty(); }));
  EXPECT_EQ(clear_owner.received, "PASS x\r\n");
  ASSERT_TRUE(TurnUntil([&] { return far_->clear == "331 password\r\n"; }));
  EXPECT_TRUE(owner_.ends.empty());
}

TEST_F(TlsStreamTest, StopTlsOfAPeerThatWasFaster) {
  Open();
  Secure();
  owner_.on_bytes = [&] { stream_->PauseReading(); };
  EXPECT_TRUE(far_->end->Write("REIN\r\n").ok());
  far_->end->CloseNotify();
  far_->Send("AUTH TLS\r\n");
  ASSERT_TRUE(TurnUntil([&] { return !owner_.received.empty(); }));
  Settle(loop_);
  std::string behind;
  stream_->StopTls(
      [&](std::unique_ptr<io::TcpStream> inner, absl::string_view bytes) {
        behind = std::string(bytes);
      });
  EXPECT_EQ(behind, "");  // Never inside the call.
  ASSERT_TRUE(TurnUntil([&] { return !behind.empty(); }));
  EXPECT_EQ(behind, "AUTH TLS\r\n");
  // There is nothing in it any more.
  stream_->Write("x");
  stream_->PauseReading();
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
}

TEST_F(TlsStreamTest, StopTlsOfAPeerThatGoes) {
  Open();
  Secure();
  stream_->StopTls(
      [](std::unique_ptr<io::TcpStream>, absl::string_view) { FAIL(); });
  far_->socket.ShutdownWrite();
  ASSERT_TRUE(TurnUntil([&] { return IsEnded(); }));
  EXPECT_TRUE(owner_.ends[0].ok());
  stream_->Write("x");
}

// A client that says REIN and QUIT, ends, and is answered late.
TEST_F(TlsStreamTest, StopTlsBehindTheEndIsAnotherEnd) {
  Open();
  Secure();
  far_->end->CloseNotify();
  far_->Send("");
  ASSERT_TRUE(TurnUntil([&] { return IsEnded(); }));
  EXPECT_TRUE(owner_.ends[0].ok());
  stream_->StopTls(
      [](std::unique_ptr<io::TcpStream>, absl::string_view) { FAIL(); });
  ASSERT_TRUE(TurnUntil([&] { return owner_.ends.size() == 2; }));
  EXPECT_FALSE(owner_.ends[1].ok());
}

TEST_F(TlsStreamTest, MayBeDestroyedInSecured) {
  Open();
  on_secured_ = [&] { stream_.reset(); };
  ASSERT_TRUE(TurnUntil([&] { return stream_ == nullptr; }));
}

TEST_F(TlsStreamTest, MayBeDestroyedInOnBytes) {
  Open();
  Secure();
  owner_.on_bytes = [&] { stream_.reset(); };
  EXPECT_TRUE(far_->end->Write("a").ok());
  EXPECT_TRUE(far_->end->Write("b").ok());
  ASSERT_TRUE(TurnUntil([&] { return stream_ == nullptr; }));
  EXPECT_EQ(owner_.received, "a");
}

TEST_F(TlsStreamTest, MayBeResetInOnBytes) {
  Open();
  Secure();
  owner_.on_bytes = [&] { stream_->Reset(); };
  EXPECT_TRUE(far_->end->Write("a").ok());
  EXPECT_TRUE(far_->end->Write("b").ok());
  ASSERT_TRUE(TurnUntil([&] { return far_->error != 0; }));
  EXPECT_EQ(owner_.received, "a");
  EXPECT_FALSE(IsEnded());
}

TEST_F(TlsStreamTest, MayBeDestroyedInOnEnd) {
  Open();
  owner_.on_end = [&] { stream_.reset(); };
  SendOutside(far_->socket, "no TLS");
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return stream_ == nullptr; }));
}

TEST_F(TlsStreamTest, MayBeDestroyedInOnDrained) {
  Open(4096);
  Secure();
  owner_.on_drained = [&] { stream_.reset(); };
  while (stream_->unsent_bytes() == 0) stream_->Write(Pattern(64 * 1024));
  ASSERT_TRUE(TurnUntil([&] { return stream_ == nullptr; }));
}

TEST_F(TlsStreamTest, APeerThatDoesNotReadIsNotHeard) {
  Open(4096);
  Secure();
  // The kernel takes some more when it has looked at what it has.
  while (stream_->unsent_bytes() <= 4 * limits::kMaxUnsentBytes) {
    stream_->Write(Pattern(64 * 1024));
    Settle(loop_);
  }
  EXPECT_TRUE(far_->end->Write("one").ok());
  far_->Send();
  ASSERT_TRUE(io::TurnUntil(loop_, [&] { return owner_.received == "one"; }));
  EXPECT_TRUE(far_->end->Write("two").ok());
  far_->Send();
  stream_->ResumeReading();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "one");
  ASSERT_TRUE(TurnUntil([&] { return owner_.received == "onetwo"; }));
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
}

}  // namespace
}  // namespace pinnace::tls
