#include "proxy/io/tcp_listener.h"

#include <sys/resource.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proxy/io/testing_loopback.h"

namespace pinnace::io {
namespace {

class TcpListenerTest : public testing::Test {
 protected:
  absl::Status Open(const Address& address = Loopback(),
                    TcpListener::Options options = {}) {
    auto listener = TcpListener::Listen(
        loop_, address, options, [this](Socket socket, const Address& peer) {
          sockets_.push_back(std::move(socket));
          peers_.push_back(peer);
        });
    if (listener.ok()) listener_ = *std::move(listener);
    return listener.status();
  }

  Loop loop_;
  std::unique_ptr<TcpListener> listener_;
  std::vector<Socket> sockets_;
  std::vector<Address> peers_;
};

TEST_F(TcpListenerTest, AcceptsAndNamesThePeer) {
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(listener_->local_address().port, 0);
  const Socket client = ConnectOutside(listener_->local_address());
  ASSERT_TRUE(TurnUntil(loop_, [&] { return sockets_.size() == 1; }));
  EXPECT_EQ(peers_[0], *client.LocalAddress());
  EXPECT_EQ(*sockets_[0].LocalAddress(), listener_->local_address());
}

TEST_F(TcpListenerTest, ListensOnIpv6Alone) {
  // V6ONLY: the same port stays free for IPv4, unless another process happens
  // to have it.
  bool shared = false;
  for (int i = 0; i < 20 && !shared; ++i) {
    ASSERT_TRUE(Open({*IpAddress::Parse("::"), 0}).ok());
    const Address ipv4 = {IpAddress(), listener_->local_address().port};
    shared = TcpListener::Listen(loop_, ipv4, {}, [](Socket, const Address&) {
             }).ok();
  }
  EXPECT_TRUE(shared);
  const Address target = {*IpAddress::Parse("::1"),
                          listener_->local_address().port};
  const Socket client = ConnectOutside(target);
  ASSERT_TRUE(TurnUntil(loop_, [&] { return sockets_.size() == 1; }));
  EXPECT_EQ(peers_[0].ip, target.ip);
}

TEST_F(TcpListenerTest, AQueueIsAcceptedInGrowingBatches) {
  ASSERT_TRUE(Open().ok());
  std::vector<Socket> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(ConnectOutside(listener_->local_address()));
  }
  std::vector<size_t> per_turn;
  while (sockets_.size() < clients.size()) {
    const size_t before = sockets_.size();
    loop_.RunOnce(absl::ZeroDuration());
    per_turn.push_back(sockets_.size() - before);
  }
  EXPECT_EQ(per_turn, (std::vector<size_t>{1, 2, 4, 8, 16, 32, 37}));
}

TEST_F(TcpListenerTest, ATakenPortIsNamed) {
  ASSERT_TRUE(Open().ok());
  const Address taken = listener_->local_address();
  const absl::Status status = Open(taken);
  EXPECT_EQ(status.message(), absl::StrCat("listen on ", taken.ToString(),
                                           ": Address already in use"));
}

TEST_F(TcpListenerTest, AnAddressOfAnotherHostIsNamed) {
  const absl::Status status = Open({*IpAddress::Parse("192.0.2.1"), 7777});
  EXPECT_EQ(status.message(),
            "listen on 192.0.2.1:7777: Cannot assign requested address");
}

TEST_F(TcpListenerTest, SeveralMayShareAPort) {
  ASSERT_TRUE(Open(Loopback(), {.reuse_port = true}).ok());
  auto second =
      TcpListener::Listen(loop_, listener_->local_address(),
                          {.reuse_port = true}, [](Socket, const Address&) {});
  EXPECT_TRUE(second.ok()) << second.status();
}

TEST_F(TcpListenerTest, MayBeDestroyedInAccepted) {
  const auto token = std::make_shared<int>(7);
  int seen = 0;
  auto listener = TcpListener::Listen(loop_, Loopback(), {},
                                      [&, token](Socket, const Address&) {
                                        listener_.reset();
                                        seen = *token;
                                      });
  listener_ = *std::move(listener);
  const Socket one = ConnectOutside(listener_->local_address());
  const Socket two = ConnectOutside(listener_->local_address());
  ASSERT_TRUE(TurnUntil(loop_, [&] { return seen != 0; }));
  Settle(loop_);
  EXPECT_EQ(loop_.live_watches(), 0);
}

TEST_F(TcpListenerTest, OutOfDescriptorsItWaitsAndDoesNotSpin) {
  int shortages = 0;
  ASSERT_TRUE(Open(Loopback(), {.on_shortage = [&] { ++shortages; }}).ok());
  const Socket client = ConnectOutside(listener_->local_address());
  rlimit former;
  getrlimit(RLIMIT_NOFILE, &former);
  rlimit none = former;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  ASSERT_TRUE(
      TurnUntil(loop_, [&] { return listener_->accept_failures() == 1; }));
  Settle(loop_);
  EXPECT_EQ(listener_->accept_failures(), 1);
  EXPECT_EQ(loop_.live_watches(), 0);
  EXPECT_EQ(loop_.live_timers(), 1);
  setrlimit(RLIMIT_NOFILE, &former);
  ASSERT_TRUE(TurnUntil(loop_, [&] { return sockets_.size() == 1; }));
  EXPECT_EQ(listener_->accept_failures(), 1);
  EXPECT_EQ(shortages, 1);
}

}  // namespace
}  // namespace pinnace::io
