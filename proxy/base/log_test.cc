#include "proxy/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "proxy/base/check.h"
#include "proxy/base/limits.h"

namespace pinnace {
namespace {

// Standard error goes into a pipe while it lives.
class LogTest : public testing::Test {
 protected:
  LogTest() : stderr_(dup(STDERR_FILENO)) {
    PINNACE_CHECK(pipe2(pipe_.data(), O_NONBLOCK) == 0);
    PINNACE_CHECK(fcntl(pipe_[1], F_SETPIPE_SZ, 1024 * 1024) > 0);
    dup2(pipe_[1], STDERR_FILENO);
  }
  ~LogTest() override {
    dup2(stderr_, STDERR_FILENO);
    for (const int fd : {stderr_, pipe_[0], pipe_[1]}) close(fd);
  }
  std::string Written() {
    std::string text(1024 * 1024, '\0');
    const ssize_t size = read(pipe_[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
  }

 private:
  const int stderr_;
  std::array<int, 2> pipe_;
};

TEST_F(LogTest, ALineHasItsTimeAndLevel) {
  Log(LogLevel::kInfo, "hello");
  const std::string line = Written();
  ASSERT_EQ(line.size(),
            std::string("2026-01-31T12:00:00.123Z INFO hello\n").size());
  EXPECT_EQ(line[10], 'T');
  EXPECT_EQ(line[19], '.');
  EXPECT_TRUE(absl::EndsWith(line, "Z INFO hello\n"));
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  Log(LogLevel::kDebug, "hello");
  EXPECT_EQ(Written(), "");
}

TEST_F(LogTest, ABatchIsWrittenWhenFlushed) {
  const LogBatch batch;
  Log(LogLevel::kInfo, "one");
  Log(LogLevel::kInfo, "two");
  EXPECT_EQ(Written(), "");
  FlushLog();
  const std::string text = Written();
  EXPECT_TRUE(absl::StrContains(text, "INFO one\n"));
  EXPECT_TRUE(absl::EndsWith(text, "INFO two\n"));
  FlushLog();
  EXPECT_EQ(Written(), "");
}

TEST_F(LogTest, AWarningTakesWhatWaitsWithIt) {
  const LogBatch batch;
  Log(LogLevel::kInfo, "before");
  Log(LogLevel::kWarning, "trouble");
  const std::string text = Written();
  EXPECT_TRUE(absl::StrContains(text, "INFO before\n"));
  EXPECT_TRUE(absl::EndsWith(text, "WARNING trouble\n"));
}

TEST_F(LogTest, ABatchIsWrittenInWholeLinesWithinItsBound) {
  const LogBatch batch;
  const std::string line(1000, 'x');
  for (int i = 0; i < 4; ++i) Log(LogLevel::kInfo, line);
  const std::string text = Written();
  EXPECT_LE(text.size(), limits::kMaxLogBatchBytes);
  EXPECT_GT(text.size(), 3 * line.size());
  EXPECT_TRUE(absl::EndsWith(text, "x\n"));
}

TEST_F(LogTest, BatchesNest) {
  const LogBatch outer;
  { const LogBatch inner; }
  Log(LogLevel::kInfo, "waits");
  EXPECT_EQ(Written(), "");
}

TEST_F(LogTest, TheEndOfABatchLosesNothing) {
  {
    const LogBatch batch;
    Log(LogLevel::kInfo, "last");
  }
  EXPECT_TRUE(absl::EndsWith(Written(), "INFO last\n"));
  Log(LogLevel::kInfo, "at once");
  EXPECT_TRUE(absl::EndsWith(Written(), "INFO at once\n"));
}

TEST(LogDeathTest, AFailedCheckWritesWhatWaits) {
  EXPECT_DEATH(
      {
        const LogBatch batch;
        Log(LogLevel::kInfo, "the last thing that happened");
        PINNACE_CHECK(false);
      },
      "INFO the last thing that happened\n.*CHECK failed: false");
}

}  // namespace
}  // namespace pinnace
