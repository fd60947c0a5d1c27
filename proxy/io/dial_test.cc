#include "proxy/io/dial.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/io/tcp_stream.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

class DialTest : public testing::Test {
 protected:
  Dial::Done Record() {
    return [this](absl::StatusOr<Connected> result) {
      EXPECT_FALSE(result_.has_value());
      result_ = std::move(result);
    };
  }
  DialOptions Within(absl::Duration wait) {
    return {.deadline = loop_.now() + wait};
  }
  template <typename Target>
  void Start(const Target& target, DialOptions options) {
    result_.reset();
    dial_ = Dial::Start(loop_, target, options, Record());
    EXPECT_FALSE(result_.has_value());  // Never inside Start.
  }
  bool Wait() {
    return TurnUntil(loop_, [&] { return result_.has_value(); });
  }
  // A port of this host that nobody listens on.
  Address Closed() { return ListenOutside().LocalAddress().value(); }
  // A listener whose queue is full: a connect to it gets no answer.
  void FillQueue(const Socket& listener, std::vector<Socket>* fillers) {
    for (int i = 0; i < 8; ++i) {
      fillers->push_back(ConnectOutside(listener.LocalAddress().value()));
    }
  }

  Loop loop_;
  Socket listener_ = ListenOutside();
  Address address_ = listener_.LocalAddress().value();
  std::unique_ptr<Dial> dial_;
  std::optional<absl::StatusOr<Connected>> result_;
};

TEST_F(DialTest, ConnectsAndTheStreamWorks) {
  Start(address_, Within(absl::Seconds(5)));
  ASSERT_TRUE(Wait());
  ASSERT_TRUE(result_->ok()) << result_->status();
  Connected connected = **std::move(result_);
  EXPECT_EQ(connected.peer, address_);
  EXPECT_EQ(loop_.live_timers(), 0);
  RecordingOwner owner;
  TcpStream stream(loop_, std::move(connected.socket), &owner,
                   std::move(connected.watch));
  const Socket backend = AcceptOutside(listener_);
  SendOutside(backend, "220 ready\r\n");
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner.received.empty(); }));
  EXPECT_EQ(owner.received, "220 ready\r\n");
}

TEST_F(DialTest, WhatTheBackendSaysAtOnceIsNotLost) {
  Start(address_, Within(absl::Seconds(5)));
  const Socket backend = AcceptOutside(listener_);
  SendOutside(backend, "421 full\r\n");
  backend.TakeErrno();
  shutdown(backend.fd(), SHUT_WR);
  ASSERT_TRUE(Wait());
  Settle(loop_);  // Edges come while the watch is parked.
  Connected connected = **std::move(result_);
  RecordingOwner owner;
  TcpStream stream(loop_, std::move(connected.socket), &owner,
                   std::move(connected.watch));
  ASSERT_TRUE(TurnUntil(loop_, [&] { return !owner.ends.empty(); }));
  EXPECT_EQ(owner.received, "421 full\r\n");
  EXPECT_TRUE(owner.ends[0].ok());
}

TEST_F(DialTest, ANumericNameNeedsNoResolver) {
  Start(HostPort{"127.0.0.1", address_.port}, Within(absl::Seconds(5)));
  ASSERT_TRUE(Wait());
  EXPECT_TRUE(result_->ok()) << result_->status();
}

TEST_F(DialTest, ANameIsResolvedAndItsAddressesTried) {
  // Where localhost is ::1 too, that one refuses and the next is tried.
  Start(HostPort{"localhost", address_.port}, Within(absl::Seconds(20)));
  ASSERT_TRUE(Wait());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ((*result_)->peer, address_);
}

TEST_F(DialTest, ResolvedAddressesAreTriedInTurn) {
  // Nobody listens at the first one.
  const std::vector<IpAddress> ips = {*IpAddress::Parse("127.0.0.2"),
                                      address_.ip};
  dial_ = Dial::Start(loop_, ips, address_.port, Within(absl::Seconds(5)),
                      Record());
  EXPECT_FALSE(result_.has_value());  // Never inside Start.
  ASSERT_TRUE(Wait());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ((*result_)->peer, address_);
}

TEST_F(DialTest, RefusedNamesTheAddress) {
  const Address closed = Closed();
  Start(closed, Within(absl::Seconds(5)));
  ASSERT_TRUE(Wait());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(
      result_->status().message(),
      absl::StrCat("connect to ", closed.ToString(), ": Connection refused"));
  EXPECT_EQ(loop_.live_watches(), 0);
  EXPECT_EQ(loop_.live_timers(), 0);
}

TEST_F(DialTest, TimesOut) {
  const Socket full = ListenOutside(Loopback(), 0);
  std::vector<Socket> fillers;
  FillQueue(full, &fillers);
  const Address target = full.LocalAddress().value();
  Start(target, Within(absl::Milliseconds(20)));
  ASSERT_TRUE(Wait());
  EXPECT_EQ(result_->status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(result_->status().message(),
            absl::StrCat("connect to ", target.ToString(), ": timed out"));
  EXPECT_EQ(loop_.live_watches(), 0);
}

TEST_F(DialTest, DroppedItCallsNobody) {
  const Socket full = ListenOutside(Loopback(), 0);
  std::vector<Socket> fillers;
  FillQueue(full, &fillers);
  for (const Address& target :
       {address_, Closed(), full.LocalAddress().value()}) {
    Start(target, Within(absl::Milliseconds(1)));
    dial_.reset();
    Settle(loop_);
    EXPECT_FALSE(result_.has_value());
    EXPECT_EQ(loop_.live_watches(), 0);
    EXPECT_EQ(loop_.live_timers(), 0);
  }
  Start(HostPort{"localhost", address_.port}, Within(absl::Seconds(20)));
  dial_.reset();
  Settle(loop_);
  EXPECT_FALSE(result_.has_value());
}

TEST_F(DialTest, MayBeDroppedInDone) {
  for (const Address& target : {address_, Closed()}) {
    const auto token = std::make_shared<int>(7);
    int seen = 0;
    dial_ = Dial::Start(loop_, target, Within(absl::Seconds(5)),
                        [&, token](absl::StatusOr<Connected>) {
                          dial_.reset();
                          seen = *token;
                        });
    ASSERT_TRUE(TurnUntil(loop_, [&] { return seen != 0; }));
  }
}

TEST_F(DialTest, ComesFromTheWantedAddressAndPort) {
  uint16_t free_port = Closed().port;
  DialOptions options = Within(absl::Seconds(5));
  options.from = Address{*IpAddress::Parse("127.0.0.5"), free_port};
  Start(address_, options);
  ASSERT_TRUE(Wait());
  ASSERT_TRUE(result_->ok()) << result_->status();
  EXPECT_EQ(*(*result_)->socket.LocalAddress(), *options.from);
}

TEST_F(DialTest, ATakenPortIsReplacedAtTheSameAddress) {
  DialOptions options = Within(absl::Seconds(5));
  options.from = Address{*IpAddress::Parse("127.0.0.5"), Closed().port};
  Start(address_, options);
  ASSERT_TRUE(Wait());
  ASSERT_TRUE(result_->ok()) << result_->status();
  const Connected first = **std::move(result_);
  // The same four numbers cannot connect twice.
  Start(address_, options);
  ASSERT_TRUE(Wait());
  ASSERT_TRUE(result_->ok()) << result_->status();
  const Address second = *(*result_)->socket.LocalAddress();
  EXPECT_EQ(second.ip, options.from->ip);
  EXPECT_NE(second.port, options.from->port);
}

TEST_F(DialTest, AForeignAddressIsRefused) {
  DialOptions options = Within(absl::Seconds(5));
  options.from = Address{*IpAddress::Parse("192.0.2.1"), 0};
  Start(address_, options);
  ASSERT_TRUE(Wait());
  EXPECT_EQ(result_->status().message(),
            absl::StrCat("connect to ", address_.ToString(),
                         ": Cannot assign requested address"));
}

TEST_F(DialTest, FromIsLeftOutForTheOtherFamily) {
  DialOptions options = Within(absl::Seconds(5));
  options.from = Address{*IpAddress::Parse("::1"), 0};
  Start(address_, options);
  ASSERT_TRUE(Wait());
  EXPECT_TRUE(result_->ok()) << result_->status();
}

}  // namespace
}  // namespace pinnace::io
