#include "proxy/io/relay.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/io/tcp_stream.h"
#include "proxy/io/testing_loopback.h"
#include "proxy/io/testing_segments.h"
#include "proxy/rates/pacer.h"

namespace pinnace::io {
namespace {

class RelayTest : public testing::Test, public Relay::Owner {
 protected:
  void Open(int send_buffer_bytes = 0) {
    Pair source = Connect(), sink = Connect();
    if (send_buffer_bytes > 0) {
      ShrinkSendBuffer(source.far, send_buffer_bytes);
      ShrinkSendBuffer(sink.near, send_buffer_bytes);
    }
    source_ = std::move(source.near);
    source_peer_ = std::move(source.far);
    sink_ = std::move(sink.near);
    sink_peer_ = std::move(sink.far);
    source_watch_ = loop_.WatchSocket(source_.fd(), nullptr, Priority::kBulk);
    sink_watch_ = loop_.WatchSocket(sink_.fd(), nullptr, Priority::kBulk);
  }
  void Start(const Relay::Options& options = {}) {
    relay_ = std::make_unique<Relay>(
        loop_, pipes_, Relay::End{&source_, source_watch_.get()},
        Relay::End{&sink_, sink_watch_.get()}, options, this);
  }
  void OnSourceEnded(int64_t bytes) override {
    ++ended_;
    moved_ = bytes;
    if (destroy_at_end_) relay_.reset();
  }
  void OnRelayDone(int64_t bytes) override {
    ++done_;
    moved_ = bytes;
    if (destroy_at_end_) relay_.reset();
  }
  void OnRelayBroken(Relay::Leg leg, const absl::Status& status,
                     int64_t bytes) override {
    ++broken_;
    leg_ = leg;
    status_ = status;
    moved_ = bytes;
    if (destroy_at_end_) relay_.reset();
  }
  bool IsOver() const { return done_ + broken_ > 0; }
  // Sends `bytes` and FIN through; what the sink's peer takes at a time.
  Received Transfer(const std::string& bytes, size_t take = 1 << 30) {
    Received received;
    size_t sent = 0;
    EXPECT_TRUE(TurnUntil(loop_, [&] {
      if (sent < bytes.size()) {
        sent +=
            SendOutside(source_peer_, absl::string_view(bytes).substr(sent));
      }
      if (sent == bytes.size()) source_peer_.ShutdownWrite();
      ReceiveOutside(sink_peer_, &received, take);
      return received.finished && IsOver();
    }));
    return received;
  }
  void TearDown() override {
    relay_.reset();
    source_watch_.reset();
    sink_watch_.reset();
    EXPECT_EQ(loop_.live_watches(), 0);
  }

  Loop loop_;
  PipePool pipes_;
  Socket source_, source_peer_, sink_, sink_peer_;
  std::unique_ptr<Loop::Watch> source_watch_, sink_watch_;
  std::unique_ptr<Relay> relay_;
  bool destroy_at_end_ = false;
  int done_ = 0, broken_ = 0, ended_ = 0;
  int64_t moved_ = -1;
  Relay::Leg leg_ = Relay::Leg::kSource;
  absl::Status status_;
};

class RelaySizeTest : public RelayTest,
                      public testing::WithParamInterface<size_t> {};

TEST_P(RelaySizeTest, MovesEveryByteAndTheFin) {
  Open();
  Start();
  const std::string bytes = Pattern(GetParam());
  const Received received = Transfer(bytes);
  EXPECT_EQ(received.bytes.size(), bytes.size());
  EXPECT_TRUE(received.bytes == bytes);
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(broken_, 0);
  EXPECT_EQ(moved_, static_cast<int64_t>(bytes.size()));
  EXPECT_LE(pipes_.idle_pipes(), 1u);
}

TEST_P(RelaySizeTest, EverythingWaitsBeforeItStarts) {
  Open();
  const std::string bytes = Pattern(std::min<size_t>(GetParam(), 200'000));
  ASSERT_EQ(SendOutside(source_peer_, bytes), bytes.size());
  source_peer_.ShutdownWrite();
  Settle(loop_);
  Start();
  EXPECT_EQ(done_, 0);
  const Received received = Transfer(bytes.substr(bytes.size()));
  EXPECT_TRUE(received.bytes == bytes);
  EXPECT_EQ(done_, 1);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RelaySizeTest,
                         testing::Values(0, 1, 1024, 64 * 1024 - 1, 64 * 1024,
                                         64 * 1024 + 1, 300'000,
                                         50 * 1024 * 1024));

TEST_P(RelaySizeTest, HoldsTheEndUntilItIsToldTo) {
  Open();
  Start({.at_end = Relay::AtEnd::kHold});
  const std::string bytes = Pattern(GetParam());
  Received received, at_source;
  size_t sent = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    sent += SendOutside(source_peer_, absl::string_view(bytes).substr(sent));
    if (sent == bytes.size()) source_peer_.ShutdownWrite();
    ReceiveOutside(sink_peer_, &received);
    ReceiveOutside(source_peer_, &at_source);
    return ended_ == 1 && received.bytes.size() == bytes.size() &&
           at_source.finished;
  }));
  EXPECT_EQ(moved_, static_cast<int64_t>(bytes.size()));
  EXPECT_TRUE(received.bytes == bytes);
  Settle(loop_);
  ReceiveOutside(sink_peer_, &received);
  EXPECT_FALSE(received.finished);
  EXPECT_FALSE(IsOver());
  EXPECT_EQ(ended_, 1);

  relay_->PassEnd();
  EXPECT_FALSE(IsOver());
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(sink_peer_, &received);
    return received.finished && IsOver();
  }));
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(moved_, static_cast<int64_t>(bytes.size()));
}

TEST_F(RelayTest, ASinkThatBreaksWhileTheEndIsHeld) {
  Open();
  Start({.at_end = Relay::AtEnd::kHold});
  source_peer_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return ended_ == 1; }));
  sink_peer_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(leg_, Relay::Leg::kSink);
}

TEST_F(RelayTest, MayGoWhenTheSourceHasEnded) {
  Open();
  Start({.at_end = Relay::AtEnd::kHold});
  destroy_at_end_ = true;
  ASSERT_EQ(SendOutside(source_peer_, "some"), 4u);
  source_peer_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return ended_ == 1; }));
  EXPECT_EQ(relay_, nullptr);
  EXPECT_EQ(moved_, 4);
}

TEST_F(RelayTest, TheEndMayBePassedBeforeItHasCome) {
  Open();
  Start({.at_end = Relay::AtEnd::kHold});
  relay_->PassEnd();
  const Received received = Transfer(Pattern(100'000));
  EXPECT_EQ(received.bytes.size(), 100'000u);
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(ended_, 0);
}

TEST_P(RelaySizeTest, AllowsJustSoMany) {
  if (GetParam() == 0) return;
  const auto size = static_cast<int64_t>(GetParam());
  Open();
  Start({.max_bytes = size});
  const Received received = Transfer(Pattern(GetParam()));
  EXPECT_EQ(received.bytes.size(), GetParam());
  EXPECT_EQ(done_, 1);
}

TEST_P(RelaySizeTest, OneMoreThanAllowedBreaksIt) {
  if (GetParam() == 0) return;
  const auto size = static_cast<int64_t>(GetParam());
  Open();
  Start({.max_bytes = size});
  const std::string bytes = Pattern(GetParam() + 1);
  Received received;
  size_t sent = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    sent += SendOutside(source_peer_, absl::string_view(bytes).substr(sent));
    ReceiveOutside(sink_peer_, &received);
    return IsOver();
  }));
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(leg_, Relay::Leg::kSource);
  EXPECT_EQ(status_.code(), absl::StatusCode::kOutOfRange);
  EXPECT_LE(moved_, size);
}

// Many pieces, small enough that the test does not last.
TEST_F(RelayTest, KeepsToItsRate) {
  const auto bucket = std::make_shared<rates::RateBucket>(rates::RateLimit{
      .bytes_per_second = 2'000'000, .burst_bytes = 64 * 1024});
  rates::Pacer pacer({bucket});
  Open();
  Start({.pacer = &pacer});
  const std::string bytes = Pattern(500'000);
  const absl::Time before = loop_.now();
  const Received received = Transfer(bytes);
  EXPECT_TRUE(received.bytes == bytes);
  EXPECT_EQ(done_, 1);
  // 434 KB in time, the last piece of 20 KB at its begin.
  EXPECT_GT(loop_.now() - before, absl::Milliseconds(195));
}

TEST_F(RelayTest, WaitsForASlowReader) {
  Open(8192);
  Start();
  const std::string bytes = Pattern(1'000'000);
  const Received received = Transfer(bytes, 20'000);
  EXPECT_TRUE(received.bytes == bytes);
  EXPECT_EQ(done_, 1);
}

TEST_F(RelayTest, ASlowWriterIsPassedOnAtOnce) {
  Open();
  Start();
  Received received;
  for (int i = 0; i < 2000; ++i) {
    SendOutside(source_peer_, Pattern(100));
    ASSERT_TRUE(TurnUntil(loop_, [&] {
      ReceiveOutside(sink_peer_, &received);
      return received.bytes.size() == static_cast<size_t>(i + 1) * 100;
    }));
  }
  // Copied, then spliced; the pipe is not held while nothing is in it.
  EXPECT_EQ(pipes_.idle_pipes(), 1u);
  source_peer_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  EXPECT_EQ(relay_->bytes_moved(), 200'000);
}

TEST_F(RelayTest, ManySmallSegmentsDoNotLookLikeTheEnd) {
  Open();
  source_peer_.SetNoDelay();
  Start();
  const std::string bytes = Pattern(200'000);
  Received received;
  size_t sent = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    for (int i = 0; i < 1000 && sent < bytes.size(); ++i) {
      sent +=
          SendOutside(source_peer_, absl::string_view(bytes).substr(sent, 100));
    }
    if (sent == bytes.size()) source_peer_.ShutdownWrite();
    ReceiveOutside(sink_peer_, &received);
    return received.finished;
  }));
  EXPECT_TRUE(received.bytes == bytes);
}

TEST_F(RelayTest, WithoutPipesItCopies) {
  Open();
  rlimit former;
  getrlimit(RLIMIT_NOFILE, &former);
  rlimit none = former;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_FALSE(pipes_.Take().has_value());
  Start();
  const std::string bytes = Pattern(1'000'000);
  Received received;
  size_t sent = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    if (sent < bytes.size()) {
      sent += SendOutside(source_peer_, absl::string_view(bytes).substr(sent));
    }
    ReceiveOutside(sink_peer_, &received);
    return received.bytes.size() == bytes.size();
  }));
  EXPECT_EQ(pipes_.idle_pipes(), 0u);
  setrlimit(RLIMIT_NOFILE, &former);
  received.bytes += Transfer("").bytes;
  EXPECT_TRUE(received.bytes == bytes);
  EXPECT_EQ(done_, 1);
}

TEST_F(RelayTest, ASinkThatResetsWhileTheSourceIsIdle) {
  Open();
  Start();
  Settle(loop_);
  sink_peer_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(leg_, Relay::Leg::kSink);
  EXPECT_EQ(status_.message(), "send: Connection reset by peer");
  EXPECT_EQ(moved_, 0);
}

TEST_F(RelayTest, ASinkThatResetsInFullFlow) {
  Open();
  Start();
  const std::string block = Pattern(100'000);
  int64_t sent = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    sent += static_cast<int64_t>(SendOutside(source_peer_, block));
    if (sent > 3'000'000) {
      sink_peer_.Reset();
    } else {
      Received received;
      ReceiveOutside(sink_peer_, &received);
    }
    return IsOver();
  }));
  EXPECT_EQ(leg_, Relay::Leg::kSink);
  EXPECT_FALSE(status_.ok());
}

TEST_F(RelayTest, ASinkThatResetsWhileItBlocks) {
  Open(8192);
  Start();
  SendOutside(source_peer_, Pattern(100'000));
  Settle(loop_);
  sink_peer_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  EXPECT_EQ(leg_, Relay::Leg::kSink);
}

TEST_F(RelayTest, TheFinOfTheSinksPeerIsNoError) {
  Open();
  Start();
  sink_peer_.ShutdownWrite();
  Settle(loop_);
  EXPECT_FALSE(IsOver());
  const std::string bytes = Pattern(100'000);
  EXPECT_TRUE(Transfer(bytes).bytes == bytes);
  EXPECT_EQ(done_, 1);
}

TEST_F(RelayTest, AResetOfTheSourceIsNotItsEnd) {
  for (const size_t size : {0, 1000, 500'000}) {
    Open();
    Start();
    done_ = broken_ = 0;
    const std::string bytes = Pattern(size);
    Received received;
    size_t sent = 0;
    ASSERT_TRUE(TurnUntil(loop_, [&] {
      if (sent < size) {
        sent +=
            SendOutside(source_peer_, absl::string_view(bytes).substr(sent));
      }
      ReceiveOutside(sink_peer_, &received);
      return received.bytes.size() == size;
    }));
    source_peer_.Reset();
    ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
    EXPECT_EQ(broken_, 1);
    EXPECT_EQ(leg_, Relay::Leg::kSource);
    EXPECT_EQ(status_.message(), "receive: Connection reset by peer");
    EXPECT_EQ(moved_, static_cast<int64_t>(size));
    ReceiveOutside(sink_peer_, &received);
    EXPECT_FALSE(received.finished);
    relay_.reset();
    source_watch_.reset();
    sink_watch_.reset();
  }
}

TEST_F(RelayTest, BytesAndAResetThatCameBeforeItStarted) {
  Open();
  SendOutside(source_peer_, "partial");
  source_peer_.Reset();
  Settle(loop_);
  Start();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(leg_, Relay::Leg::kSource);
}

TEST_F(RelayTest, UrgentDataDoesNotCutTheFile) {
  for (const size_t before : {100, 200'000}) {
    Open();
    Start();
    done_ = 0;
    const std::string head = Pattern(before);
    Received received;
    SendOutside(source_peer_, head);
    ASSERT_TRUE(TurnUntil(loop_, [&] {
      ReceiveOutside(sink_peer_, &received);
      return received.bytes.size() == before;
    }));
    ASSERT_EQ(send(source_peer_.fd(), "!", 1, MSG_OOB), 1);
    SendOutside(source_peer_, "tail");
    source_peer_.ShutdownWrite();
    ASSERT_TRUE(TurnUntil(loop_, [&] {
      ReceiveOutside(sink_peer_, &received);
      return received.finished;
    }));
    EXPECT_TRUE(received.bytes == head + "tail");
    relay_.reset();
    source_watch_.reset();
    sink_watch_.reset();
  }
}

TEST_F(RelayTest, TheOwnerMayDestroyItWhenDone) {
  Open();
  destroy_at_end_ = true;
  Start();
  Transfer(Pattern(100'000));
  EXPECT_EQ(relay_, nullptr);
  EXPECT_EQ(done_, 1);
}

TEST_F(RelayTest, TheOwnerMayDestroyItWhenBroken) {
  for (const Relay::Leg leg : {Relay::Leg::kSource, Relay::Leg::kSink}) {
    Open();
    destroy_at_end_ = true;
    done_ = broken_ = 0;
    Start();
    (leg == Relay::Leg::kSource ? source_peer_ : sink_peer_).Reset();
    ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
    EXPECT_EQ(leg_, leg);
    source_watch_.reset();
    sink_watch_.reset();
  }
}

TEST_F(RelayTest, DestroyedWithAFullPipe) {
  Open(8192);
  Start();
  const std::string block = Pattern(100'000);
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    SendOutside(source_peer_, block);
    ReceiveOutside(sink_peer_, &received, 4000);
    return received.bytes.size() > 150'000;
  }));
  for (int i = 0; i < 20; ++i) {
    SendOutside(source_peer_, block);
    Settle(loop_);
  }
  relay_.reset();
  // A pipe that holds bytes of one transfer must not serve the next.
  EXPECT_EQ(pipes_.idle_pipes(), 0u);
}

TEST_F(RelayTest, ControlHasItsTurnBesideAnEndlessSource) {
  Open();
  Start();
  Pair control = Connect();
  RecordingOwner owner;
  TcpStream stream(loop_, std::move(control.near), &owner);
  const std::string block = Pattern(256 * 1024);
  Received received;
  for (int i = 0; i < 300; ++i) {
    SendOutside(source_peer_, block);
    received.bytes.clear();
    ReceiveOutside(sink_peer_, &received);
    SendOutside(control.far, "N");
    loop_.RunOnce(absl::ZeroDuration());
    EXPECT_EQ(owner.received.size(), static_cast<size_t>(i + 1));
  }
  EXPECT_GT(relay_->bytes_moved(), 10 * 1024 * 1024);
}

TEST_F(RelayTest, TheEndOfASmallFileTravelsWithItsBytes) {
  Open();
  ASSERT_EQ(SendOutside(source_peer_, Pattern(1024)), 1024u);
  source_peer_.ShutdownWrite();
  Settle(loop_);
  const uint32_t before = SegmentsReceived(sink_peer_.fd());
  Start();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return IsOver(); }));
  Received received;
  ReceiveOutside(sink_peer_, &received);
  EXPECT_EQ(received.bytes.size(), 1024u);
  EXPECT_TRUE(received.finished);
  EXPECT_EQ(SegmentsReceived(sink_peer_.fd()) - before, 1u);
}

TEST_F(RelayTest, GivesItsPipeBackBeforeItStandsInLine) {
  Open();
  Start();
  const std::string block = Pattern(512 * 1024);
  Received received;
  for (int i = 0; i < 100; ++i) {
    SendOutside(source_peer_, block);
    received.bytes.clear();
    loop_.RunOnce(absl::ZeroDuration());
    ReceiveOutside(sink_peer_, &received);
    loop_.RunOnce(absl::ZeroDuration());
  }
  EXPECT_GT(relay_->bytes_moved(), 1024 * 1024);
  EXPECT_EQ(pipes_.lent_pipes(), 0u);
  EXPECT_EQ(pipes_.idle_pipes(), 1u);
}

}  // namespace
}  // namespace pinnace::io
