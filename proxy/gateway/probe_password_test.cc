#include "proxy/gateway/probe_password.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/base/limits.h"

namespace pinnace::gateway {
namespace {

using ::testing::HasSubstr;

class ProbePasswordTest : public ::testing::Test {
 protected:
  ~ProbePasswordTest() override { std::remove(path_.c_str()); }

  absl::StatusOr<std::string> Of(const std::string& content) {
    std::ofstream(path_) << content;
    return ProbePassword(path_);
  }
  std::string ErrorOf(const std::string& content) {
    return std::string(Of(content).status().message());
  }

  const std::string path_ =
      ::testing::TempDir() + "probe_password." + std::to_string(getpid());
};

TEST_F(ProbePasswordTest, WithoutAFileItIsTheAnonymousOne) {
  EXPECT_EQ(*ProbePassword(""), "pinnace@");
}

TEST_F(ProbePasswordTest, IsTheFirstLine) {
  EXPECT_EQ(*Of("s3cret"), "s3cret");
  EXPECT_EQ(*Of("s3cret\n"), "s3cret");
  EXPECT_EQ(*Of("two words\r\nmore\n"), "two words");
  const std::string longest(limits::kMaxProbePasswordBytes, 'x');
  EXPECT_EQ(*Of(longest + "\r\nmore"), longest);
}

TEST_F(ProbePasswordTest, AnUnusableFileIsNamed) {
  EXPECT_EQ(ProbePassword("/nonexistent/p").status().message(),
            "password_file /nonexistent/p: No such file or directory");
  EXPECT_THAT(ErrorOf(""), HasSubstr(path_ + ": its first line is empty"));
  EXPECT_THAT(ErrorOf("\nx"), HasSubstr("its first line is empty"));
  EXPECT_THAT(ErrorOf(std::string(limits::kMaxProbePasswordBytes + 1, 'x')),
              HasSubstr("its first line is too long"));
  EXPECT_EQ(ProbePassword("/dev/zero").status().message(),
            "password_file /dev/zero: Invalid argument");
}

TEST_F(ProbePasswordTest, NoTextHasThePassword) {
  EXPECT_EQ(ErrorOf("a\rDELE b"),
            "password_file " + path_ + ": its first line has control bytes");
}

}  // namespace
}  // namespace pinnace::gateway
