#include "proxy/io/tcp_stream.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "proxy/base/limits.h"
#include "proxy/io/testing_loopback.h"
#include "proxy/io/testing_segments.h"

namespace pinnace::io {
namespace {

class TcpStreamTest : public testing::Test {
 protected:
  void Open(int send_buffer_bytes = 0) {
    Pair pair = Connect();
    far_ = std::move(pair.far);
    if (send_buffer_bytes > 0) {
      ShrinkSendBuffer(pair.near, send_buffer_bytes);
    }
    stream_ = std::make_unique<TcpStream>(loop_, std::move(pair.near), &owner_);
  }
  void TearDown() override {
    stream_.reset();
    loop_.CloseLingering();
    EXPECT_EQ(loop_.live_watches(), 0);
    EXPECT_EQ(loop_.live_timers(), 0);
  }
  // Fills the kernel's buffers, so that something is unsent.
  size_t WriteUntilUnsent() {
    const std::string block = Pattern(64 * 1024);
    size_t written = 0;
    while (stream_->unsent_bytes() == 0) {
      stream_->Write(block);
      written += block.size();
    }
    return written;
  }

  Loop loop_;
  RecordingOwner owner_;
  Socket far_;
  std::unique_ptr<TcpStream> stream_;
};

TEST_F(TcpStreamTest, BytesArrive) {
  Open();
  SendOutside(far_, "USER anna\r\n");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.received.empty(); }));
  EXPECT_EQ(owner_.received, "USER anna\r\n");
  SendOutside(far_, "PASS x\r\n");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return owner_.received.size() == 19; }));
}

TEST_F(TcpStreamTest, WritesAtOnce) {
  Open();
  stream_->Write("220 ready\r\n");
  Received received;
  ReceiveOutside(far_, &received);
  EXPECT_EQ(received.bytes, "220 ready\r\n");
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
}

TEST_F(TcpStreamTest, BytesThenFinInOneEvent) {
  Open();
  SendOutside(far_, "QUIT\r\n");
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_EQ(owner_.received, "QUIT\r\n");
  EXPECT_TRUE(owner_.ends[0].ok());
  Settle(loop_);
  EXPECT_EQ(owner_.ends.size(), 1u);
}

TEST_F(TcpStreamTest, CanWriteAfterThePeersFin) {
  Open();
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  stream_->Write("221 bye\r\n");
  Received received;
  ReceiveOutside(far_, &received);
  EXPECT_EQ(received.bytes, "221 bye\r\n");
}

TEST_F(TcpStreamTest, ResetIsAnErrorAndNotAnEnd) {
  Open();
  far_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_FALSE(owner_.ends[0].ok());
  EXPECT_EQ(owner_.ends[0].message(), "receive: Connection reset by peer");
}

TEST_F(TcpStreamTest, BytesBeforeAResetArrive) {
  Open();
  SendOutside(far_, "421 bye\r\n");
  far_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_EQ(owner_.received, "421 bye\r\n");
  EXPECT_FALSE(owner_.ends[0].ok());
}

TEST_F(TcpStreamTest, PausedReadsNothingAndResumesWithoutANewEdge) {
  Open();
  stream_->PauseReading();
  SendOutside(far_, "one");
  far_.ShutdownWrite();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "");
  EXPECT_TRUE(owner_.ends.empty());
  stream_->ResumeReading();
  EXPECT_EQ(owner_.received, "");  // Never inside the call.
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_EQ(owner_.received, "one");
}

TEST_F(TcpStreamTest, PauseInsideOnBytesKeepsTheRest) {
  Open();
  const std::string sent = Pattern(3 * limits::kControlReadBytes);
  owner_.on_bytes = [&] { stream_->PauseReading(); };
  size_t offset = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    offset += SendOutside(far_, absl::string_view(sent).substr(offset));
    const size_t before = owner_.received.size();
    loop_.RunOnce(absl::ZeroDuration());
    EXPECT_LE(owner_.received.size() - before, limits::kControlReadBytes);
    stream_->ResumeReading();
    return owner_.received.size() == sent.size();
  }));
  EXPECT_EQ(owner_.received, sent);
}

TEST_F(TcpStreamTest, AResetShowsWhilePaused) {
  Open();
  stream_->PauseReading();
  Settle(loop_);
  far_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_FALSE(owner_.ends[0].ok());
}

TEST_F(TcpStreamTest, ReadsABoundedAmountPerTurn) {
  Open();
  const std::string sent = Pattern(512 * 1024);
  size_t offset = 0, most = 0;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    offset += SendOutside(far_, absl::string_view(sent).substr(offset));
    const size_t before = owner_.received.size();
    loop_.RunOnce(absl::ZeroDuration());
    most = std::max(most, owner_.received.size() - before);
    return owner_.received.size() == sent.size();
  }));
  EXPECT_EQ(owner_.received, sent);
  EXPECT_LE(most, 2 * limits::kControlReadBytes);
}

TEST_F(TcpStreamTest, UnsentBytesFollowInOrderAndDrainOnce) {
  Open(4096);
  std::string expected;
  const std::string block = Pattern(10'000);
  for (int i = 0; i < 100; ++i) {
    stream_->Write(block);
    expected += block;
  }
  EXPECT_GT(stream_->unsent_bytes(), 0u);
  EXPECT_EQ(owner_.drained, 0);
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return received.bytes.size() == expected.size();
  }));
  EXPECT_EQ(received.bytes, expected);
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
  ASSERT_TRUE(TurnUntil(loop_, [&] { return owner_.drained > 0; }));
  EXPECT_EQ(owner_.drained, 1);
}

TEST_F(TcpStreamTest, DrainsForAPeerThatHasFinished) {
  Open(4096);
  const size_t written = WriteUntilUnsent();
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_EQ(owner_.drained, 0);
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return owner_.drained > 0;
  }));
  EXPECT_EQ(owner_.drained, 1);
  EXPECT_LE(received.bytes.size(), written);
}

TEST_F(TcpStreamTest, AWriteErrorIsToldLaterAndOnce) {
  Open();
  Settle(loop_);
  far_.Reset();
  stream_->Write("150 x\r\n");
  stream_->Write("226 y\r\n");
  EXPECT_TRUE(owner_.ends.empty());
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_FALSE(owner_.ends[0].ok());
  stream_->Write("again");
  Settle(loop_);
  EXPECT_EQ(owner_.ends.size(), 1u);
}

TEST_F(TcpStreamTest, ThePeersLastWordsComeBeforeTheWriteError) {
  Open();
  Settle(loop_);
  SendOutside(far_, "421 idle\r\n");
  far_.Reset();
  stream_->Write("NOOP\r\n");  // Takes the socket's error.
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_EQ(owner_.received, "421 idle\r\n");
  EXPECT_FALSE(owner_.ends[0].ok());
}

TEST_F(TcpStreamTest, ResetSendsRstAndDetaches) {
  Open();
  SendOutside(far_, "x");
  stream_->Reset();
  Settle(loop_);
  EXPECT_EQ(owner_.received, "");
  EXPECT_TRUE(owner_.ends.empty());
  Received received;
  ReceiveOutside(far_, &received);
  EXPECT_EQ(received.error, ECONNRESET);
  stream_->Write("nothing");
  EXPECT_EQ(stream_->unsent_bytes(), 0u);
}

TEST_F(TcpStreamTest, MayBeDestroyedInOnBytes) {
  Open();
  owner_.on_bytes = [&] { stream_.reset(); };
  SendOutside(far_, "a");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return stream_ == nullptr; }));
  SendOutside(far_, "b");
  Settle(loop_);
  EXPECT_EQ(owner_.received, "a");
}

TEST_F(TcpStreamTest, MayBeDestroyedInOnEnd) {
  Open();
  owner_.on_end = [&] { stream_.reset(); };
  far_.Reset();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return stream_ == nullptr; }));
}

TEST_F(TcpStreamTest, MayBeDestroyedInOnEndOfAWriteError) {
  Open();
  Settle(loop_);
  owner_.on_end = [&] { stream_.reset(); };
  stream_->PauseReading();
  far_.Reset();
  stream_->Write("x");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return stream_ == nullptr; }));
  EXPECT_FALSE(owner_.ends[0].ok());
}

TEST_F(TcpStreamTest, MayBeDestroyedInOnDrained) {
  Open(4096);
  owner_.on_drained = [&] { stream_.reset(); };
  WriteUntilUnsent();
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return stream_ == nullptr;
  }));
}

TEST_F(TcpStreamTest, MayBeResetInOnBytes) {
  Open();
  owner_.on_bytes = [&] { stream_->Reset(); };
  SendOutside(far_, "a");
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.received.empty(); }));
  Settle(loop_);
  EXPECT_TRUE(owner_.ends.empty());
}

TEST_F(TcpStreamTest, UrgentBytesAreReadInLine) {
  Open();
  stream_->socket().SetUrgentInline();
  Settle(loop_);
  // RFC 959 §4.1.3: IAC IP IAC DM, the last one urgent, then ABOR.
  SendOutside(far_, "\xff\xf4\xff");
  ASSERT_EQ(send(far_.fd(), "\xf2", 1, MSG_OOB), 1);
  SendOutside(far_, "ABOR\r\n");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return owner_.received.size() >= 10; }));
  EXPECT_EQ(owner_.received,
            "\xff\xf4\xff\xf2"
            "ABOR\r\n");
}

TEST_F(TcpStreamTest, TakesOverAWatchWithoutLosingWhatCame) {
  Pair pair = Connect();
  std::unique_ptr<Loop::Watch> watch =
      loop_.WatchSocket(pair.near.fd(), nullptr, Priority::kBulk);
  SendOutside(pair.far, "early");
  pair.far.ShutdownWrite();
  Settle(loop_);
  stream_ = std::make_unique<TcpStream>(loop_, std::move(pair.near), &owner_,
                                        std::move(watch));
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  EXPECT_EQ(owner_.received, "early");
}

TEST_F(TcpStreamTest, KnowsItsAddresses) {
  Open();
  EXPECT_EQ(*stream_->LocalAddress(), *far_.PeerAddress());
  EXPECT_EQ(*stream_->PeerAddress(), *far_.LocalAddress());
}

TEST_F(TcpStreamTest, FinishFlushesSendsFinAndWaitsForTheirs) {
  Open(4096);
  const size_t written = WriteUntilUnsent();
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  EXPECT_EQ(loop_.live_lingering(), 1);
  SendOutside(far_, "too late");
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return received.finished;
  }));
  EXPECT_EQ(received.bytes.size(), written);
  EXPECT_EQ(received.error, 0);
  EXPECT_EQ(loop_.live_lingering(), 1);
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return loop_.live_lingering() == 0; }));
  EXPECT_TRUE(owner_.ends.empty());
  EXPECT_EQ(owner_.drained, 0);
}

TEST_F(TcpStreamTest, LastWordsTravelWithTheFin) {
  Open();
  Settle(loop_);
  const uint32_t before = SegmentsReceived(far_.fd());
  stream_->WriteLast("226 sent\r\n");
  stream_->WriteLast("221 bye\r\n");
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return received.finished;
  }));
  EXPECT_EQ(received.bytes, "226 sent\r\n221 bye\r\n");
  EXPECT_EQ(SegmentsReceived(far_.fd()) - before, 1u);
}

TEST_F(TcpStreamTest, LastWordsBehindUnsentBytesAllArrive) {
  Open(4096);
  const size_t written = WriteUntilUnsent();
  stream_->WriteLast("221 bye\r\n");
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return received.finished;
  }));
  EXPECT_EQ(received.bytes.size(), written + 9);
}

TEST_F(TcpStreamTest, FinishInsideOnBytes) {
  Open();
  owner_.on_bytes = [&] {
    stream_->Write("221 bye\r\n");
    FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  };
  SendOutside(far_, "QUIT\r\n");
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return received.finished;
  }));
  EXPECT_EQ(received.bytes, "221 bye\r\n");
  far_.Close();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return loop_.live_lingering() == 0; }));
}

TEST_F(TcpStreamTest, FinishAfterThePeersFinNeedsNoWait) {
  Open();
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  stream_->Write("221 bye\r\n");
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  EXPECT_EQ(loop_.live_lingering(), 0);
  Received received;
  ReceiveOutside(far_, &received);
  EXPECT_EQ(received.bytes, "221 bye\r\n");
  EXPECT_TRUE(received.finished);
}

TEST_F(TcpStreamTest, FinishAfterThePeersFinFlushesFirst) {
  Open(4096);
  far_.ShutdownWrite();
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner_.ends.empty(); }));
  const size_t written = WriteUntilUnsent();
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  Received received;
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    ReceiveOutside(far_, &received);
    return received.finished && loop_.live_lingering() == 0;
  }));
  EXPECT_EQ(received.bytes.size(), written);
}

TEST_F(TcpStreamTest, FinishEndsAtTheDeadline) {
  Open();
  FinishAndClose(std::move(stream_), loop_.now() + absl::Milliseconds(5));
  ASSERT_TRUE(TurnUntil(loop_, [&] { return loop_.live_lingering() == 0; }));
}

TEST_F(TcpStreamTest, FinishDoesNotListenForever) {
  Open();
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(10));
  const std::string block = Pattern(64 * 1024);
  ASSERT_TRUE(TurnUntil(loop_, [&] {
    SendOutside(far_, block);
    return loop_.live_lingering() == 0;
  }));
}

TEST_F(TcpStreamTest, FinishOfABrokenConnectionEndsAtOnce) {
  Open();
  Settle(loop_);
  far_.Reset();
  FinishAndClose(std::move(stream_), loop_.now() + absl::Minutes(1));
  ASSERT_TRUE(TurnUntil(loop_, [&] { return loop_.live_lingering() == 0; }));
}

TEST_F(TcpStreamTest, AnotherOwnerTakesOver) {
  Open();
  RecordingOwner second;
  stream_->set_owner(&second);
  SendOutside(far_, "hello");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !second.received.empty(); }));
  EXPECT_EQ(owner_.received, "");
}

}  // namespace
}  // namespace pinnace::io
