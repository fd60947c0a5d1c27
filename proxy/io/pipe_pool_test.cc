#include "proxy/io/pipe_pool.h"

#include <fcntl.h>
#include <sys/resource.h>

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
}

TEST(PipePoolTest, APipeOfABurstGrowsWhenItIsOver) {
  PipePool pool;
  std::vector<Pipe> pipes;
  for (size_t i = 0; i <= limits::kMaxPooledPipes; ++i) {
    pipes.push_back(*pool.Take());
  }
  // The large ones break off, the small ones come back.
  for (size_t i = 0; i < pipes.size(); ++i) {
    if (i < limits::kLargePipes) {
      pool.Discard(std::move(pipes[i]));
    } else {
      pool.Put(std::move(pipes[i]));
    }
  }
  EXPECT_EQ(pool.Take()->capacity(), limits::kLargePipeBytes);
}

TEST(PipePoolTest, AFullPoolKeepsTheLargest) {
  PipePool pool;
  std::vector<Pipe> pipes;
  for (size_t i = 0; i < limits::kMaxPooledPipes + 20; ++i) {
    pipes.push_back(*pool.Take());
  }
  for (size_t i = pipes.size(); i > 0; --i) pool.Put(std::move(pipes[i - 1]));
  EXPECT_EQ(pool.idle_pipes(), limits::kMaxPooledPipes);
  for (size_t i = 0; i < limits::kMaxPooledPipes; ++i) {
    EXPECT_GE(pool.Take()->capacity(), limits::kMediumPipeBytes);
  }
}

TEST(PipePoolTest, SaysWhenNoDescriptorIsLeft) {
  int none = 0;
  PipePool pool([&](PipePool::Shortage shortage) {
    none += shortage == PipePool::Shortage::kNoDescriptor ? 1 : 0;
  });
  rlimit limit;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_FALSE(pool.Take().has_value());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(none, 1);
  EXPECT_EQ(pool.lent_pipes(), 0u);
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
