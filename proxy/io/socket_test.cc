#include "proxy/io/socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <uv.h>

#include <utility>

#include "gtest/gtest.h"
#include "proxy/io/errno_status.h"
#include "proxy/io/testing_loopback.h"
#include "proxy/io/uv_status.h"

namespace pinnace::io {
namespace {

int Option(const Socket& socket, int level, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(socket.fd(), level, option, &value, &size);
  return value;
}

TEST(SocketTest, IsNonBlockingAndCloseOnExec) {
  const Socket socket = Socket::NewTcp(Family::kIpv6).value();
  EXPECT_TRUE(fcntl(socket.fd(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC);
}

TEST(SocketTest, MovesAndCloses) {
  Pair pair = Connect();
  Socket moved = std::move(pair.near);
  EXPECT_FALSE(pair.near.is_open());
  moved = Socket();
  Received received;
  ReceiveOutside(pair.far, &received);
  EXPECT_TRUE(received.finished);
}

TEST(SocketTest, ResetIsNoCleanEnd) {
  Pair pair = Connect();
  pair.near.Reset();
  EXPECT_FALSE(pair.near.is_open());
  Received received;
  ReceiveOutside(pair.far, &received);
  EXPECT_EQ(received.error, ECONNRESET);
}

TEST(SocketTest, TakesTheErrorOnce) {
  Pair pair = Connect();
  EXPECT_TRUE(pair.near.TakeError().ok());
  pair.far.Reset();
  EXPECT_EQ(pair.near.TakeError().message(),
            "connection: Connection reset by peer");
  EXPECT_TRUE(pair.near.TakeError().ok());
}

TEST(SocketTest, SetsItsOptions) {
  Pair pair = Connect();
  pair.near.SetNoDelay();
  pair.near.SetUrgentInline();
  pair.near.SetKeepalive({.idle = absl::Seconds(60),
                          .interval = absl::Milliseconds(1),
                          .probes = 4});
  EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(Option(pair.near, SOL_SOCKET, SO_OOBINLINE), 1);
  EXPECT_EQ(Option(pair.near, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_KEEPIDLE), 60);
  EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_KEEPINTVL), 1);
  EXPECT_EQ(Option(pair.near, IPPROTO_TCP, TCP_KEEPCNT), 4);
}

TEST(SocketTest, AddressesOfNothing) {
  EXPECT_FALSE(Socket().PeerAddress().ok());
  const Socket socket = Socket::NewTcp(Family::kIpv4).value();
  EXPECT_EQ(socket.PeerAddress().status().message(),
            "peer address: Transport endpoint is not connected");
}

TEST(StatusTest, CodesOfErrnoAndLibuv) {
  EXPECT_TRUE(StatusFromErrno(0, "x").ok());
  EXPECT_EQ(StatusFromErrno(ECONNREFUSED, "x").code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(StatusFromUv(0, "x").ok());
  EXPECT_EQ(StatusFromUv(-ECONNREFUSED, "x"), StatusFromErrno(111, "x"));
  EXPECT_EQ(StatusFromUv(UV_EAI_NONAME, "resolve a").ToString(),
            "NOT_FOUND: resolve a: unknown node or service");
  EXPECT_EQ(StatusFromUv(UV_EAI_AGAIN, "x").code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(StatusFromUv(UV_EOF, "x").code(), absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace pinnace::io
