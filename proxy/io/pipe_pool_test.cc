#include "proxy/io/pipe_pool.h"

#include <fcntl.h>

#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::io {
namespace {

TEST(PipePoolTest, GivesTheWarmestPipeBack) {
  PipePool pool;
  Pipe one = *pool.Take(), two = *pool.Take();
  const int fd = two.read_fd();
  pool.Put(std::move(one));
  pool.Put(std::move(two));
  EXPECT_EQ(pool.idle_pipes(), 2u);
  EXPECT_EQ(pool.Take()->read_fd(), fd);
}

TEST(PipePoolTest, PipesAreLargeAndDoNotBlock) {
  PipePool pool;
  const Pipe pipe = *pool.Take();
  EXPECT_EQ(fcntl(pipe.write_fd(), F_GETPIPE_SZ),
            static_cast<int>(limits::kLargePipeBytes));
  EXPECT_EQ(pipe.capacity(), limits::kLargePipeBytes);
  EXPECT_TRUE(fcntl(pipe.read_fd(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(pipe.read_fd(), F_GETFD) & FD_CLOEXEC);
}

TEST(PipePoolTest, TheMoreAreLentTheSmallerIsANewOne) {
  PipePool pool;
  std::vector<Pipe> pipes;
  for (size_t i = 0; i <= limits::kMaxPooledPipes; ++i) {
    pipes.push_back(*pool.Take());
  }
  EXPECT_EQ(pipes[limits::kLargePipes - 1].capacity(), limits::kLargePipeBytes);
  EXPECT_EQ(pipes[limits::kLargePipes].capacity(), limits::kMediumPipeBytes);
  EXPECT_EQ(pipes.back().capacity(), limits::kSmallPipeBytes);
  EXPECT_EQ(pool.lent_pipes(), pipes.size());
  // The largest serve first, whatever order they come back in.
  pool.Put(std::move(pipes[0]));
  pool.Put(std::move(pipes.back()));
  EXPECT_EQ(pool.Take()->capacity(), limits::kLargePipeBytes);
  EXPECT_EQ(pool.Take()->capacity(), limits::kSmallPipeBytes);
}

TEST(PipePoolTest, ADiscardedPipeIsNoLongerLent) {
  PipePool pool;
  pool.Discard(*pool.Take());
  EXPECT_EQ(pool.lent_pipes(), 0u);
  EXPECT_EQ(pool.idle_pipes(), 0u);
}

TEST(PipePoolTest, KeepsNoMoreThanItsLimit) {
  PipePool pool;
  std::vector<Pipe> pipes;
  for (size_t i = 0; i < limits::kMaxPooledPipes + 5; ++i) {
    pipes.push_back(*pool.Take());
  }
  for (Pipe& pipe : pipes) pool.Put(std::move(pipe));
  EXPECT_EQ(pool.idle_pipes(), limits::kMaxPooledPipes);
}

}  // namespace
}  // namespace pinnace::io
